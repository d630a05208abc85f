"""From where an evaluator reads the stream when it begins, and how the place up to which all is told is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from services.alerting.change import Position
from shared.alerts.state import State, is_holding
from shared.wire.limits import BIGINT_MAX

BACK = timedelta(seconds=120)
"""What is read again before the cursor: samples come up to 60 s late, and a gap of the usual families is 30 s."""

BACK_MAX = timedelta(seconds=300)
"""An alert that waits for its hold reaches no further back: it is kept again every 30 s while its samples come."""

CURSOR_BYTES_MAX = 512
CURSOR_VERSION = 1


class CursorError(ValueError):
    """What is kept is no cursor that we can read. Begin as if there was none."""


class OtherStreamError(CursorError):
    """The cursor is of another stream than the one that there is now, in which its number means nothing."""


class _Cursor(msgspec.Struct, frozen=True):
    v: int
    created: Annotated[str, Meta(max_length=64)]
    sequence: Annotated[int, Meta(ge=0, le=BIGINT_MAX)]
    arrival: Annotated[datetime, Meta(tz=True)]


_cursors = msgspec.msgpack.Decoder(_Cursor)


def encode_cursor(position: Position, created: str) -> bytes:
    """Return the cursor as its bucket holds it; `created` is when the stream was made, by which it is known."""
    return msgspec.msgpack.encode(_Cursor(CURSOR_VERSION, created, position.sequence, position.arrival))


def decode_cursor(body: bytes, created: str) -> Position:
    """Return up to where all is told of the stream that was made then; raise CursorError, and nothing else."""
    if len(body) > CURSOR_BYTES_MAX:
        raise CursorError(f"expected a cursor of at most {CURSOR_BYTES_MAX} bytes, got {len(body)}")
    try:
        cursor = _cursors.decode(body)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        raise CursorError(str(error)[:300]) from error
    if cursor.v != CURSOR_VERSION:
        raise CursorError(f"expected v {CURSOR_VERSION}, got {cursor.v}")
    if cursor.created != created:
        raise OtherStreamError(f"expected a cursor of the stream of {created}, got that of {cursor.created}")
    return Position(cursor.sequence, cursor.arrival)


def begin_at(cursor: Position | None, states: Iterable[State], now: datetime) -> datetime:
    """Return the arrival from which sample sets are read; without a cursor that of two minutes ago.

    No sample arrives before its time, so what came after the newest sample of an alert arrived after it.
    """
    told = now if cursor is None else cursor.arrival
    holding = [state.newest for state in states if is_holding(state)]
    return max(told - BACK_MAX, min([told - BACK, *holding]))
