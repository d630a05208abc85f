"""Ingest and provision on real servers."""
