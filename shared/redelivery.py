"""When the broker delivers again what ingest did not answer; delivery is judged by it as well."""

ACK_WAIT_S = 60.0
"""After this long without an answer the broker delivers a message again by default; longer than the worst write."""
