"""What evaluators keep on the bus for each other: where every alert stands, and up to where all was told."""

from __future__ import annotations

import logging
from typing import Protocol

from services.alerting.buckets import Values
from services.alerting.change import Position
from services.alerting.fenced import Fence
from services.alerting.restoring import CursorError, OtherStreamError, decode_cursor, encode_cursor
from services.alerting.stream_look import StreamLook
from shared.alerts.state import State
from shared.subjects import ALERT_CURSOR_BUCKET, EVALUATOR_KEY, bucket_subject
from shared.wire.alert_state import decode_state
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

_CURSOR = bucket_subject(ALERT_CURSOR_BUCKET, EVALUATOR_KEY)


class Everything(Protocol):
    """A bucket, as far as it is read at once."""

    async def all(self) -> Values:
        """Return every key and its value."""


class Kept:
    """The buckets of states and of the cursor. All of it raises NatsError or OSError where the bus is silent."""

    def __init__(self, states: Everything, cursors: Fence) -> None:
        self._states = states
        self._cursors = cursors
        self._created = ""
        self._beyond: Position | None = None

    async def states(self) -> dict[str, State]:
        """Return where every alert stands, by its key; what cannot be read is passed over."""
        found: dict[str, State] = {}
        for key, value in (await self._states.all()).items():
            if value.body is None:
                continue
            try:
                found[key] = decode_state(value.body)
            except DecodeError as error:
                log.warning("state cannot be used", extra={"key": key[:300], "reason": str(error)[:300]})
        return found

    async def cursor(self) -> Position | None:
        """Return up to where all of the stream was told; None where nobody has told anything of it yet."""
        last = await self._cursors.last(_CURSOR)
        if last is None or not last.body:
            return None
        try:
            position = decode_cursor(last.body, self._created)
        except OtherStreamError:
            return None
        except CursorError as error:
            log.warning("cursor cannot be used", extra={"reason": str(error)})
            return None
        return None if position == self._beyond else position

    async def move_cursor(self, position: Position) -> None:
        """Keep up to where all was told."""
        await self._cursors.publish(_CURSOR, encode_cursor(position, self._created))

    async def cursor_in(self, look: StreamLook) -> Position | None:
        """Return the cursor of the stream that was looked at, of which alone it is from now on.

        One that lies beyond the stream's end, which may be lost when the broker's power fails, is passed over.
        """
        self._created, self._beyond = look.created, None
        cursor = await self.cursor()
        if cursor is None or cursor.sequence <= look.last_sequence:
            return cursor
        log.warning("the stream has lost its end: beginning two minutes ago", extra={"cursor": cursor.sequence})
        self._beyond = cursor
        return None
