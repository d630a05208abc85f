"""The ceiling by size: timelines of sizes, for how long raw rows are kept, and what people are told."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.ceiling import (
    GIB,
    KEPT_MIN,
    MIB,
    Fill,
    Step,
    is_paused,
    next_kept,
    next_step,
    pause_reason,
    size_reason,
    wants_less,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SET = timedelta(hours=100)
ROUND = timedelta(minutes=5)
OLD = timedelta(days=300)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def timeline(percents: str, *, shrinks: bool, first_to_go: timedelta | None = SET, kept: timedelta = SET) -> str:
    """Return hours of retention after each round; the sizes are percent of the ceiling, `first_to_go` an age."""
    fill = Fill(NOW, 0, 1_000, SET, kept, NOW - OLD, shrinks)
    found = []
    for percent in percents.split():
        fill = dataclasses.replace(fill, now=fill.now + ROUND, size_bytes=int(float(percent) * 10))
        chosen = next_kept(fill, None if first_to_go is None else fill.now - first_to_go)
        fill = dataclasses.replace(fill, raw_kept=chosen, last_step=next_step(fill, chosen))
        found.append(f"{chosen / hours(1):.3g}")
    return " ".join(found)


@pytest.mark.parametrize(
    ("percents", "kept"),
    [
        pytest.param("10 50 89.9", "100 100 100", id="below it nothing happens"),
        pytest.param("90 90 91 91.9", "90 90 90 90", id="not again before it grew on"),
        pytest.param("90 92 92 94 95 96", "90 81 81 72.9 72.9 65.6", id="again each time it grew by 2 %"),
        pytest.param("90 80 91 92", "90 90 81 81", id="what fell and grew again counts from where it fell to"),
        pytest.param("120 130 140", "90 81 72.9", id="beyond the ceiling"),
        pytest.param("90 75 70 69", "90 90 90 99", id="back when there is clearly room"),
        pytest.param("90 60 60 60", "90 99 100 100", id="back to the setting and no further"),
    ],
)
def test_in_plain_it_is_shortened_when_the_size_grows_on(percents: str, kept: str) -> None:
    assert timeline(percents, shrinks=False) == kept


@pytest.mark.parametrize(
    ("percents", "kept"),
    [
        pytest.param("90 90 90 90 90 90 90", "90 90 90 81 81 81 72.9", id="every three rounds until it falls"),
        pytest.param("90 95 99", "90 90 90", id="not before the last step had its effect"),
        pytest.param("90 90 90 85 85", "90 90 90 90 90", id="enough"),
        pytest.param("90 69 69 69", "90 99 100 100", id="back when there is clearly room"),
    ],
)
def test_where_dropping_shrinks_it_is_shortened_again_after_its_effect(percents: str, kept: str) -> None:
    assert timeline(percents, shrinks=True) == kept


@pytest.mark.parametrize(
    ("first_to_go", "before", "kept"),
    [
        pytest.param(hours(20), SET, "20", id="a young installation: what would go anyway does not help"),
        pytest.param(hours(99), SET, "90", id="a tenth at least"),
        pytest.param(hours(0.5), SET, "1", id="never less than an hour"),
        pytest.param(hours(2), hours(1.05), "1", id="nor by a tenth"),
        pytest.param(hours(2), KEPT_MIN, "1", id="nor when it is one already"),
        pytest.param(None, SET, "100", id="nothing may go"),
    ],
)
def test_how_far_a_step_goes(first_to_go: timedelta | None, before: timedelta, kept: str) -> None:
    assert timeline("95", shrinks=True, first_to_go=first_to_go, kept=before) == kept


def test_it_grows_back_only_once_raw_rows_are_complete_for_the_present_time() -> None:
    fill = Fill(NOW, 100, 1_000, SET, hours(50), NOW - hours(49), shrinks=True)
    assert next_kept(fill, None) == hours(50)
    assert next_kept(dataclasses.replace(fill, complete_since=NOW - hours(50)), None) == hours(55)


def test_without_a_ceiling_it_grows_back_and_is_never_shortened() -> None:
    fill = Fill(NOW, 10**15, 0, SET, hours(50), NOW - OLD, shrinks=False, last_step=Step(NOW - OLD, 10))
    assert not wants_less(fill)
    assert next_kept(fill, NOW - OLD) == hours(55)


DAYS_7 = timedelta(days=7)


@pytest.mark.parametrize(
    ("size", "ceiling", "kept", "sentence"),
    [
        (5 * GIB, 10 * GIB, DAYS_7, None),
        (5 * GIB, 0, DAYS_7, None),
        (9.1 * GIB, 10 * GIB, timedelta(days=5.2),
         "The stored history reached 9.1 of 10.0 GiB: raw rows are kept for 5.2 days instead of 7."),
        (90 * MIB, 100 * MIB, hours(20.5),
         "The stored history reached 90.0 of 100.0 MiB: raw rows are kept for 20.5 hours instead of 7 days."),
        (9.5 * GIB, 10 * GIB, KEPT_MIN,
         "The stored history reached 9.5 of 10.0 GiB: raw rows are kept for 1.0 hours instead of 7 days, the least "
         "there is: raise the ceiling, or keep rollups for fewer days."),
        (8 * GIB, 10 * GIB, KEPT_MIN,
         "The stored history reached 8.0 of 10.0 GiB: raw rows are kept for 1.0 hours instead of 7 days."),
        (5 * GIB, 10 * GIB, timedelta(days=5.2),
         "Raw rows are kept for 5.2 days instead of 7: a ceiling by size had shortened that, and it grows back by and "
         "by."),
        (9.5 * GIB, 10 * GIB, DAYS_7,
         "The stored history takes 9.5 of 10.0 GiB, and no raw rows are old enough to go."),
    ],
)  # fmt: skip
def test_what_people_are_told(size: float, ceiling: int, kept: timedelta, sentence: str | None) -> None:
    fill = Fill(NOW, int(size), ceiling, DAYS_7, kept, NOW - OLD, shrinks=True)
    assert size_reason(fill, kept) == sentence


@pytest.mark.parametrize(
    ("free", "least", "pauses"),
    [
        ("9 5 4.9 5 5.9 6 5.5", 5.0, ". . p p p . ."),
        ("4 ? 4", 5.0, "p . p"),
        ("99.9 100", 100.0, "p ."),
        ("0 0", 0.0, ". ."),
    ],
)
def test_it_pauses_while_the_disk_is_nearly_full(free: str, least: float, pauses: str) -> None:
    paused, found = False, []
    for text in free.split():
        paused = is_paused(paused, None if text == "?" else float(text), least)
        found.append("p" if paused else ".")
    assert " ".join(found) == pauses


def test_why_nothing_is_fetched() -> None:
    assert pause_reason(4.12, 5.0) == (
        "The disk of the stored history has 4.1 % free: nothing is fetched until 6 % are free again; "
        "samples wait in the stream."
    )
