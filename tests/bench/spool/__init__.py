"""Measures how fast a spool of days drains, what other hosts notice of it, and whether everything is right after."""
