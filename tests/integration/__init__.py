"""Tests against real NATS and PostgreSQL."""
