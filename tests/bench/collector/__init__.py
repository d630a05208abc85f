"""Measures what the collector costs its host, beside prometheus-node-exporter in the same minutes."""
