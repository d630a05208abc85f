"""A back-test of the samples that an evaluator heard tells what the evaluator told, whatever the rule and the gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.change import Change
from services.api.backtest.plan import Stretch
from services.api.backtest.schemas import BacktestIncident
from services.api.backtest.skipping import Reach, may_skip, wanted
from shared.alerts.condition import is_above
from shared.alerts.rule import Rule
from shared.alerts.series import Selection
from shared.alerts.state import RANK
from shared.families import FAMILIES
from shared.wire.decode import FamilyRows
from shared.wire.encode import round_real
from tests.unit.alerting.evaluating import Story, table
from tests.unit.api.backtesting import Told, rule_packing, slices, tried, walk_of
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

INTERVAL_S = 5.0
DISK: dict[str, Any] = {"family": "disk", "column": "used_percent"}
HELD: dict[str, Any] = {"for_seconds": 20}
OVERRIDE = {"hosts": ["a"], "warning": 40, "critical": 60, "for_seconds": 5}

RULES = (
    rule(name="cpu", warning=80, critical=90),
    rule(name="held", warning=80, critical=90, **HELD),
    rule(name="only", warning=..., critical=90.1, clear=0, for_seconds=10),
    rule(name="low", comparison="below", warning=30, critical=20, for_seconds=10),
    rule(name="zero", comparison="below", warning=0, critical=..., clear=3),
    rule(name="mine", warning=95, critical=99, overrides=[OVERRIDE]),
    rule(name="disk", **DISK, warning=80, critical=90),
    rule(name="disk_held", **DISK, warning=80, critical=90, **HELD),
    rule(name="some", **DISK, warning=80, critical=90, labels={"mount": ["/x", "/z*"]}),
    rule(name="max", **DISK, aggregate="max", warning=80, critical=90, **HELD),
    rule(name="min", **DISK, aggregate="min", warning=70, critical=...),
    rule(name="avg", **DISK, aggregate="avg", warning=60.1, critical=80, labels={"mount": ["/x", "/y"]}),
    rule(name="sum", **DISK, aggregate="sum", warning=150, critical=220, clear=20),
    rule(name="inodes", family="disk", column="inodes_used_percent", warning=80, critical=90, for_seconds=10),
    rule(name="files", family="disk", column="inodes_used_count", warning=80, critical=90, comparison="above"),
    rule("rate", name="rate", **(DISK | {"column": "used_bytes"}), warning=0.2, critical=0.6, window_seconds=100),
    rule("rate", name="whole", **(DISK | {"column": "used_bytes"}), aggregate="sum", warning=0.2, window_seconds=100,
         for_seconds=15),
    rule("forecast", name="soon", **DISK, warning=600, critical=60, window_seconds=100),
    rule("deviation", name="odd", **DISK, warning=2, critical=4, window_seconds=200, for_seconds=5),
    rule("deviation", name="busy", warning=2, critical=4, column="total_percent", window_seconds=120),
)  # fmt: skip
PERCENT = (0.0, 10.0, 19.9, 28.0, 34.0, 50.0, 60.1, 74.9, 75.0, 76.0, 80.0, 82.0, 84.9, 87.0, 90.0, 90.1, 95.0, 100.0)


@dataclass(frozen=True)
class Tick:
    """What a source says at one tick: the processor, and file systems with the share of their inodes."""

    after: int
    source: str
    percent: float | None
    disks: tuple[tuple[str, float, float | None], ...]


ticks = st.builds(
    Tick,
    after=st.sampled_from([1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 9]),
    source=st.sampled_from(["system"] * 5 + ["other"]),
    percent=st.sampled_from((*PERCENT, None)),
    disks=st.dictionaries(
        st.sampled_from(["/x", "/y", "/z1"]),
        st.tuples(st.sampled_from(PERCENT), st.sampled_from((*PERCENT, None))),
        max_size=3,
    ).map(lambda found: tuple((mount, *values) for mount, values in found.items())),
)


def calm(stream: list[Tick]) -> list[Tick]:
    """Return the same with each value three times in a row: holds are filled more often."""
    return [
        Tick(1 if again else tick.after, tick.source, tick.percent, tick.disks) for tick in stream for again in range(3)
    ]


def families(tick: Tick) -> dict[str, FamilyRows]:
    """Return what is sent; a family without a row leaves nothing behind, so it is not sent."""
    found: dict[str, FamilyRows] = {}
    if tick.percent is not None:
        found["cpu"] = table("cpu", [{"total_percent": tick.percent}], INTERVAL_S)
    if tick.disks:
        found["disk"] = table("disk", [row(*each) for each in tick.disks], INTERVAL_S)
    return found


def row(mount: str, used: float, inodes: float | None) -> dict[str, Any]:
    count = None if inodes is None else int(inodes)
    return {"mount": mount, "device": "d", "used_percent": used, "used_bytes": int(used), "inodes_used_percent": inodes,
            "inodes_used_count": count}  # fmt: skip


def evaluated(stream: list[Tick]) -> list[Change]:
    story, second = Story(list(RULES)), 0.0
    for tick in stream:
        second += INTERVAL_S * tick.after
        story.say(second, families(tick), source=tick.source)
    return story.changes


def stored(judge: Rule, stream: list[Tick]) -> list[Told]:
    """Return the rows of the rule's family, with the column that it looks at."""
    found, second = [], 0.0
    for tick in stream:
        second += INTERVAL_S * tick.after
        if judge.family == "cpu":
            values: dict[tuple[Any, ...], float | None] = {} if tick.percent is None else {(): tick.percent}
        else:
            values = {(each[0], "d"): row(*each)[judge.column or ""] for each in tick.disks}
        if values:
            found.append(Told(second, values, tick.source))
    return found


def incidents_of(changes: Iterable[Change], name: str) -> list[tuple[Any, ...]]:
    """Return the incidents in what an evaluator told of a rule."""
    firing: dict[str, list[Any]] = {}
    found = []
    for change in changes:
        told = change.told
        if told is None or not change.key.startswith(f"{name}."):
            continue
        series = change.key.split(".")[2]
        if not told.is_firing:
            since, fired, level, value = firing.pop(series)
            found.append((series, level, since, fired, told.time, value, told.reason))
        elif series not in firing:
            firing[series] = [told.since, told.time, told.level, round_real(change.value or 0.0)]
        elif RANK[told.level] > RANK[firing[series][2]]:
            firing[series][2] = told.level
    found += [(series, level, *times, None, value, None) for series, (*times, level, value) in firing.items()]
    return sorted(found, key=lambda each: (each[2], each[0]))


def as_tuple(incident: BacktestIncident) -> tuple[Any, ...]:
    return (
        incident.series, incident.level, incident.since, incident.fired_at, incident.until, incident.value,
        incident.reason,
    )  # fmt: skip


@settings(max_examples=40, deadline=timedelta(seconds=20))
@given(st.lists(ticks, min_size=1, max_size=70), st.booleans(), st.lists(st.integers(1, 200), max_size=5))
def test_it_tells_what_an_evaluator_told(stream: list[Tick], is_calm: bool, cuts: list[int]) -> None:
    heard = calm(stream[:40]) if is_calm else stream
    changes = evaluated(heard)
    for judge in RULES:
        told = stored(judge, heard)
        found = tried(judge, told, INTERVAL_S, [cut for cut in cuts if cut < len(told)])
        assert [as_tuple(each) for each in found] == incidents_of(changes, judge.name), judge.name


def skipping(judge: Rule, told: list[Told]) -> list[BacktestIncident]:
    """Return the incidents where only those minutes are read in which a sample may count, and while one is active."""
    walk = walk_of(judge)
    _, packing = rule_packing(judge)
    looked_at = Selection(judge)
    above = is_above(judge)
    minutes = {
        int(each.second // 60) for each in told for labels, value in each.values.items()
        if value is not None and looked_at.looks_at(labels) and (value >= walk.near if above else value <= walk.near)
    }  # fmt: skip
    whole = Stretch("raw", at(0), at(60 * (1 + max((int(each.second // 60) for each in told), default=0))))
    reached = [at(60 * minute) for minute in sorted(minutes)]
    for part in wanted(whole, reached, lambda: walk.is_active, Reach(timedelta(0), timedelta(seconds=20))):
        for piece in slices(packing, [each for each in told if part.start <= at(each.second) < part.end]):
            walk.sampled(piece, INTERVAL_S)
    return walk.incidents.finished()


@settings(max_examples=40, deadline=timedelta(seconds=20))
@given(st.lists(ticks, min_size=1, max_size=100), st.booleans())
def test_it_tells_the_same_where_most_is_passed_over(stream: list[Tick], is_calm: bool) -> None:
    heard = calm(stream[:60]) if is_calm else stream
    for judge in RULES:
        if may_skip(judge, FAMILIES[judge.family or ""]):
            told = stored(judge, heard)
            assert skipping(judge, told) == tried(judge, told, INTERVAL_S), judge.name


def test_of_a_calm_story_little_is_read() -> None:
    told = [Told(5.0 * tick, {(): 95.0 if 400 <= tick < 420 else 10.0}) for tick in range(1_000)]
    assert len(skipping(RULES[0], told)) == 1
    assert len({each.name for each in RULES if may_skip(each, FAMILIES[each.family or ""])}) >= 12


STORY = (
    [Tick(1, "system", 50.0, (("/x", 50.0, None), ("/y", 85.0, 95.0)))] * 3
    + [Tick(1, "system", 95.0, (("/x", 92.0, 10.0), ("/y", 85.0, 95.0)))] * 8
    + [Tick(1, "system", 85.0, (("/y", 70.0, None),))] * 8
    + [Tick(9, "system", 10.0, (("/y", 70.0, None), ("/x", 95.0, None)))] * 4
)


@pytest.mark.parametrize("judge", RULES, ids=lambda judge: str(judge.name))
def test_of_a_story_too_and_wherever_it_is_cut(judge: Rule) -> None:
    expected = incidents_of(evaluated(STORY), judge.name)
    told = stored(judge, STORY)
    for cut in range(len(told)):
        found = tried(judge, told, INTERVAL_S, [cut] if cut else [])
        assert [as_tuple(each) for each in found] == expected, cut


def test_the_story_has_incidents_of_most_rules() -> None:
    changes = evaluated(STORY)
    silent = [judge.name for judge in RULES if not incidents_of(changes, judge.name)]
    assert set(silent) <= {"zero", "low", "soon", "rate", "whole", "odd", "busy"}
