"""What a rule asks of one host's values: levels, hold and way back, with overrides and defaults filled in."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from shared.alerts.rule import Rule
from shared.family import unit_of

CLEAR_PERCENT = 5.0
CLEAR_DEVIATIONS = 1.0
CLEAR_FORECAST_SHARE = 0.1


class Condition(msgspec.Struct, frozen=True):
    """When a value has reached a level, and when it has left it again."""

    above: bool
    warning: float | None
    critical: float | None
    hold: timedelta
    clear: float

    def reaches(self, level: float | None, value: float) -> bool:
        """Return whether value is at the level or beyond."""
        if level is None:
            return False
        return value >= level if self.above else value <= level

    def stays(self, level: float | None, value: float) -> bool:
        """Return whether value has not come back from the level by more than `clear`."""
        if level is None:
            return False
        return value >= level - self.clear if self.above else value <= level + self.clear


def condition_of(rule: Rule, host: str, interval_seconds: float = 0.0) -> Condition:
    """Return what a rule asks of a host; an absence counts at least so many of the host's intervals."""
    here = rule.at(host)
    least = (here.intervals_min or 0.0) * interval_seconds
    raised = here.kind == "absence"
    return Condition(
        above=is_above(here),
        warning=max(here.warning, least) if raised and here.warning is not None else here.warning,
        critical=max(here.critical, least) if raised and here.critical is not None else here.critical,
        hold=timedelta(seconds=here.for_seconds),
        clear=clear_of(here),
    )


def is_above(rule: Rule) -> bool:
    """Return whether more is worse: of a forecast's seconds fewer are, wherever its column goes."""
    return rule.kind == "absence" or (rule.kind != "forecast" and rule.comparison == "above")


def clear_of(rule: Rule) -> float:
    """Return how far a value must come back from its level, in what the levels are measured in."""
    if rule.clear is not None:
        return rule.clear
    if rule.kind == "forecast":
        return CLEAR_FORECAST_SHARE * max(level for level in (rule.warning, rule.critical, 0.0) if level is not None)
    if rule.kind == "deviation":
        return CLEAR_DEVIATIONS
    is_percent = rule.kind == "threshold" and unit_of(rule.column or "") == "percent"
    return CLEAR_PERCENT if is_percent else 0.0
