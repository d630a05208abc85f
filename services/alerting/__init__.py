"""Alerting: decides from the stream who must be told of what, and tells them."""
