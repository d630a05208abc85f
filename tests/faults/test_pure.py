"""What judges a fault, judged itself: tables of what was heard, stored and occupied, and what that means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.families import FAMILIES
from tests.faults.catalogue import read_catalogue
from tests.faults.errors import unexpected
from tests.faults.known import Known, Shown, disagreements
from tests.faults.memory import MIB, Sample, memory_of
from tests.faults.sent import Heard, Sent, holes
from tests.faults.stored import Stored
from tests.faults.verdict import compare
from tests.integration.ingest.running import sample_set

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ("web-1", "system", "a" * 24)


def sent_of(*seqs: int, kept: bool = True) -> Sent:
    sent = Sent(read_catalogue())
    for seq in seqs:
        sent.take(Heard("metrics.web-1.system", sample_set("web-1", seq, NOW), f"{KEY[2]}:{seq}", NOW, kept=kept))
    return sent


def stored_of(*seqs: int, doubled: int = 0) -> Stored:
    stored = Stored({KEY: list(seqs)})
    stored.rows["swap"] = len(seqs)
    stored.numbers["swap"] = 6 * len(seqs)
    stored.doubled["swap"] = doubled
    return stored


def test_the_page_names_every_column_as_the_product_does() -> None:
    found = {name: (columns.labels, columns.gauges) for name, columns in read_catalogue().items()}
    assert found == {
        name: (tuple(label.name for label in family.labels), tuple(gauge.name for gauge in family.gauges))
        for name, family in FAMILIES.items()
    }


@pytest.mark.parametrize(
    ("sent", "stored", "problems"),
    [
        pytest.param((1, 2, 3), stored_of(1, 2, 3), [], id="all"),
        pytest.param((1, 1, 2, 2), stored_of(1, 2), [], id="heard twice"),
        pytest.param((1, 2, 3), stored_of(1, 3), ["1 missing", "rows and numbers"], id="one not stored"),
        pytest.param((1, 2), stored_of(1, 2, 3), ["1 foreign", "rows and numbers"], id="one nobody sent"),
        pytest.param((1, 3), stored_of(1, 3), ["1 holes"], id="one nobody heard"),
        pytest.param((1, 2), stored_of(1, 2, doubled=1), ["1 doubled"], id="a row twice"),
        pytest.param((1, 2), stored_of(1, 2, 2), ["1 doubled", "rows and numbers"], id="an identity twice"),
    ],
)
def test_a_verdict_names_what_differs(sent: tuple[int, ...], stored: Stored, problems: list[str]) -> None:
    found = compare(sent_of(*sent), stored).problems
    assert len(found) == len(problems)
    assert all(sentence.startswith(start) for sentence, start in zip(found, problems, strict=True))


def test_rows_that_are_short_of_a_number_differ() -> None:
    stored = stored_of(1, 2)
    stored.numbers["swap"] -= 1
    assert compare(sent_of(1, 2), stored).families == {"swap": (2, 12, 2, 11)}


def test_the_tail_of_a_session_is_known_by_what_the_next_one_says() -> None:
    sent = sent_of(1, 2)
    told = sample_set("web-1", 1, NOW, session="b" * 24, previous={"session": KEY[2], "seq_last": 4})
    sent.take(Heard("metrics.web-1.system", told, None, NOW, kept=True))
    assert compare(sent, stored_of(1, 2)).holes == ((*KEY, 3), (*KEY, 4))


@pytest.mark.parametrize(
    ("body", "received_at"),
    [
        (b"\xc1", NOW),
        (sample_set("web-2", 1, NOW), NOW),
        (sample_set("web-1", 1, NOW, v=2), NOW),
        (sample_set("web-1", 1, NOW), NOW - timedelta(minutes=6)),
        (b"\0" * 800_000, NOW),
    ],
    ids=["garbage", "a foreign name", "a newer version", "six minutes ahead", "too large"],
)
def test_what_the_contract_refuses_is_not_counted_as_sent(body: bytes, received_at: datetime) -> None:
    sent = Sent(read_catalogue())
    for kept in (False, True):
        sent.take(Heard("metrics.web-1.system", body, None, received_at, kept=kept))
    assert (sent.count, sent.unusable) == (0, 1)


def test_what_happened_to_messages_is_counted_by_host() -> None:
    def message(seq: int, age: timedelta) -> Heard:
        return Heard("metrics.web-1.system", sample_set("web-1", seq, NOW - age), f"{KEY[2]}:{seq}", NOW, kept=True)

    sent = Sent(read_catalogue())
    for seq, age in ((1, timedelta(0)), (2, timedelta(seconds=61)), (3, timedelta(days=8)), (4, -timedelta(minutes=6))):
        sent.take(message(seq, age))
    for seq in (1, 1, 2):
        sent.take(message(seq, timedelta(0)))
    sent.take(Heard("metrics.web-2.system", b"\xc1", None, NOW, kept=True))
    assert (sent.copies, sent.late) == ({"web-1": 3}, {"web-1": 1})
    assert sent.ended == {("web-1", "too_old"): 1, ("web-1", "clock_ahead"): 1, ("web-2", "refused"): 1}
    assert list(sent.held_up) == [(NOW - timedelta(seconds=61), NOW)]
    assert (sent.count, sent.heard_again) == (2, 0)


@pytest.mark.parametrize(("seqs", "again"), [((1, 2, 3), 0), ((1, 2, 2, 1), 2)], ids=["each once", "two of them again"])
@pytest.mark.parametrize("read_before", [False, True])
def test_what_a_publisher_sent_again_is_heard_again(seqs: tuple[int, ...], again: int, *, read_before: bool) -> None:
    sent = sent_of(*(seqs if read_before else ()))
    for seq in seqs:
        sent.take(Heard("metrics.web-1.system", sample_set("web-1", seq, NOW), f"{KEY[2]}:{seq}", NOW, kept=False))
    assert sent.heard_again == again


SHOWN = Shown(received=9, missing=0, late=0, doubled=0, too_old=0, clock_ahead=0, refused=0, stream_loss_max=0)
KNOWN = Known(received=9, gone=0, late=0, copies=0, ended={}, delivered_again=0, before={}, limits_reached=False)


@pytest.mark.parametrize(
    ("shown", "known", "names"),
    [
        ({}, {}, []),
        ({"received": 8}, {}, ["received"]),
        ({"missing": 2}, {"gone": 2}, []),
        ({"missing": 1}, {"gone": 2}, ["missing"]),
        ({"missing": 1, "stream_loss_max": 5}, {"gone": 2, "limits_reached": True}, []),
        ({"missing": 1, "stream_loss_max": 5}, {"gone": 2}, ["stream_loss_max"]),
        ({"missing": 3, "stream_loss_max": 5}, {"gone": 2, "limits_reached": True}, ["missing"]),
        ({"late": 1}, {}, ["late"]),
        ({"late": 0}, {"late": 1}, ["late"]),
        ({"late": 0, "missing": 1}, {"late": 1, "gone": 1}, []),
        ({"late": 1}, {"late": 2, "copies": 1, "delivered_again": None}, ["doubled"]),
        ({"doubled": 1}, {}, ["doubled"]),
        ({"doubled": 0}, {"copies": 1}, ["doubled"]),
        ({"doubled": 0, "stream_loss_max": 1}, {"copies": 1, "limits_reached": True}, []),
        ({"doubled": 0, "stream_loss_max": 1}, {"copies": 1}, ["stream_loss_max"]),
        ({"doubled": 1}, {"delivered_again": 5}, ["doubled"]),
        ({"doubled": 1}, {"before": {"doubled": 1}}, []),
        ({"doubled": 2}, {"copies": 1}, ["doubled"]),
        ({"doubled": 2}, {"copies": 1, "delivered_again": 1}, []),
        ({"doubled": 3}, {"copies": 1, "delivered_again": 1}, ["doubled"]),
        ({"doubled": 3}, {"copies": 1, "delivered_again": None}, []),
        ({"refused": 1, "too_old": 1, "clock_ahead": 1}, {"ended": {"refused": 1, "too_old": 1, "clock_ahead": 1}}, []),
        ({"refused": 1}, {"ended": {"too_old": 1}}, ["too_old", "refused"]),
    ],
)  # fmt: skip
def test_what_is_shown_is_compared_with_all_that_is_known(
    shown: dict[str, int], known: dict[str, Any], names: list[str]
) -> None:
    assert [told.split()[0] for told in disagreements(replace(SHOWN, **shown), replace(KNOWN, **known))] == names


def test_what_was_heard_is_not_yet_kept() -> None:
    sent = sent_of(1, 2, 3, kept=False)
    assert sent.kept == {}
    sent.take(Heard("metrics.web-1.system", sample_set("web-1", 3, NOW), f"{KEY[2]}:3", NOW, kept=True))
    assert list(holes(sent.kept)) == [(*KEY, 1), (*KEY, 2)]
    assert (sent.count, list(holes(sent.sessions))) == (3, [])


@pytest.mark.parametrize(
    ("mib", "is_flat"),
    [
        ([90] * 4 + [60] * 16, True),
        ([60, 62] * 10, True),
        ([60 + number for number in range(20)], True),
        ([100 + 5 * number for number in range(20)], False),
        ([400] * 10 + [490] * 10, True),
        ([400] * 10 + [520] * 10, False),
    ],
    ids=["a warm-up", "noise", "little", "steady growth", "below a quarter", "above a quarter"],
)
def test_memory_is_flat_or_grows(mib: list[int], *, is_flat: bool) -> None:
    memory = memory_of([Sample(10.0 * at, size * MIB) for at, size in enumerate(mib)])
    assert memory is not None
    assert memory.is_flat == is_flat


def test_few_samples_of_memory_say_nothing() -> None:
    assert memory_of([Sample(0, MIB)] * 9) is None


def test_what_no_fault_explains_is_found_in_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [
        '{"level": "info", "event": "ready"}',
        '{"level": "warning", "event": "not written, messages will come again"}',
        '{"level": "error", "event": "ingest ends"}',
        "2026-01-01 00:00:00 UTC [7] FATAL:  the database system is starting up",
        "2026-01-01 00:00:00 UTC [7] ERROR:  duplicate key value",
        "[7] 2026/01/01 00:00:00 [ERR] Error trying to connect to route (attempt 1): refused",
        "[7] 2026/01/01 00:00:00 [ERR] JetStream failed to store a msg",
        "Traceback (most recent call last):",
    ]
    log.write_text("\n".join(lines))
    assert list(unexpected(log)) == [lines[2], lines[4], lines[6], lines[7]]
