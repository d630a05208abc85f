"""The deciding parts of ingest, as tables."""
