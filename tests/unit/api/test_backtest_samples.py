"""Packed columns as series: their order, numbers that are absent, the digits that were sent, aggregates."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.backtest.samples import EPOCH, SECOND, Run, instant, microseconds, rows_count, slices_of, together
from shared.alerts.series import Selection
from tests.unit.api.backtesting import Told, packed, rule_packing, slices
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

USED = {"family": "disk", "column": "used_percent"}
SHARE = rule(family="disk", column="inodes_used_percent")
COUNT = rule(family="disk", column="inodes_used_count")
X, Y = ("/x", "d"), ("/y", "d")


def seconds(times: list[int]) -> list[float]:
    return [(time - microseconds(at(0))) / SECOND for time in times]


def test_rows_come_in_any_order_and_series_are_in_that_of_time() -> None:
    _, packing = rule_packing(rule(**USED))
    (told,) = slices(packing, [Told(10, {X: 3.0, Y: 6.0}), Told(0, {X: 1.0}), Told(5, {X: 2.0, Y: 5.0})])
    assert seconds(told.instants) == [0, 5, 10]
    assert [(run.labels, seconds(run.times), run.least) for run in told.runs] == [
        (X, [0, 5, 10], [1, 2, 3]), (Y, [5, 10], [5, 6]),
    ]  # fmt: skip
    assert all(run.least is run.most for run in told.runs)


def test_sources_are_apart() -> None:
    _, packing = rule_packing(rule())
    found = slices(packing, [Told(0, {(): 1.0}), Told(0, {(): 2.0}, "other")])
    assert [(told.source, told.runs[0].least) for told in found] == [("system", [1]), ("other", [2])]


@pytest.mark.parametrize("judge", [SHARE, COUNT], ids=["real", "bigint"])
def test_an_absent_number_is_no_value_but_its_source_told(judge: Any) -> None:
    _, packing = rule_packing(judge)
    (told,) = slices(packing, [Told(0, {X: 1.0, Y: None}), Told(5, {X: None, Y: None}), Told(10, {X: 3.0, Y: None})])
    assert seconds(told.instants) == [0, 5, 10]
    assert [(run.labels, seconds(run.times), run.least) for run in told.runs] == [(X, [0, 10], [1, 3])]


def test_buckets_have_a_least_and_a_most() -> None:
    _, packing = rule_packing(SHARE, is_raw=False)
    least = [Told(0, {X: 1.0, Y: 4.0}), Told(60, {X: None, Y: 5.0})]
    most = [Told(60, {Y: 9.0, X: None}), Told(0, {Y: 8.0, X: 2.0})]
    (told,) = slices(packing, least, most)
    assert [(run.labels, seconds(run.times), run.least, run.most) for run in told.runs] == [
        (X, [0], [1], [2]), (Y, [0, 60], [4, 5], [8, 9]),
    ]  # fmt: skip


@pytest.mark.parametrize(("judge", "exact"), [(rule(**USED), False), (rule(**USED, aggregate="max"), True)])
def test_numbers_have_the_digits_that_were_sent_where_all_are_looked_at(judge: Any, exact: bool) -> None:
    _, packing = rule_packing(judge)
    (told,) = slices(packing, [Told(0, {X: 80.1})])
    assert (told.runs[0].least[0] == 80.1) is exact
    assert told.runs[0].least[0] == pytest.approx(80.1, rel=1e-7)


def test_an_aggregate_is_of_each_instant_by_itself() -> None:
    whole = Selection(rule(**USED, aggregate="sum"))
    first, second = Run(X, [0, 5], [1.0, 2.0], [3.0, 4.0]), Run(Y, [5, 9], [10.0, 20.0], [30.0, 40.0])
    assert together(whole, [first, second]) == Run((), [0, 5, 9], [1, 12, 20], [3, 34, 40])
    single = Run(X, [0], values := [1.0], values)
    found = together(whole, [single, single])
    assert found.least is found.most
    assert found.most == [2.0]


def test_rows_are_counted_by_their_times() -> None:
    _, packing = rule_packing(rule(**USED))
    rows = packed(packing, [Told(0, {X: 3.0, Y: 6.0}), Told(5, {X: 1.0})])
    assert (rows_count(rows, 2), rows_count([], 2)) == (3, 0)
    assert slices_of(packing, []) == []


def test_instants_are_as_exact_as_those_of_the_database() -> None:
    assert microseconds(instant(123_456_789)) == 123_456_789
    assert instant(0) == EPOCH
