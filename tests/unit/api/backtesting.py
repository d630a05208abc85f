"""What a host said, packed as the database gives it back, and what a back-test makes of it as words."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import nan
from typing import Any

from services.api.backtest.incidents import Incidents, compares_whole_numbers
from services.api.backtest.samples import Packing, Slice, microseconds, packing_of, slices_of
from services.api.backtest.schemas import BacktestIncident
from services.api.backtest.walk import HostWalk
from services.api.metrics.times import Range
from shared.alerts.condition import is_above
from shared.alerts.rule import Rule
from shared.alerts.series import label_names
from shared.families import FAMILIES
from shared.family import Family
from shared.select import ABSENT_INTEGER
from tests.unit.shared.alerts.timelines import START, at

Number = float | None
SPAN = Range(at(0), at(1_000_000))


@dataclass(frozen=True)
class Told:
    """What one source told of a family at a second: the value of each series, None where a row has none."""

    second: float
    values: Mapping[tuple[Any, ...], Number]
    source: str = "system"


def slices(packing: Packing, *tables: Sequence[Told]) -> list[Slice]:
    """Return what the back-test gets of these: of one table, or of the least and the most."""
    return slices_of(packing, *(packed(packing, table) for table in tables))


def packed(packing: Packing, table: Iterable[Told]) -> list[tuple[Any, ...]]:
    """Return rows as `select_series` makes them; a real has 24 bits of a number, as in a table."""
    series: dict[tuple[Any, ...], list[tuple[int, Number]]] = {}
    for told in table:
        for labels, value in told.values.items():
            series.setdefault((told.source, *labels), []).append((microseconds(at(told.second)), value))
    return [("a", *key, _times(pairs), _values(packing, pairs)) for key, pairs in series.items()]


def rule_packing(rule: Rule, is_raw: bool = True) -> tuple[Family, Packing]:
    """Return the family that a rule looks at, and how its rows come."""
    family = FAMILIES[rule.family or ""]
    (gauge,) = (gauge for gauge in family.gauges if gauge.name == rule.column)
    return family, packing_of(rule, family, "d" if gauge.sql_type == "real" else "q", is_raw)


def walk_of(rule: Rule, span: Range = SPAN, kept_max: int = 1_000, host: str = "a") -> HostWalk:
    """Return a walk that has begun nowhere."""
    is_whole = compares_whole_numbers(rule)
    incidents = Incidents(host, span, is_above(rule), label_names(rule), kept_max, is_whole=is_whole)
    return HostWalk(rule, host, FAMILIES[rule.family or ""], incidents)


def tried(
    rule: Rule, told: Sequence[Told], interval_s: float = 5.0, cuts: Iterable[int] = ()
) -> list[BacktestIncident]:
    """Return the incidents of samples that come so often, in slices that are cut before these places."""
    walk = walk_of(rule)
    _, packing = rule_packing(rule)
    bounds = [0, *sorted(set(cuts)), len(told)]
    for begin, end in pairwise(bounds):
        for part in slices(packing, told[begin:end]):
            walk.sampled(part, interval_s)
    return walk.incidents.finished()


def said(incidents: Iterable[BacktestIncident], start: datetime = START) -> str:
    """Return incidents as words: `5/15-30 W`: reached at 5, fired at 15, over at 30 after a warning at worst."""
    return ", ".join(_word(incident, start) for incident in incidents)


def _word(incident: BacktestIncident, start: datetime) -> str:
    since, fired = ((time - start).total_seconds() for time in (incident.since, incident.fired_at))
    until = "" if incident.until is None else f"{(incident.until - start).total_seconds():g}"
    labels = "".join(f" {value}" for value in incident.labels.values())
    reason = f" {incident.reason}" if incident.reason else ""
    return f"{since:g}/{fired:g}-{until} {incident.level[0].upper()}{labels}{reason}"


def _times(pairs: Sequence[tuple[int, Number]]) -> bytes:
    return struct.pack(f">{len(pairs)}q", *(time for time, _ in pairs))


def _values(packing: Packing, pairs: Sequence[tuple[int, Number]]) -> bytes:
    if packing.kind == "q":
        return struct.pack(f">{len(pairs)}q", *(ABSENT_INTEGER if value is None else int(value) for _, value in pairs))
    stored = [nan if value is None else struct.unpack("f", struct.pack("f", value))[0] for _, value in pairs]
    return struct.pack(f">{len(pairs)}d", *stored)
