"""The latest readings, slots, groups and wishes, without any connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.api.live.latest import SILENT_MAX, SOURCES_MAX, Latest, Reading
from services.api.live.relay import Client, Relay
from services.api.live.slot import Batch, Message, Slot
from services.api.live.wishes import AuthFrame, FrameError, PongFrame, SubscribeFrame, Wish, read_frame, wish_of
from services.api.observations import Observations
from services.api.scope import Scope
from shared.families import FAMILIES
from shared.wire.decode import FamilyRows, PreviousSession, SampleSet

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SCOPE = Scope("kim")


def sample_set(
    host: str, second: int, seq: int = 0, source: str = "system", families: Sequence[str] = ("cpu",)
) -> SampleSet:
    rows = {
        name: FamilyRows(1.0, [tuple("x" if column.type is str else 1 for column in FAMILIES[name].columns)])
        for name in families
    }
    return SampleSet(host, source, "s", seq or second + 1, START + timedelta(seconds=second), None, rows, ())


def seconds(messages: Sequence[Message]) -> str:
    readings = [message for message in messages if isinstance(message, Reading)]
    return " ".join(f"{reading.host}{int((reading.time - START).total_seconds())}" for reading in readings)


@pytest.mark.parametrize(
    ("arrivals", "taken"),
    [
        pytest.param("a0 a1 a2", "a0 a1 a2", id="in order"),
        pytest.param("a0 a0 a1", "a0 a1", id="a repeat"),
        pytest.param("a1 a0 a2", "a1 a2", id="a late one"),
        pytest.param("a0 b0 a1", "a0 b0 a1", id="two hosts"),
    ],
)
def test_what_is_newer_is_taken(arrivals: str, taken: str) -> None:
    latest = Latest()
    fresh = [reading for text in arrivals.split() for reading in latest.apply(sample_set(text[0], int(text[1])))]
    assert seconds(fresh) == taken


def test_two_parts_of_one_tick_are_one_reading() -> None:
    latest = Latest()
    for seq in (1, 2, 2):
        latest.apply(sample_set("a", 0, seq))
    host = latest.get("a")
    assert host is not None
    assert [len(reading.rows) for reading in host.readings()] == [2]


SESSIONS = {"a": None, "b": PreviousSession("a", 5), "c": PreviousSession("x", 9)}


@pytest.mark.parametrize(
    ("arrivals", "missed"),
    [
        pytest.param("a1@1 a2@2 a3@3", "0 0 0", id="no hole"),
        pytest.param("a7@1", "0", id="the first that we see"),
        pytest.param("a1@1 a4@4 a5@5", "0 2 0", id="a hole"),
        pytest.param("a1@1 a3@3 a2@2 a3@3 a4@4", "0 1 0 0 0", id="late ones and repeats"),
        pytest.param("a5@1 b1@2", "0 0", id="another session that names its predecessor"),
        pytest.param("a3@1 b2@3", "0 3", id="a lost tail and a lost head"),
        pytest.param("a3@1 c1@2 c2@3", "0 0 0", id="a session that follows another that we never saw"),
        pytest.param("a3@9 a4@2 a6@3", "0 0 1", id="a clock that was set back"),
        pytest.param("a3@2 b1@3 a2@1 b2@4", "0 2 0 0", id="what is stored is read again"),
    ],
)
def test_what_never_came_is_counted_by_the_holes_in_seq(arrivals: str, missed: str) -> None:
    latest, counted = Latest(), []
    for text in arrivals.split():
        seq, _, second = text[1:].partition("@")
        arrived = replace(sample_set("h", int(second), int(seq)), session=text[0], previous=SESSIONS[text[0]])
        counted.append(str(latest.missed(arrived)))
        latest.apply(arrived)
    assert " ".join(counted) == missed


def test_a_clock_that_was_set_back_does_not_stop_the_live_view() -> None:
    latest = Latest()
    fresh = [
        reading for seq, second in ((1, 100), (2, 3), (3, 4)) for reading in latest.apply(sample_set("a", second, seq))
    ]
    assert seconds(fresh) == "a100 a3 a4"


def test_live_shows_the_digits_that_the_database_gives_back() -> None:
    latest = Latest()
    row = tuple(0.1 + 0.2 if column.sql_type == "real" else 7 for column in FAMILIES["cpu"].columns)
    (reading,) = latest.apply(replace(sample_set("a", 0), families={"cpu": FamilyRows(1.0, [row])}))
    assert set(reading.rows[0]) == {0.3, 7}


def test_the_same_tick_of_two_sessions_is_not_one_reading_of_twice_the_rows() -> None:
    latest = Latest()
    for session in ("one", "two"):
        latest.apply(replace(sample_set("a", 0), session=session))
    host = latest.get("a")
    assert host is not None
    assert [len(reading.rows) for reading in host.readings()] == [1]


def test_a_hole_becomes_a_gap_of_those_who_see_the_host() -> None:
    relay, clients = Relay(Latest(), Observations()), [Client(Slot(), "s") for _ in range(3)]
    relay.take(sample_set("web-1", 0))
    wishes = (Wish(("web-*",)), Wish(("db-*",)), Wish(("web-*",), ("alert",)))
    for client, wish in zip(clients, wishes, strict=True):
        relay.join(client, wish, SCOPE)
        client.slot.clear()
    relay.take(sample_set("web-1", 5))
    relay.turn()
    assert [client.slot.take(Wish())[0] for client in clients] == [4, 0, 0]


def test_a_sample_set_far_ahead_is_refused_and_hides_nothing() -> None:
    relay, now = Relay(Latest(), Observations()), datetime.now(UTC)
    for seq, ahead_s in ((1, 3_600), (2, 0)):
        message = {
            "v": 1, "host": "a", "source": "system", "session": "s", "seq": seq,
            "time": now + timedelta(seconds=ahead_s), "families": {},
        }  # fmt: skip
        relay.receive("metrics.a.system", msgpack.packb(message, datetime=True))
    host = relay.latest.get("a")
    assert host is not None
    assert host.time < now + timedelta(seconds=1)


def test_hosts_and_sources_are_bounded_and_silent_hosts_forgotten() -> None:
    latest = Latest(hosts_max=3)
    for number in range(5):
        latest.apply(sample_set(f"h{number}", number))
    assert latest.hosts(lambda _: True) == ["h0", "h1", "h2"]
    for number in range(SOURCES_MAX + 5):
        latest.apply(sample_set("h0", 10, source=f"source-{number}"))
    host = latest.get("h0")
    assert host is not None
    assert len(host.sources) == SOURCES_MAX
    latest.forget_silent(START + SILENT_MAX + timedelta(seconds=5))
    assert latest.hosts(lambda _: True) == ["h0"]


def batch(text: str, wish: Wish | None = None) -> Batch:
    latest = Latest()
    readings = [reading for part in text.split() for reading in latest.apply(sample_set(part[0], int(part[1:])))]
    return Batch(wish or Wish(), readings)


@pytest.mark.parametrize(
    ("offers", "bytes_max", "dropped", "taken"),
    [
        pytest.param(["a0", "a1"], 10_000, 0, "a0 a1", id="all fit"),
        pytest.param(["a0", "a1", "a2"], 10, 2, "a2", id="only the newest is left"),
        pytest.param(["a0 b0", "a1 b1", "a2"], 10, 3, "a2 b1", id="the newest of each host"),
        pytest.param(["a0", "a1", "a2", "a3"], 900, 3, "a3", id="what waited is conflated too"),
        pytest.param([], 10, 0, "", id="nothing"),
    ],
)
def test_a_slow_client_skips_to_the_newest_and_every_loss_is_counted(
    offers: list[str], bytes_max: int, dropped: int, taken: str
) -> None:
    slot = Slot(bytes_max)
    for text in offers:
        slot.offer(batch(text))
    lost, batches = slot.take(Wish())
    readings = [reading for each in batches for reading in each.readings]
    assert (lost, seconds(readings)) == (dropped, taken)
    assert lost + len(readings) == sum(len(text.split()) for text in offers)
    assert slot.take(Wish()) == (0, [])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_a_batch_is_frames_of_one_message_or_one_array(packed: bool, together: bool) -> None:
    frames = batch("a0 b0", Wish(batch=together, format="msgpack" if packed else "json")).frames()
    plain = [msgpack.unpackb(frame) if isinstance(frame, bytes) else json.loads(frame) for frame in frames]
    messages = plain[0] if together else plain
    assert all(isinstance(frame, bytes) is packed for frame in frames)
    assert [(message["host"], message["time"]) for message in messages] == [
        ("a", "2026-11-21T09:00:00Z"),
        ("b", "2026-11-21T09:00:00Z"),
    ]
    assert messages[0]["data"]["columns"] == list(FAMILIES["cpu"].column_names)


def test_clients_with_one_wish_share_one_batch_and_others_get_theirs() -> None:
    relay = Relay(Latest(), Observations())
    relay.take(sample_set("web-1", 0, families=("cpu", "memory")))
    clients = [Client(Slot(), "s") for _ in range(3)]
    for client, wish in zip(clients, (Wish(), Wish(), Wish(("web-*",), ("memory",))), strict=True):
        relay.join(client, wish, SCOPE)
    snapshots = [client.slot.take(Wish())[1] for client in clients]
    assert [[len(each.readings) for each in snapshot] for snapshot in snapshots] == [[2], [2], [1]]
    relay.take(sample_set("web-1", 1, families=("cpu", "memory")))
    relay.take(sample_set("db-1", 1, families=("cpu", "memory")))
    relay.turn()
    first, second, third = (client.slot.take(Wish())[1] for client in clients)
    assert first[0] is second[0]
    assert [(reading.host, reading.family) for reading in third[0].readings] == [("web-1", "memory")]


def test_a_snapshot_is_not_sent_again_in_the_next_turn() -> None:
    relay, client = Relay(Latest(), Observations()), Client(Slot(), "s")
    relay.join(Client(Slot(), "other"), Wish(), SCOPE)
    relay.take(sample_set("a", 0))
    relay.join(client, Wish(), SCOPE)
    relay.turn()
    assert seconds([reading for each in client.slot.take(Wish())[1] for reading in each.readings]) == "a0"


def test_only_the_clients_of_an_ended_session_are_told() -> None:
    relay = Relay(Latest(), Observations())
    clients = [Client(Slot(), session) for session in ("one", "two")]
    for client in clients:
        relay.join(client, Wish(), SCOPE)
    relay.end(frozenset({"two"}))
    assert [client.ended for client in clients] == [False, True]
    for client in clients:
        relay.leave(client)
    assert not relay.clients


def test_a_message_that_is_no_sample_set_is_counted_and_nothing_else() -> None:
    observations = Observations()
    relay = Relay(Latest(), observations)
    for body in (b"", b"\xc1", b"\x80"):
        relay.receive("metrics.a.system", body)
    assert observations.registry.get_sample_value("vitalwire_api_messages_refused_total") == 3


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ('{"type":"subscribe"}', Wish()),
        ('{"type":"subscribe","hosts":["b","a","b"]}', Wish(("a", "b"))),
        ('{"type":"subscribe","types":["memory","cpu"]}', Wish(types=("cpu", "memory"))),
        ('{"type":"subscribe","batch":true,"format":"msgpack"}', Wish(batch=True, format="msgpack")),
        ('{"type":"subscribe","types":["alert"]}', Wish(types=("alert",))),
        ('{"type":"subscribe","types":["alert","cpu"]}', Wish(types=("cpu", "alert"))),
    ],
)
def test_equal_wishes_are_equal_however_they_are_written(text: str, wish: Wish) -> None:
    frame = read_frame(text)
    assert isinstance(frame, SubscribeFrame)
    assert wish_of(frame) == wish


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"type":"x"}', '{"type":"auth"}', '{"type":"subscribe","hosts":[""]}', b"\xc1", "[" * 5_000,
     '{"type":"subscribe","hosts":' + json.dumps(["x"] * 101) + "}"],
)  # fmt: skip
def test_a_frame_that_is_none_is_refused(body: str | bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(body)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_any_frame_is_read_or_refused(body: str | bytes) -> None:
    try:
        assert isinstance(read_frame(body), AuthFrame | SubscribeFrame | PongFrame)
    except FrameError:
        return
