"""Who is on duty: what the bucket of leases tells of the evaluator, or of the notifier, to anybody who asks the bus."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.subjects import LEASES_BUCKET, bucket_stream, bucket_subject, standby_key

DutyState = Literal["ok", "standby_missing", "nobody"]
"""`standby_missing`: one is at work, and no other would take over if it ended."""

LEASES_GET = f"$JS.API.STREAM.MSG.GET.{bucket_stream(LEASES_BUCKET)}"
"""Where the broker is asked for single messages of the bucket, and answers in JSON."""

_NO_MESSAGE = 10037


@dataclass(frozen=True, slots=True)
class Duty:
    """Whether one is at work, and how long ago it was last heard; None where nobody is."""

    state: DutyState
    heard_seconds: float | None


def duty_questions(key: str) -> tuple[bytes, bytes]:
    """Return what to ask LEASES_GET about a lease: who holds it, and who stands by."""
    lease, standby = (bucket_subject(LEASES_BUCKET, each) for each in (key, standby_key(key)))
    return _last(lease), _last(standby)


def duty_of(lease: Mapping[str, Any], standby: Mapping[str, Any], now: datetime) -> Duty:
    """Return who is on duty by the broker's answers to both questions; raise ValueError where it refuses one.

    The broker forgets either ten seconds after it was said last. One that stood by and took over is no standby.
    """
    holder, held_at = _said(lease)
    if not holder or held_at is None:
        return Duty("nobody", None)
    other, _ = _said(standby)
    # The broker's clock and ours differ.
    heard_seconds = max(0.0, round((now - held_at).total_seconds(), 1))
    return Duty("ok" if other and other != holder else "standby_missing", heard_seconds)


def _last(subject: str) -> bytes:
    return json.dumps({"last_by_subj": subject}).encode()


def _said(answer: Mapping[str, Any]) -> tuple[bytes, datetime | None]:
    """Return what stands there, and since when; nothing where nothing does, or where it was given up."""
    error = answer.get("error")
    if error is not None:
        if isinstance(error, dict) and error.get("err_code") == _NO_MESSAGE:
            return b"", None
        raise ValueError(f"the broker refuses to tell who is at work: {error}")
    message = answer.get("message")
    if not isinstance(message, dict):
        raise ValueError("the broker's answer holds no message")
    return base64.b64decode(message.get("data") or ""), datetime.fromisoformat(str(message.get("time")))
