"""Answers questions about hosts and metrics over HTTP, and feeds live views over WebSocket."""
