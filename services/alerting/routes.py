"""Which channels are told: those of the rule, or of all routes that match level, rule, host, tags and hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.alerts.route import Route
from shared.alerts.rule import Level, Rule, globs
from shared.alerts.silence import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody is told of: a rule, on a host with its tags, at a level."""

    rule: Rule
    host: str
    tags: Mapping[str, str]
    level: Level


def channels_of(routes: Iterable[Route], what: Told, now: datetime) -> tuple[str, ...]:
    """Return the names of the channels to tell, each once; those that the rule names for the level come alone."""
    named = what.rule.channels.get(what.level)
    if named:
        return tuple(dict.fromkeys(named))
    return tuple(dict.fromkeys(name for route in routes if _matches(route, what, now) for name in route.channels))


def _matches(route: Route, what: Told, now: datetime) -> bool:
    return (
        what.level in route.levels
        and globs(route.rules)(what.rule.name)
        and globs(route.hosts)(what.host)
        and all(tag in what.tags and globs(wanted)(what.tags[tag]) for tag, wanted in route.tags.items())
        and _is_open(route, now)
    )


def _is_open(route: Route, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(route.zone))
    first, last = route.hours
    is_within = first <= local.hour < last if first < last else local.hour >= first or local.hour < last
    return is_within and WEEKDAYS[local.weekday()] in route.weekdays
