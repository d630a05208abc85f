"""Families over time and as they are now."""
