"""What alerting says survives the wire; anything else is refused with the decoder's one error."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.condition import condition_of
from shared.alerts.rule import BUS_RULE
from shared.alerts.series import BUS_HOST, HOST_SERIES
from shared.alerts.state import Transition
from shared.alerts.transition import Alert, identity, incident, message_of
from shared.subjects import alert_act_subject, alert_key, alert_subject
from shared.wire.alert import ALERT_BYTES_MAX, decode_alert, encode_alert, event_subject
from shared.wire.decode import DecodeError, NewerVersionError
from tests.contract.alert_messages import EXAMPLES
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.messages import HOST, TIME, packed

DISK = rule(family="disk", column="used_percent")
FIRING = Transition("firing", "critical", TIME, TIME + timedelta(seconds=30))


def changed(name: str = "transition", **changes: Any) -> bytes:
    plain: dict[str, Any] = msgpack.unpackb(encode_alert(EXAMPLES[name]), timestamp=3)
    return packed({key: value for key, value in {**plain, **changes}.items() if value is not ...})


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        pytest.param("transition", b"", "truncated", id="empty"),
        pytest.param("transition", b"\xc1", "", id="no msgpack"),
        pytest.param("transition", b"\x91" * 5_000, "", id="deep nesting"),
        pytest.param("transition", changed(event="story"), "Invalid value 'story'", id="unknown event"),
        pytest.param("transition", changed(event=...), "event", id="no event"),
        pytest.param("transition", changed(v=0), "expected v 1, got 0", id="v 0"),
        pytest.param("transition", changed(host="web-2"), "not those of the subject", id="another host"),
        pytest.param("transition", changed(rule="cpu"), "not those of the subject", id="another rule"),
        pytest.param("transition", changed(series="x"), "not those of the subject", id="another series"),
        pytest.param("transition", changed(series="a.b"), "series", id="a series of two tokens"),
        pytest.param("transition", changed(status="pending"), "status", id="a status that is not told"),
        pytest.param("transition", changed(level="fatal"), "level", id="unknown level"),
        pytest.param("transition", changed(value=float("nan")), "value", id="NaN"),
        pytest.param("transition", changed(value="1"), "value", id="text as value"),
        pytest.param("transition", changed(time=5), "time", id="a number as time"),
        pytest.param("transition", changed(since=...), "since", id="no since"),
        pytest.param("transition", changed(labels=dict.fromkeys(map(str, range(21)), "")), "length <= 20", id="labels"),
        pytest.param("transition", changed(labels={"mount": "x" * 513}), "length <= 512", id="long label"),
        pytest.param("transition", changed(labels={"mount": "/a\0b"}), "labels: expected text without NUL", id="NUL"),
        pytest.param("transition", changed(labels={"a\0": ""}), "labels: expected text without NUL", id="NUL in a key"),
        pytest.param("transition", changed(id="a\0"), "id: expected text without NUL", id="NUL in an id"),
        pytest.param("transition", changed(reason="\0"), "reason: expected text without NUL", id="NUL in a reason"),
        pytest.param("act", changed("act", who="k\0"), "who: expected text without NUL", id="NUL in who"),
        pytest.param("act", changed("act", comment="\0"), "comment: expected text without NUL", id="NUL in a comment"),
        pytest.param("act", changed("act", silence="\0"), "silence: expected text without NUL", id="NUL in a silence"),
        pytest.param("transition", changed(since="0001-01-01T00:00:00+14:00"), "since: expected a time", id="year 0"),
        pytest.param("transition", changed(time="9999-12-31T23:59:59-14:00"), "time: expected a time", id="year 10000"),
        pytest.param("transition", changed(labels={b"\xed\xa0\x80": ""}), "", id="a label that is bytes"),
        pytest.param("transition", changed(incident="a/b"), "incident", id="an incident that fits no URL"),
        pytest.param("transition", changed(more="x" * ALERT_BYTES_MAX), "at most 32768 bytes", id="too large"),
        pytest.param("act", changed("act", act="deleted"), "Invalid enum value 'deleted'", id="unknown act"),
        pytest.param("act", changed("act", who=""), "who", id="nobody's act"),
        pytest.param("act", changed("act", comment="x" * 2_001), "length <= 2000", id="long comment"),
        pytest.param("transition", changed("act"), "not those of the subject", id="an act among transitions"),
    ],
)  # fmt: skip
def test_refuses(name: str, body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_alert(body, event_subject(EXAMPLES[name]))
    assert reason in str(refused.value)


def test_nul_in_the_names_of_a_subject_is_refused() -> None:
    for field in ("rule", "host"):
        event = msgspec.structs.replace(EXAMPLES["transition"], **{field: "a\0b"})
        with pytest.raises(DecodeError, match=f"{field}: expected text without NUL"):
            decode_alert(encode_alert(event), event_subject(event))


def test_text_that_is_no_utf_8_is_refused() -> None:
    event = EXAMPLES["transition"]
    # What would be half of a surrogate pair.
    body = encode_alert(event).replace(b"/dev/vda1", b"/dev/\xed\xa0\x80a")
    assert body != encode_alert(event)
    with pytest.raises(DecodeError):
        decode_alert(body, event_subject(event))


def test_a_newer_version_is_told_apart() -> None:
    with pytest.raises(NewerVersionError):
        decode_alert(packed({"v": 2, "event": "other"}), "alerts.a.b.c")


def test_what_a_later_release_adds_is_passed_over() -> None:
    example = EXAMPLES["transition"]
    assert decode_alert(changed(mood="good"), event_subject(example)) == example


def test_a_message_tells_what_fired_and_why() -> None:
    message = message_of(Alert(DISK, HOST, "system", ("/", "vda1")), condition_of(DISK, HOST), FIRING, 92.5)
    assert (message.rule, message.host, message.source, message.series) == (
        "mine",
        HOST,
        "system",
        "system=2C=2F=2Cvda1",
    )
    assert message.labels == {"mount": "/", "device": "vda1"}
    assert (message.family, message.column, message.unit) == ("disk", "used_percent", "percent")
    assert (message.status, message.level, message.value, message.threshold) == ("firing", "critical", 92.5, 90)
    assert (message.since, message.time, message.reason) == (TIME, TIME + timedelta(seconds=30), None)
    assert message.id == "mine:web-1=2Eexample=2Ecom:system=2C=2F=2Cvda1:firing:critical:20261121T120035.000000Z"
    assert decode_alert(encode_alert(message), event_subject(message)) == message


def test_the_bus_and_hosts_have_alerts_too() -> None:
    bus = message_of(Alert(BUS_RULE, BUS_HOST, series=HOST_SERIES), condition_of(BUS_RULE, BUS_HOST), FIRING, 20.0)
    assert event_subject(bus) == "alerts.bus_silent.bus.host"
    assert decode_alert(encode_alert(bus), event_subject(bus)) == bus


def test_identities_tell_hosts_series_and_instants_apart_and_incidents_last() -> None:
    places = [Alert(DISK, HOST, "system", ("/", "a")), Alert(DISK, "web-2", "system", ("/", "a")),
              Alert(DISK, HOST, "system", ("/", "b")), Alert(DISK, HOST, "other", ("/", "a"))]  # fmt: skip
    later = FIRING._replace(time=TIME + timedelta(microseconds=1))
    ids = [identity(place, change) for place in places for change in (FIRING, later)]
    assert len(set(ids)) == 8
    assert len({incident(place, TIME) for place in places}) == 4
    assert incident(places[0], TIME) == incident(places[0], TIME)
    assert incident(places[0], TIME) != incident(places[0], TIME + timedelta(seconds=1))


def test_subjects() -> None:
    assert alert_subject("disk", "web.1", "system") == "alerts.disk.web=2E1.system"
    assert alert_act_subject("disk", "web.1", "system") == "alerts.disk.web=2E1.system.act"
    assert alert_key("disk", "web.1", "system") == "disk.web=2E1.system"


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=128)


@settings(max_examples=200)
@given(names.filter(bool).map(lambda name: name[:63]), names, names, st.floats(-3.4e38, 3.4e38))
def test_whatever_strangers_chose_travels_whole(host: str, mount: str, device: str, value: float) -> None:
    message = message_of(Alert(DISK, host, "system", (mount, device)), condition_of(DISK, host), FIRING, value)
    assert decode_alert(encode_alert(message), event_subject(message)) == message


@pytest.mark.parametrize("seed", range(4))
def test_damaged_messages_decode_or_raise_the_one_error(seed: int) -> None:
    random = Random(seed)
    for _ in range(1_000):
        name = random.choice(list(EXAMPLES))
        body = bytearray(encode_alert(EXAMPLES[name]))
        for _ in range(random.randint(1, 3)):
            body[random.randrange(len(body))] ^= 1 << random.randrange(8)
        try:
            decode_alert(bytes(body), event_subject(EXAMPLES[name]))
        except DecodeError:
            continue
