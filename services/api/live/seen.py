"""How far the stream of sample sets was seen, by the broker's clock, and from where it is read again; pure but one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from nats.aio.client import Client
from nats.errors import Error as NatsError

from shared.subjects import METRICS

ASK_S_MAX = 2.0
_QUESTION = f"$JS.API.STREAM.INFO.{METRICS}"
_ERROR_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """How far back is read, how often it is noted how far the stream was seen, and when reading is tried again."""

    back_s: float = 65.0
    """At most; the slowest family reports every 60 s."""

    margin_s: float = 10.0
    """A live message may be so much later than its place in the stream, or the other way round."""

    note_every_s: float = 5.0
    retry_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An instant of the broker, and which stream it told it of: one made anew was made at another instant."""

    stream_made: str
    time: datetime


async def ask_seen(bus: Client) -> Seen:
    """Return where the stream stands now.

    Whoever hears the stream's subjects on this connection has got all that was stored before, but for the margin: the
    answer comes behind it. Raises NatsError or OSError.
    """
    answer = await bus.request(_QUESTION, b"", timeout=ASK_S_MAX)
    try:
        found = json.loads(answer.data)
        return Seen(str(found["created"]), datetime.fromisoformat(found["ts"]))
    except (ValueError, KeyError, TypeError) as error:
        shown = answer.data[:_ERROR_CHARACTERS_MAX].decode(errors="replace")
        raise NatsError(f"the bus does not say where {METRICS} stands: {shown}") from error


def read_since(seen: Seen | None, now: Seen, pace: Pace) -> datetime:
    """Return from when on stored sample sets are read, so that none is missed, and none asked for without need.

    A stream made anew may stand on another clock, and one set back says nothing of what came before it.
    """
    earliest = now.time - timedelta(seconds=pace.back_s)
    if seen is None or seen.stream_made != now.stream_made or seen.time > now.time:
        return earliest
    return max(earliest, seen.time - timedelta(seconds=pace.margin_s))
