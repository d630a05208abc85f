"""Hosts: how each is doing and what it is."""
