"""What the bus answers to a sample set: stored, not now, or never."""

from __future__ import annotations

import json
from typing import Any

_TOO_LARGE = 10054
"""nats-server's code for a message beyond the limit of its stream."""


def refusal(headers: dict[str, str] | None, body: bytes) -> str | None:
    """Return why the bus did not store a message, None when it did (or had it already).

    Without a stream the answer is a bare status 503; else it is JSON, with `error` in it or not.
    """
    status = (headers or {}).get("Status")
    if status is not None:
        return "no stream takes this subject: is the bus provisioned?" if status == "503" else f"status {status}"
    try:
        answer = json.loads(body)
    except ValueError:
        return "the answer is not JSON"
    if not isinstance(answer, dict):
        return "the answer is no JSON object"
    error = answer.get("error")
    if error is None:
        return None
    return str(error.get("description", error)) if isinstance(error, dict) else str(error)


def is_never_stored(body: bytes) -> bool:
    """Return whether a refusal is for ever: the message is larger than its stream allows."""
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return False
    error = answer.get("error") if isinstance(answer, dict) else None
    return isinstance(error, dict) and error.get("err_code") == _TOO_LARGE
