"""The oracle itself, on five samples that a reader can add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from services.api.metrics.schemas import MetricRange, Series
from shared.families import FAMILIES
from tests.integration.storage.agreement import differences, is_right
from tests.integration.storage.generate import SERIES, deliveries, record
from tests.integration.storage.oracle import Aggregate, Expected, Right, stepped, stored_rows
from tests.integration.storage.samples import Cells, Run, Table, instant, microseconds, table_of
from tests.integration.storage.timeline import LATE_SHORT, Part, Size

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GAUGES = ("total_percent", "iowait_percent", "cores_count")
AFTER_S = [50, 55, 60, 119, 200]
TINY = Size(hosts_count=2, days=1, interval_s=300)


@pytest.fixture(scope="module")
def five() -> Table:
    """Samples 50, 55, 60, 119 and 200 s after noon: percent, percent or nothing, whole numbers."""
    present = np.ones(5, np.bool_)
    cells = {
        "total_percent": Cells(np.array([1.0, 2.0, 3.0, 7.0, 100.0]), present),
        "iowait_percent": Cells(np.array([9.0, 4.0, 9.0, 9.0, 5.0]), np.array([False, True, False, False, True])),
        "cores_count": Cells(np.array([2**60 + 1, 2**60 + 3, 4, 6, 8]), present),
    }
    cells |= {gauge.name: cells["total_percent"] for gauge in FAMILIES["cpu"].gauges if gauge.name not in cells}
    time = np.array([microseconds(at(seconds)) for seconds in AFTER_S])
    return table_of(FAMILIES["cpu"], [Run(FAMILIES["cpu"], ("web-1", "system"), time, cells)])


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


Shown = dict[str, list[float | None]]

STEPS: list[tuple[Aggregate, tuple[int, int], int, list[int], Shown]] = [
    ("avg", (0, 240), 60, [0, 60, 180], {"total_percent": [1.5, 5, 100], "iowait_percent": [4, None, 5]}),
    ("min", (0, 240), 60, [0, 60, 180], {"total_percent": [1, 3, 100], "cores_count": [2**60 + 1, 4, 8]}),
    ("max", (0, 240), 60, [0, 60, 180], {"total_percent": [2, 7, 100], "cores_count": [2**60 + 3, 6, 8]}),
    # A range that starts and ends inside buckets shows them whole.
    ("avg", (59, 61), 60, [0, 60], {"total_percent": [1.5, 5]}),
    ("avg", (59, 60), 60, [0], {"total_percent": [1.5]}),
    ("avg", (0, 3600), 3600, [0], {"total_percent": [22.6], "iowait_percent": [4.5]}),
    ("avg", (120, 180), 60, [], {}),
]


@pytest.mark.parametrize(("aggregate", "span", "step_s", "axis", "columns"), STEPS)
def test_steps(
    five: Table, aggregate: Aggregate, span: tuple[int, int], step_s: int, axis: list[int], columns: Shown
) -> None:
    found = stepped(five, list(columns), lambda key: True, (at(span[0]), at(span[1])), step_s, aggregate)
    assert found.time == [at(seconds) for seconds in axis]
    right = {name: [(cell,) for cell in cells] for name, cells in columns.items()}
    assert found.series == ({("web-1", "system"): right} if right else {})


def test_rows_within_a_range_and_an_instant_that_came_twice(five: Table) -> None:
    runs = [Run(five.family, ("web-1", "system"), five.time - shift, five.cells) for shift in (0, 5_000_000)]
    found = stored_rows(table_of(five.family, runs), GAUGES[:2], lambda key: True, at(50), at(60))
    assert found.time == [at(50), at(55)]
    right = {"total_percent": [(1.0, 2.0), (2.0, 3.0)], "iowait_percent": [(None, 4.0), (4.0, None)]}
    assert found.series == {("web-1", "system"): right}


def test_hosts_that_are_not_chosen_are_not_shown(five: Table) -> None:
    assert stored_rows(five, GAUGES, lambda key: key[0] == "web-2", at(0), at(240)) == Expected([], {})


ROUNDED = [
    # cell, right, averaged, whole, verdict
    (12.3457, (12.345678,), True, False, True),
    (12.3456, (12.345678,), True, False, False),
    (12.3457, (12.345678,), False, False, True),
    (12.3458, (12.345678,), False, False, False),
    (2**60 + 1, (2**60 + 1,), False, True, True),
    (2**60, (2**60 + 1,), False, True, False),
    (3, (2.5,), True, True, True),
    (2, (2.6,), True, True, False),
    (3.0, (3.0,), True, True, False),
    (None, (), True, False, True),
    (None, (None,), True, False, True),
    (None, (1.0, None), False, False, True),
    (0.0, (None,), True, False, False),
    (None, (1.0,), True, False, False),
    (0.0, (), True, False, False),
    (7.0, (6.0, 7.0), False, False, True),
]


@pytest.mark.parametrize(("cell", "right", "averaged", "whole", "verdict"), ROUNDED)
def test_what_counts_as_right(cell: float | None, right: Right, averaged: bool, whole: bool, verdict: bool) -> None:
    assert is_right(cell, right, averaged=averaged, whole=whole) is verdict


def test_a_wrong_answer_is_named(five: Table) -> None:
    span = (at(0), at(120))
    expected = stepped(five, ["total_percent"], lambda key: True, span, 60, "avg")

    def answer(times: list[datetime], cells: list[float | None]) -> list[str]:
        series = Series("web-1", "system", {}, {"total_percent": list(cells)})
        shown = MetricRange("cpu", *span, "1m", 60, "avg", NOON, times, [series])
        return differences(FAMILIES["cpu"], expected, shown, "avg")

    assert answer([at(0), at(60)], [1.5, 5.0]) == []
    assert len(answer([at(0), at(60)], [1.5, 5.1])) == 1
    assert len(answer([at(0)], [1.5])) == 1


def test_the_generator_repeats_itself_exactly_and_delivers_some_sample_sets_twice() -> None:
    first, second = (record(TINY, NOON) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert [run.rows() for run in one.runs] == [run.rows() for run in other.runs]
    batches = [list(deliveries(first, NOON, part)) for part in Part]
    keys = [delivery.key for part in batches for batch in part for delivery in batch]
    ticks = sum(len(recording.ticks) for recording in first)
    assert len(set(keys)) == ticks < len(keys)


def test_the_generator_writes_the_faults_that_the_suite_is_about() -> None:
    recordings = record(TINY, NOON)
    cpu = table_of(FAMILIES["cpu"], [run for recording in recordings for run in recording.runs])
    assert set(SERIES) == {run.family.name for recording in recordings for run in recording.runs}
    web = cpu.where(cpu.series == cpu.keys.index(("web-1", "system")))
    assert len(np.unique(web.time)) < len(web.time), "the clock that jumped names instants twice"
    present = cpu.cells["iowait_percent"].present
    assert 0.4 < present.mean() < 0.6
    late = [recording for recording in recordings if recording.stretch.part is Part.LATE]
    assert {recording.host for recording in late} == {"web-1", "db_1"}
    assert min(instant(int(recording.ticks[0])) for recording in late) < NOON - timedelta(seconds=LATE_SHORT.older_s)
