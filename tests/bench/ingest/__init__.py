"""Measures how fast ingest drains a stored backlog and keeps up with live publishers, beside bare COPY."""
