"""Ingest: sample sets from the stream into the database, each exactly once."""
