"""Packed columns of the database become the values of each series, in the order of time; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import sub
from typing import Any

from services.api.metrics.points import rounded, unpacked
from shared.alerts.check import LOOKS_BACK
from shared.alerts.rule import Rule
from shared.alerts.series import Labels, Selection
from shared.family import Column, Family
from shared.select import ABSENT_INTEGER, Kind

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""What times of the database, which are microseconds, count from."""
SECOND = 1_000_000
DISTANCES_MIN = 3
"""Fewer samples tell no interval."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of one series within a slice of time, the oldest first; where it has no value it is not there.

    Of samples as they came `least` and `most` are the same list; of buckets these are two.
    """

    labels: tuple[Any, ...]
    times: list[int]
    least: list[float]
    most: list[float]


@dataclass(frozen=True, slots=True)
class Slice:
    """What one source told of a family within a slice of time: when, and the series in it."""

    source: str
    instants: list[int]
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Packing:
    """How rows of a statement stand for series: host, source, labels, then times and one gauge."""

    gauge: Column
    kind: Kind
    labels_count: int
    rounds: bool = False
    """Whether numbers are given the digits that were sent; a `real` has more than these."""

    def values(self, packed: bytes) -> list[float]:
        """Return the numbers of a column, NaN or ABSENT_INTEGER where there is none."""
        values: list[float] = unpacked(packed, self.kind)
        return rounded(values) if self.rounds else values

    def is_absent(self, value: float) -> bool:
        """Return whether this stands for no value."""
        return value == ABSENT_INTEGER if self.kind == "q" else value != value


def packing_of(rule: Rule, family: Family, kind: Kind, is_raw: bool) -> Packing:
    """Return how rows of the family that a rule looks at are packed.

    Where single values count, those that matter are given their digits when they are judged.
    """
    (gauge,) = (gauge for gauge in family.gauges if gauge.name == rule.column)
    looks_at_all = rule.aggregate is not None or (rule.kind in LOOKS_BACK and is_raw)
    return Packing(gauge, kind, len(family.labels), rounds=gauge.sql_type == "real" and looks_at_all)


def slices_of(packing: Packing, least: Sequence[Any], most: Sequence[Any] | None = None) -> list[Slice]:
    """Return what each source told, from rows with one value an instant, or with two: the least and the most."""
    found: dict[str, tuple[set[bytes], list[Run]]] = {}
    series_end = 2 + packing.labels_count
    others = {tuple(row[1:series_end]): row for row in most or ()}
    for row in least:
        times, runs = found.setdefault(row[1], (set(), []))
        times.add(row[series_end])
        run = _run(packing, row, others[tuple(row[1:series_end])] if most is not None else None)
        if run.times:
            runs.append(run)
    return [Slice(source, _instants(times), runs) for source, (times, runs) in found.items()]


def rows_count(rows: Sequence[Any], labels_count: int) -> int:
    """Return how many stored rows the packed ones stand for."""
    return sum(len(row[2 + labels_count]) for row in rows) // 8


def interval_s_of(instants: Sequence[int], default_s: float) -> float:
    """Return how often a source tells of a family: the distance between its instants that is met most often.

    What interval a sample set named is not stored. A collector reads at whole multiples of it, so where some are
    missing the most are still that far apart.
    """
    if len(instants) <= DISTANCES_MIN:
        return default_s
    distances = Counter(map(sub, instants[1:], instants))
    del distances[0]
    most = max(distances.values(), default=0)
    if most == 0:
        return default_s
    return float(min(distance for distance, count in distances.items() if count == most) / SECOND)


def together(selection: Selection, runs: Iterable[Run]) -> Run:
    """Return the one series that an aggregate makes of these, instant by instant."""
    kept = list(runs)
    times, least = _whole(selection, [(run.times, run.least) for run in kept])
    if all(run.least is run.most for run in kept):
        return Run((), times, least, least)
    return Run((), times, least, _whole(selection, [(run.times, run.most) for run in kept])[1])


def instant(time: int) -> datetime:
    """Return the instant of a time of the database."""
    return EPOCH + timedelta(microseconds=time)


def microseconds(time: datetime) -> int:
    """Return an instant as the database counts it."""
    return (time - EPOCH) // timedelta(microseconds=1)


def labels_of(selection: Selection, run: Run) -> Labels:
    """Return the labels of a run as the name of its series."""
    return () if selection.aggregates else selection.labels_of(run.labels)


def _run(packing: Packing, row: Sequence[Any], other: Sequence[Any] | None) -> Run:
    at = 2 + packing.labels_count
    labels = tuple(row[2:at])
    times, least = _ordered(unpacked(row[at], "q"), packing.values(row[at + 1]))
    most = least if other is None else _ordered(unpacked(other[at], "q"), packing.values(other[at + 1]))[1]
    if packing.gauge.optional:
        there = [place for place, value in enumerate(least) if not packing.is_absent(value)]
        if len(there) < len(times):
            times, present = [times[place] for place in there], [least[place] for place in there]
            most = present if most is least else [most[place] for place in there]
            least = present
    return Run(labels, times, least, most)


def _ordered(times: list[int], values: list[float]) -> tuple[list[int], list[float]]:
    """Return both in the order of time; rows come in none, though mostly in that one."""
    if times == sorted(times):
        return times, values
    places = sorted(range(len(times)), key=times.__getitem__)
    return [times[place] for place in places], [values[place] for place in places]


def _instants(packed: Collection[bytes]) -> list[int]:
    # Series of one source were read at the same instants, so mostly these are the same bytes.
    if len(packed) == 1:
        return sorted(unpacked(next(iter(packed)), "q"))
    return sorted(set().union(*(unpacked(times, "q") for times in packed)))


def _whole(selection: Selection, runs: Iterable[tuple[list[int], list[float]]]) -> tuple[list[int], list[float]]:
    gathered: dict[int, list[float]] = {}
    for times, values in runs:
        for time, value in zip(times, values, strict=True):
            gathered.setdefault(time, []).append(value)
    order = sorted(gathered)
    return order, [selection.whole(gathered[time]) for time in order]
