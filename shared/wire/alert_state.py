"""Where each alert stands and what people were told of it last, as their buckets hold it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from shared.alerts.notified import Notified
from shared.alerts.policy import ESCALATIONS_MAX
from shared.alerts.rule import Instant, Level
from shared.alerts.state import State, Status
from shared.wire.decode import DecodeError, NewerVersionError
from shared.wire.limits import VERSION

STATE_BYTES_MAX = 4 * 1024
NOTIFIED_BYTES_MAX = 4 * 1024

Step = Annotated[int, Meta(ge=0, lt=ESCALATIONS_MAX)]
Value = TypeVar("Value")


class _KeptState(msgspec.Struct, frozen=True):
    status: Status
    level: Level | None
    since: Instant
    newest: Instant
    warning_since: Instant | None = None
    critical_since: Instant | None = None
    incident_since: Instant | None = None


class _KeptNotified(msgspec.Struct, frozen=True):
    status: Literal["firing", "ok"]
    level: Level
    since: Instant
    first: Instant
    fired: Instant
    time: Instant
    escalated: Annotated[tuple[Step, ...], Meta(max_length=ESCALATIONS_MAX)] = ()
    is_acknowledged: bool = False


class _VersionOnly(msgspec.Struct):
    v: int


_states = msgspec.msgpack.Decoder(_KeptState)
_notified = msgspec.msgpack.Decoder(_KeptNotified)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def encode_state(state: State) -> bytes:
    """Return the state as the bucket holds it."""
    return msgspec.msgpack.encode({"v": VERSION, **msgspec.structs.asdict(state)})


def decode_state(body: bytes) -> State:
    """Return the state that the bucket holds; raise DecodeError, and nothing else, when it is none."""
    kept = _decoded(_states, body, STATE_BYTES_MAX)
    if (kept.status == "ok") is not (kept.level is None):
        raise DecodeError(f"expected a level with a status but ok, got status {kept.status} and level {kept.level}")
    if (kept.status == "firing") is not (kept.incident_since is not None):
        raise DecodeError(f"expected incident_since with status firing only, got it otherwise with {kept.status}")
    return State(**msgspec.structs.asdict(kept))


def encode_notified(notified: Notified) -> bytes:
    """Return what was told last as the bucket holds it."""
    return msgspec.msgpack.encode({"v": VERSION, **msgspec.structs.asdict(notified)})


def decode_notified(body: bytes) -> Notified:
    """Return what was told last; raise DecodeError, and nothing else, when the bucket holds no such thing."""
    return Notified(**msgspec.structs.asdict(_decoded(_notified, body, NOTIFIED_BYTES_MAX)))


def _decoded(decoder: msgspec.msgpack.Decoder[Value], body: bytes, bytes_max: int) -> Value:
    if len(body) > bytes_max:
        raise DecodeError(f"expected at most {bytes_max} bytes, got {len(body)}")
    try:
        version = _versions.decode(body).v
        if version > VERSION:
            raise NewerVersionError(f"expected v {VERSION}, got the newer {version}")
        if version != VERSION:
            raise DecodeError(f"expected v {VERSION}, got {version}")
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError(str(error)[:300] or type(error).__name__) from error
