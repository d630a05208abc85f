"""What is read for a request, as tables: level, whole steps, refusals, and what a kept answer depends on."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.errors import BadParameterError, TooMuchError
from services.api.metrics.asked import Asked, Retention, cache_key, cached_seconds, plan, require_few_points
from services.api.metrics.times import Range
from services.api.scope import Scope
from shared.families.cpu import CPU
from shared.families.disk import DISK
from shared.families.process import PROCESS
from shared.resolution import Resolution

NOW = datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
RETENTION = Retention({"raw": 7 * DAY, "1m": 30 * DAY, "5m": 90 * DAY, "1h": 365 * DAY})
SCOPE = Scope("kim")


def asked(start: timedelta, step_seconds: int | None = None, **changed: Any) -> Asked:
    request = Asked(
        CPU, CPU.gauges[:1], ("web-*", "db"), {}, Range(NOW - start, NOW), step_seconds, 500, "avg", NOW
    )  # fmt: skip
    return dataclasses.replace(request, **changed)


@pytest.mark.parametrize(
    ("start", "step_seconds", "expected"),
    [
        (timedelta(minutes=5), None, Resolution("raw", None)),
        (DAY, None, Resolution("5m", 300)),
        (30 * DAY, None, Resolution("1h", 7_200)),
        (DAY, 60, Resolution("1m", 60)),
        (DAY, 90, Resolution("raw", 90)),
        (8 * DAY, 60, Resolution("1m", 60)),
        (31 * DAY, 600, Resolution("5m", 600)),
        (400 * DAY, 7_200, Resolution("1h", 7_200)),
    ],
)
def test_the_level_is_one_that_still_has_the_start(
    start: timedelta, step_seconds: int | None, expected: Resolution
) -> None:
    assert plan(asked(start, step_seconds), SCOPE, RETENTION).resolution == expected


@pytest.mark.parametrize(
    ("start", "step_seconds", "says"),
    [
        (
            8 * DAY,
            10,
            r"step: expected a multiple of 60 s \(1m\), the finest that is kept of 2026-11-13T09:00:30Z, got",
        ),
        (31 * DAY, 60, r"step: expected a multiple of 300 s \(5m\)"),
        (91 * DAY, 300, r"step: expected a multiple of 3600 s \(1h\)"),
        (400 * DAY, 5_400, r"step: expected a multiple of 3600 s \(1h\)"),
    ],
)
def test_a_step_that_is_too_fine_names_the_finest(start: timedelta, step_seconds: int, says: str) -> None:
    with pytest.raises(BadParameterError, match=says) as refused:
        plan(asked(start, step_seconds), SCOPE, RETENTION)
    assert refused.value.field == "step"


def test_steps_are_whole_at_both_ends_and_rows_are_as_asked() -> None:
    stepped = plan(asked(timedelta(minutes=5), 60), SCOPE, RETENTION)
    assert (stepped.start, stepped.end) == (NOW.replace(minute=55, hour=8, second=0), NOW.replace(minute=1, second=0))
    rows = plan(asked(timedelta(minutes=5)), SCOPE, RETENTION)
    assert (rows.start, rows.end) == (NOW - timedelta(minutes=5), NOW)


def test_what_would_be_rows_is_read_in_steps_on_demand() -> None:
    request = asked(timedelta(minutes=80), family=DISK, gauges=DISK.gauges[:1])
    assert plan(request, SCOPE, RETENTION).resolution == Resolution("raw", None)
    stepped = plan(request, SCOPE, RETENTION, in_steps=True)
    assert (stepped.resolution, stepped.end) == (Resolution("raw", 10), NOW)
    explicit = dataclasses.replace(request, step_seconds=60)
    assert plan(explicit, SCOPE, RETENTION, in_steps=True) == plan(explicit, SCOPE, RETENTION)


def test_hosts_are_names_and_patterns() -> None:
    selection = plan(asked(DAY), SCOPE, RETENTION)
    assert (selection.names, selection.likes) == (("db",), ("web-%",))


def test_a_churning_family_has_raw_rows_of_a_day_and_nothing_else() -> None:
    oldest = RETENTION.oldest(PROCESS, NOW)
    assert oldest == {"raw": NOW - DAY}
    selection = plan(asked(30 * DAY, family=PROCESS, gauges=PROCESS.gauges), SCOPE, RETENTION)
    assert selection.resolution.level == "raw"


def test_rollups_that_were_dropped_before_their_retention_was_raised_do_not_count() -> None:
    raised = dataclasses.replace(RETENTION, dropped_before={"1m": NOW - 8 * DAY})
    assert plan(asked(8 * DAY, 60), SCOPE, raised).resolution.level == "1m"
    older = asked(DAY, range=Range(NOW - 20 * DAY, NOW - 20 * DAY + timedelta(hours=3)))
    assert plan(older, SCOPE, RETENTION).resolution.level == "1m"
    assert plan(older, SCOPE, raised).resolution.level == "5m"


def test_raw_rows_that_were_dropped_before_do_not_count() -> None:
    dropped = dataclasses.replace(RETENTION, dropped_before={"raw": NOW - 2 * DAY})
    assert dropped.oldest(CPU, NOW)["raw"] == NOW - 2 * DAY
    assert plan(asked(3 * DAY, 60), SCOPE, dropped).resolution.level == "1m"
    longer = dataclasses.replace(RETENTION, dropped_before={"raw": NOW - 20 * DAY})
    assert longer.oldest(CPU, NOW)["raw"] == NOW - 7 * DAY


@pytest.mark.parametrize(
    ("start", "step_seconds", "refused"),
    [
        (timedelta(seconds=9_999), 1, False),
        (timedelta(seconds=10_001), 1, True),
        (10 * DAY, 60, True),
        (timedelta(minutes=5), None, False),
    ],
)
def test_an_axis_is_bounded(start: timedelta, step_seconds: int | None, refused: bool) -> None:
    selection = plan(asked(start, step_seconds), SCOPE, RETENTION)
    if refused:
        with pytest.raises(TooMuchError, match=r"more than 10,000 points of time; ask for a shorter range"):
            require_few_points(selection)
    else:
        require_few_points(selection)


@pytest.mark.parametrize(
    ("start", "step_seconds", "seconds"),
    [(timedelta(minutes=5), None, 0), (DAY, 2, 1), (DAY, 15, 7.5), (DAY, 20, 10), (DAY, 3_600, 10)],
)
def test_an_answer_is_kept_for_half_a_step_and_at_most_ten_seconds(
    start: timedelta, step_seconds: int | None, seconds: float
) -> None:
    assert cached_seconds(plan(asked(start, step_seconds), SCOPE, RETENTION)) == seconds


def key(request: Asked, scope: Scope = SCOPE, form: str = "application/json") -> object:
    return cache_key(plan(request, scope, RETENTION), scope, form)


def test_the_key_is_the_same_within_a_step_and_differs_with_all_that_counts() -> None:
    first = asked(DAY, 300, labels={})
    later = dataclasses.replace(
        first, range=Range(NOW + timedelta(seconds=9) - DAY, NOW + timedelta(seconds=9)), now=NOW + timedelta(seconds=9)
    )
    assert key(first) == key(later)
    others = [
        key(first, Scope("lee")),
        key(first, form="application/msgpack"),
        key(asked(DAY, 600)),
        key(asked(2 * DAY, 300)),
        key(asked(DAY, 300, gauges=CPU.gauges[:2])),
        key(asked(DAY, 300, hosts=("web-1",))),
        key(asked(DAY, 300, hosts=("web-?",))),
        key(asked(DAY, 300, aggregate="max")),
        key(asked(DAY, 300, labels={"interface": ("eth0",)})),
    ]
    assert len({key(first), *others}) == len(others) + 1
