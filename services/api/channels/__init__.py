"""Channels: the names behind which secret addresses lie, which may be set here and never be read."""
