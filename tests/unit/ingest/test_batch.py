"""Every message of a batch ends in exactly one place, and rows come out as COPY writes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.ingest.batch import (
    OTHER_NAMES,
    BoundedNames,
    Delivery,
    distinct,
    judge,
    ledger_arrays,
    records,
    subject_host,
    tables_by_family,
)
from services.ingest.provenance import provenance_of
from shared.wire.decode import decode
from tests.unit.ingest.messages import ARRIVED, FakeMessage, ack_subject, body, swap

WEEK = timedelta(days=7)


def delivery(name: str = "a", seq: int = 1, time: datetime = ARRIVED) -> Delivery:
    message = FakeMessage(name, body(seq=seq, time=time))
    return Delivery(message, decode(message.data, message.subject), provenance_of(message.reply))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(body(), "delivery", id="good"),
        pytest.param(b"not msgpack", "refusal", id="not msgpack"),
        pytest.param(b"", "refusal", id="empty"),
        pytest.param(body(host="b"), "refusal: host and source are not those of the subject", id="another's host"),
        pytest.param(body(time=ARRIVED + timedelta(minutes=10)), "refusal: clock ahead by 600.0 s", id="clock ahead"),
        pytest.param(body(time=ARRIVED - timedelta(days=8)), "too old", id="too old"),
    ],
)
def test_each_message_ends_in_one_place(data: bytes, place: str) -> None:
    batch = judge([FakeMessage("a", data)], WEEK)
    found = ["delivery" for _ in batch.deliveries]
    found += [f"refusal: {refusal.reason}" for refusal in batch.refusals]
    found += ["too old" for _ in batch.too_old]
    assert len(found) == 1
    assert found[0].startswith(place)


def test_a_host_counts_as_its_newest_message_does() -> None:
    good, bad = body(), b"bad"
    messages = [
        FakeMessage("1", bad),
        FakeMessage("2", good),
        FakeMessage("3", good.replace(b"\xa1a", b"\xa1b"), "metrics.b.system"),
        FakeMessage("4", bad, "metrics.b.system"),
    ]
    assert judge(messages, WEEK).hosts == {"a": False, "b": True}


def test_a_clock_ahead_is_the_host_s_fault_and_never_ours() -> None:
    batch = judge([FakeMessage("1", body(time=ARRIVED + timedelta(hours=1)))], WEEK)
    assert batch.hosts == {"a": False}
    assert batch.refusals[0].final


def test_the_batch_knows_what_waits_and_what_waited_longest() -> None:
    earlier = ARRIVED - timedelta(seconds=30)
    messages = [
        FakeMessage("1", body(), reply=ack_subject(pending=9)),
        FakeMessage("2", body(), reply=ack_subject(pending=8, arrived=earlier)),
        FakeMessage("3", body(), "backfill.a.system", ack_subject(pending=3, stream="BACKFILL")),
    ]
    batch = judge(messages, WEEK)
    assert batch.pending == {"METRICS": 8, "BACKFILL": 3}
    assert batch.oldest == earlier


def test_unknown_names_are_listed() -> None:
    families = {"swap": swap([[1, 0, 0, 0.0, 0.0, 0.0, 5]], ("later_count",)), "gpu": swap([])}
    batch = judge([FakeMessage("a", body(families=families))], WEEK)
    assert sorted(batch.unknown) == ["gpu", "swap.later_count"]
    assert len(batch.deliveries) == 1


@pytest.mark.parametrize(
    ("subject", "host"),
    [
        ("metrics.a.system", "a"),
        ("metrics.a", "a"),
        ("metrics", "metrics"),
        ("m.a.b.c", "a"),
        ("alerts.disk.a.x", "a"),
        ("alerts.disk.a.x.act", "a"),
        ("alerts.disk.a", "a"),
        ("alerts.disk", "alerts.disk"),
    ],
)
def test_also_an_odd_subject_has_a_host(subject: str, host: str) -> None:
    assert subject_host(subject) == host


def test_of_a_sample_set_that_came_twice_the_first_counts() -> None:
    first, again, other = delivery("first"), delivery("again"), delivery("other", seq=2)
    assert list(distinct([first, again, other]).values()) == [first, other]


def test_the_ledger_gets_one_list_per_column() -> None:
    assert ledger_arrays([delivery(seq=1), delivery(seq=2)]) == (
        [ARRIVED, ARRIVED], ["a", "a"], ["system", "system"], ["s", "s"], [1, 2], [ARRIVED, ARRIVED], [7, 7],
    )  # fmt: skip


def test_rows_come_with_time_host_and_source_first() -> None:
    families = {"swap": swap([[1, 2, 3, 4.0, 5.0, 6.0], [7, 8, 9, 0.0, 0.0, 0.0]])}
    sample_set = decode(body(families=families), "metrics.a.system")
    (family, tables) = next(iter(tables_by_family([sample_set]).items()))
    assert family == "swap"
    assert list(records(tables)) == [
        (ARRIVED, "a", "system", 1, 2, 3, 4.0, 5.0, 6.0), (ARRIVED, "a", "system", 7, 8, 9, 0.0, 0.0, 0.0),
    ]  # fmt: skip


def test_a_family_without_rows_is_not_copied() -> None:
    sample_set = decode(body(families={"swap": swap([])}), "metrics.a.system")
    assert tables_by_family([sample_set]) == {}


def test_names_that_strangers_choose_are_bounded() -> None:
    names = BoundedNames(names_max=2)
    assert [names.bounded(name) for name in "abcab"] == ["a", "b", OTHER_NAMES, "a", "b"]
