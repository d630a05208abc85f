"""Alerts: what fires now, what happened, and what people do about it."""
