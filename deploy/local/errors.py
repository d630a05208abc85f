"""The one error of the embedded stack."""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked. The text is a sentence that says what to do; print it and end."""
