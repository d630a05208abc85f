"""Silences: of what nobody is told, and until when."""
