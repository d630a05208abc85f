"""What is wrong with a rule, told to whoever wrote it: one sentence for each problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.alerts.condition import clear_of, is_above
from shared.alerts.rule import BACKTEST, BUS_SILENT, HORIZON_SECONDS_MAX, RULE_NAME, RULE_VERSION, Kind, Rule
from shared.families import FAMILIES
from shared.family import Column, Family
from shared.wire.limits import REAL_MAX

_ANY = REAL_MAX
LOOKS_BACK: frozenset[Kind] = frozenset({"rate", "forecast", "deviation"})
WINDOW_INTERVALS_MIN = 10
"""A window of fewer intervals holds too few values to tell a trend from noise."""

SIGNED_UNITS = frozenset({"celsius"})
"""Units whose gauges may be below 0; all others are counts of something, or shares."""

ONLY_FOR: dict[str, tuple[Kind, ...]] = {
    "family": ("threshold", "rate", "forecast", "deviation"),
    "column": ("threshold", "rate", "forecast", "deviation"),
    "window_seconds": ("rate", "forecast", "deviation"),
    "target": ("forecast",),
    "spread_min": ("deviation",),
    "intervals_min": ("absence",),
}
"""Field → the kinds that have it; all of these need it but `spread_min`, which has a default."""


def check_rule(rule: Rule, families: Mapping[str, Family] = FAMILIES) -> list[str]:
    """Return every problem of a rule, as sentences that say what was expected, what came, and what to do."""
    problems = [*_name(rule), *_fields_of_the_kind(rule)]
    column = None
    if rule.kind != "absence":
        family = families.get(rule.family or "")
        if rule.family is not None and family is None:
            problems.append(f"family: expected one of {', '.join(families)}, got {rule.family!r}; choose one of these")
        if family is not None:
            column = next((each for each in family.columns if each.name == rule.column), None)
            problems += [*_column(rule, family, column), *_labels(rule, family), *_rhythm(rule, family)]
    else:
        problems += [f"{field}: expected none in a rule of absence; leave it out" for field in _beside_absence(rule)]
    problems += _levels(rule, column, "")
    for number, override in enumerate(rule.overrides, 1):
        problems += _levels(rule.overridden(override), column, f"overrides, number {number}: ")
    return list(dict.fromkeys(problems))


def _name(rule: Rule) -> Iterator[str]:
    if rule.v != RULE_VERSION:
        yield f"v: expected {RULE_VERSION}, got {rule.v}; leave it out"
    if re.fullmatch(RULE_NAME, rule.name) is None:
        yield (
            f"name: expected lower case letters, digits, '_' and '-', the first a letter or a digit, "
            f"got {rule.name!r}; rename the rule"
        )
    if rule.name == BUS_SILENT:
        yield f"name: {BUS_SILENT!r} is the alert of the bus itself; rename the rule"
    if rule.name == BACKTEST:
        yield f"name: {BACKTEST!r} is where drafts of rules are tried; rename the rule"


def _fields_of_the_kind(rule: Rule) -> Iterator[str]:
    for field, kinds in ONLY_FOR.items():
        said = getattr(rule, field) is not None
        if said and rule.kind not in kinds:
            yield f"{field}: a rule of kind {rule.kind} has none; leave it out, or make it one of {', '.join(kinds)}"
        elif not said and rule.kind in kinds and field != "spread_min":
            yield f"{field}: a rule of kind {rule.kind} needs one; name it"


def _beside_absence(rule: Rule) -> Iterator[str]:
    if rule.comparison != "above":
        yield "comparison"
    if rule.aggregate is not None:
        yield "aggregate"
    if rule.labels:
        yield "labels"


def _column(rule: Rule, family: Family, column: Column | None) -> Iterator[str]:
    if rule.column is not None and (column is None or column.kind != "gauge"):
        gauges = ", ".join(gauge.name for gauge in family.gauges)
        came = f"the label {rule.column!r}" if column is not None else repr(rule.column)
        yield f"column: expected a gauge of {family.name}, one of {gauges}; got {came}; choose one of these"


def _labels(rule: Rule, family: Family) -> Iterator[str]:
    known = [label.name for label in family.labels]
    for name in rule.labels:
        if name not in known:
            there = f"one of {', '.join(known)}" if known else f"none, as {family.name} has one row per host"
            yield f"labels: expected {there}; got {name!r}; leave it out"
    if rule.aggregate is not None and not known:
        yield f"aggregate: {family.name} has one row per host and nothing to add up; leave it out"


def _rhythm(rule: Rule, family: Family) -> Iterator[str]:
    if rule.kind not in LOOKS_BACK:
        return
    least = WINDOW_INTERVALS_MIN * family.interval_seconds
    if rule.window_seconds is not None and rule.window_seconds < least:
        yield (
            f"window_seconds: expected at least {least}, {WINDOW_INTERVALS_MIN} intervals of {family.name}, "
            f"got {rule.window_seconds:g}; raise it"
        )
    if family.churning and rule.aggregate is None:
        yield (
            f"aggregate: series of {family.name} live too short for kind {rule.kind}; "
            "name one of max, min, avg, sum, or make it a threshold"
        )


def _levels(rule: Rule, column: Column | None, where: str) -> Iterator[str]:
    levels = {"warning": rule.warning, "critical": rule.critical}
    named = {name: level for name, level in levels.items() if level is not None}
    if not named:
        yield f"{where}warning, critical: expected at least one level, got none; name one"
        return
    above = is_above(rule)
    more, less = ("more", "less") if above else ("less", "more")
    if rule.warning is not None and rule.critical is not None:
        lesser, greater = (rule.warning, rule.critical) if above else (rule.critical, rule.warning)
        if not lesser < greater:
            yield (
                f"{where}critical: expected {more} than warning, {rule.warning:g}, got {rule.critical:g}; "
                "exchange them or leave one out"
            )
    low, high = _range(rule, column)
    for name, level in named.items():
        if not low <= level <= high:
            yield f"{where}{name}: expected {low:g} to {high:g}, got {level:g}; choose a level within"
    yield from _way_back(rule, named, (low, high), where, less)


def _way_back(
    rule: Rule, named: Mapping[str, float], between: tuple[float, float], where: str, less: str
) -> Iterator[str]:
    clear = clear_of(rule)
    if clear < 0:
        yield f"{where}clear: expected 0 or more, got {clear:g}; it says how far back a value must come"
        return
    low, high = between
    for name, level in named.items():
        room, back = (level - low, level - clear) if is_above(rule) else (high - level, level + clear)
        is_stuck = back <= low if is_above(rule) else back >= high
        if is_stuck and low <= level <= high:
            never = f"an alert at {level:g} would end at {less} than {back:g}, which is never"
            yield (
                f"{where}{name}: {never}; set clear to less than {room:g} or choose another level"
                if room > 0
                else f"{where}{name}: every value reaches {level:g}, so {never}; choose another level"
            )


def _range(rule: Rule, column: Column | None) -> tuple[float, float]:
    """Return the least and the greatest number that the rule can come to look at."""
    if rule.kind == "forecast":
        return 0.0, HORIZON_SECONDS_MAX
    if rule.kind == "absence":
        return 0.0, _ANY
    if rule.kind in ("rate", "deviation") or column is None or column.unit in SIGNED_UNITS:
        return -_ANY, _ANY
    is_share = column.unit == "percent" and rule.aggregate != "sum"
    return 0.0, 100.0 if is_share else _ANY
