"""Sends times as PostgreSQL keeps them: what asyncpg does with a datetime takes longer than all else of a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Where PostgreSQL's microseconds begin."""


class Microseconds:
    """Turns instants into microseconds since 2000 and back. All rows of a sample set are of one time: it asks once."""

    def __init__(self) -> None:
        self._time = _EPOCH
        self._encoded = (0,)

    def encode(self, time: datetime) -> tuple[int]:
        """Return the instant as asyncpg's tuple format has it."""
        if time is not self._time:
            since = time - _EPOCH
            # In whole numbers: a float of seconds does not hold microseconds of every year.
            self._encoded = ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,)
            self._time = time
        return self._encoded

    @staticmethod
    def decode(encoded: tuple[int]) -> datetime:
        """Return the instant, in UTC."""
        return _EPOCH + timedelta(microseconds=encoded[0])


async def send_as_microseconds(connection: asyncpg.Connection) -> None:
    """Let the connection send and return every time this way, also in arrays and in COPY."""
    microseconds = Microseconds()
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=microseconds.encode, decoder=microseconds.decode
    )
