"""What a batch tells of delivery: sessions to record, and what is counted as doubled, too old, ahead or refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.ingest.accounting import (
    OTHER_SOURCES,
    SESSIONS_BURST_MAX,
    SOURCES_KNOWN_MAX,
    Accounts,
    KnownSessions,
    KnownSources,
    Rarity,
    counted,
    rarities_of,
    repeated,
)
from services.ingest.batch import Delivery, judge
from services.ingest.provenance import provenance_of
from shared.wire.decode import decode
from tests.unit.ingest.messages import ARRIVED, FakeMessage, ack_subject, body

WEEK = timedelta(days=7)


def delivery(session: str, seq: int, previous: int | None = None, sequence: int = 0) -> Delivery:
    more: dict[str, Any] = {} if previous is None else {"previous": {"session": "before", "seq_last": previous}}
    message = FakeMessage(session, body(seq=seq, session=session, **more), reply=ack_subject(sequence or seq))
    return Delivery(message, decode(message.data, message.subject), provenance_of(message.reply))


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        pytest.param(["s1 s2 s3"], ["s:1"], id="once a batch"),
        pytest.param(["s1 s2", "s3"], ["s:1", ""], id="once a session"),
        pytest.param(["s1 t1", "t2 u1"], ["s:1 t:1", "u:1"], id="each session"),
        pytest.param(["s1 s2!"], ["s:2"], id="from the one that names the session before"),
        pytest.param(["s1", "s2!", "s3!"], ["s:1", "s:2", ""], id="again when the session before is named later"),
    ],
)
def test_which_sessions_are_recorded(batches: list[str], expected: list[str]) -> None:
    known = KnownSessions()
    found = []
    for batch in batches:
        unknown = known.unknown([delivery(one[0], int(one[1]), 9 if "!" in one else None) for one in batch.split()])
        found.append(" ".join(f"{key[2]}:{each.sample_set.seq}" for key, each in unknown.items()))
        known.remember(unknown)
    assert found == expected


def test_a_session_is_recorded_again_when_its_batch_was_not_committed() -> None:
    known = KnownSessions()
    assert known.unknown([delivery("s", 1)])
    assert known.unknown([delivery("s", 1)])


class FakeConnection:
    """Counts the sessions that are entered."""

    def __init__(self) -> None:
        self.sessions: list[str] = []

    async def execute(self, statement: str, *columns: list[Any]) -> None:
        self.sessions += columns[2]


async def test_a_host_that_begins_sessions_all_the_time_has_few_of_them_recorded() -> None:
    now_s = 0.0
    connection: Any = FakeConnection()
    accounts = Accounts(lambda: now_s)
    deliveries = [delivery(f"s{number}", 1) for number in range(SESSIONS_BURST_MAX + 30)]
    new = [each.key for each in deliveries]
    await accounts.enter(connection, deliveries, new)
    accounts.committed()
    assert (len(connection.sessions), accounts.unrecorded_count) == (SESSIONS_BURST_MAX, 30)
    now_s += 60
    await accounts.enter(connection, deliveries, new)
    accounts.committed()
    assert (len(set(connection.sessions)), accounts.unrecorded_count) == (SESSIONS_BURST_MAX + 6, 24)


def test_the_sessions_used_last_are_remembered() -> None:
    known = KnownSessions(sessions_max=2)
    for session in "abc":
        known.remember(known.unknown([delivery(session, 1)]))
    assert [session for session in "abc" if known.unknown([delivery(session, 2)])] == ["a"]


def test_what_was_there_before_is_repeated() -> None:
    first, second, again = delivery("s", 1), delivery("s", 2), delivery("s", 2, sequence=9)
    assert repeated([first, second, again], [first.key, second.key]) == [again]
    assert repeated([first, second, again], [second.key]) == [first, again]
    assert repeated([first, second], [first.key, second.key]) == []


def message(time_s: float, data: bytes | None = None, subject: str = "metrics.a.system") -> FakeMessage:
    return FakeMessage("m", data or body(time=ARRIVED + timedelta(seconds=time_s)), subject)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([message(0)], [], id="what is stored"),
        pytest.param([message(-8 * 86_400)], [("a", "too_old", None)], id="too old"),
        pytest.param([message(400)], [("a", "clock_ahead", 400.0)], id="ahead, with its offset"),
        pytest.param([message(0, b"?")], [("a", "refused", None)], id="does not decode"),
        pytest.param([message(0, b"?", "metrics.=00.x")], [], id="of no host"),
    ],
)
def test_what_will_not_be_stored(messages: list[FakeMessage], expected: list[tuple[str, str, float | None]]) -> None:
    batch = judge(messages, WEEK)
    found = rarities_of([*batch.too_old, *batch.refusals])
    assert [(rarity.host, rarity.kind, rarity.offset_seconds) for rarity in found] == expected


def test_they_are_counted_by_minute_of_arrival_and_a_host_has_few_sources() -> None:
    sources = KnownSources()
    rarities = [
        Rarity("a", f"s{number}", "refused", ARRIVED + timedelta(seconds=30)) for number in range(SOURCES_KNOWN_MAX + 5)
    ]
    found = counted([*rarities, rarities[0]], sources)
    assert {minute for _, _, _, minute in found} == {ARRIVED}
    assert len(found) == SOURCES_KNOWN_MAX + 1
    assert found["a", "s0", "refused", ARRIVED] == 2
    assert found["a", OTHER_SOURCES, "refused", ARRIVED] == 5
