"""States, and what people were told, survive their buckets; anything else is refused with the decoder's one error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.notified import Notified
from shared.alerts.state import UNSEEN, State
from shared.wire.alert_state import (
    NOTIFIED_BYTES_MAX,
    STATE_BYTES_MAX,
    decode_notified,
    decode_state,
    encode_notified,
    encode_state,
)
from shared.wire.decode import DecodeError, NewerVersionError
from tests.unit.shared.messages import TIME, packed

LATER = TIME + timedelta(microseconds=1)
STATES = {
    "unseen": UNSEEN,
    "ok": State("ok", None, TIME, LATER),
    "pending": State("pending", "warning", TIME, LATER, warning_since=TIME),
    "pending, critical": State("pending", "critical", TIME, LATER, critical_since=TIME),
    "firing": State("firing", "warning", TIME, LATER, critical_since=LATER, incident_since=TIME),
    "firing, critical": State("firing", "critical", TIME, LATER, incident_since=TIME),
}
TOLD = {
    "firing": Notified("firing", "critical", TIME, LATER, LATER, LATER, (1, 0), True),
    "over": Notified("ok", "warning", TIME, TIME, TIME, LATER),
}
Decode = Callable[[bytes], object]


def state(name: str = "firing", **changes: Any) -> bytes:
    return _changed(encode_state(STATES[name]), changes)


def told(**changes: Any) -> bytes:
    return _changed(encode_notified(TOLD["firing"]), changes)


def _changed(body: bytes, changes: dict[str, Any]) -> bytes:
    plain: dict[str, Any] = msgpack.unpackb(body, timestamp=3)
    return packed({key: value for key, value in {**plain, **changes}.items() if value is not ...})


@pytest.mark.parametrize("kept", STATES.values(), ids=STATES)
def test_a_state_comes_back_whole(kept: State) -> None:
    assert decode_state(encode_state(kept)) == kept
    assert len(encode_state(kept)) < STATE_BYTES_MAX / 10


@pytest.mark.parametrize("kept", TOLD.values(), ids=TOLD)
def test_what_was_told_comes_back_whole(kept: Notified) -> None:
    assert decode_notified(encode_notified(kept)) == kept
    assert len(encode_notified(kept)) < NOTIFIED_BYTES_MAX / 10


@pytest.mark.parametrize("body", [encode_state(UNSEEN), encode_notified(TOLD["over"])])
def test_the_version_is_in_it(body: bytes) -> None:
    assert msgpack.unpackb(body, timestamp=3)["v"] == 1


@pytest.mark.parametrize(
    ("decode", "body", "reason"),
    [
        pytest.param(decode_state, b"", "truncated", id="empty"),
        pytest.param(decode_state, b"\xc1", "", id="no msgpack"),
        pytest.param(decode_state, b"\x91" * 4_000, "", id="deep nesting"),
        pytest.param(decode_state, state(v=0), "expected v 1, got 0", id="v 0"),
        pytest.param(decode_state, state(v=...), "v", id="no v"),
        pytest.param(decode_state, state(status="gone"), "status", id="unknown status"),
        pytest.param(decode_state, state(level="fatal"), "level", id="unknown level"),
        pytest.param(decode_state, state(level=None), "expected a level with a status but ok", id="fires at no level"),
        pytest.param(decode_state, state("pending", level=None), "expected a level", id="waits for no level"),
        pytest.param(decode_state, state("ok", level="warning"), "expected a level", id="ok at a level"),
        pytest.param(decode_state, state(incident_since=None), "expected incident_since", id="fires in no incident"),
        pytest.param(decode_state, state("ok", incident_since=TIME), "expected incident_since", id="ok in an incident"),
        pytest.param(decode_state, state(since=...), "since", id="no since"),
        pytest.param(decode_state, state(newest=5), "newest", id="a number as time"),
        pytest.param(decode_state, state(newest="2026-11-21T12:00:05"), "timezone", id="a time without a zone"),
        pytest.param(decode_state, state(more="x" * STATE_BYTES_MAX), "at most 4096 bytes", id="too large"),
        pytest.param(decode_state, told(), "newest", id="what was told as a state"),
        pytest.param(decode_notified, b"", "truncated", id="told: empty"),
        pytest.param(decode_notified, told(v=0), "expected v 1, got 0", id="told: v 0"),
        pytest.param(decode_notified, told(status="pending"), "status", id="told: a status that is not told"),
        pytest.param(decode_notified, told(level=None), "level", id="told: no level"),
        pytest.param(decode_notified, told(escalated=[0] * 11), "length <= 10", id="told: too many steps"),
        pytest.param(decode_notified, told(escalated=[10]), "escalated", id="told: a step that there cannot be"),
        pytest.param(decode_notified, told(escalated=[-1]), ">= 0", id="told: a step before the first"),
        pytest.param(decode_notified, told(escalated=2), "escalated", id="told: a number of steps"),
        pytest.param(decode_notified, told(is_acknowledged=1), "is_acknowledged", id="told: a number for yes"),
        pytest.param(decode_notified, told(fired=...), "fired", id="told: no time"),
        pytest.param(decode_notified, told(more="x" * NOTIFIED_BYTES_MAX), "at most 4096 bytes", id="told: too large"),
        pytest.param(decode_notified, state(), "first", id="told: a state"),
    ],
)
def test_refuses(decode: Decode, body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(body)
    assert reason in str(refused.value)


@pytest.mark.parametrize("decode", [decode_state, decode_notified])
def test_a_newer_version_is_told_apart(decode: Decode) -> None:
    with pytest.raises(NewerVersionError):
        decode(packed({"v": 2, "mood": "good"}))


def test_what_a_later_release_adds_is_passed_over() -> None:
    assert decode_state(state(mood="good")) == STATES["firing"]
    assert decode_notified(told(mood="good")) == TOLD["firing"]


@settings(max_examples=300)
@given(st.sampled_from([decode_state, decode_notified]), st.binary(max_size=300))
def test_random_bytes_raise_the_one_error(decode: Decode, body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(body)


@settings(max_examples=300)
@given(st.sampled_from([*STATES.values()]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 7)), min_size=1))
def test_a_damaged_state_is_read_or_raises_the_one_error(kept: State, flips: list[tuple[int, int]]) -> None:
    body = bytearray(encode_state(kept))
    for at, bit in flips:
        body[at % len(body)] ^= 1 << bit
    try:
        decode_state(bytes(body))
    except DecodeError:
        return
