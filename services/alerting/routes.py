"""Which channels are told: those of the rule, or of all routes that match level, rule, host, tags and hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from shared.alerts.rule import LEVELS, Channels, Globs, GlobsByName, Level, Rule, globs
from shared.alerts.silence import WEEKDAYS, Weekday, zone_of

ROUTES_MAX = 100
HOURS = 24
Hour = Annotated[int, Meta(ge=0, le=HOURS)]


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Channels that are told of what matches all that the route names; `hours` (22, 6) are those of a night.

    `check_route` tells what is wrong with it.
    """

    channels: Channels
    levels: tuple[Level, ...] = LEVELS
    rules: Globs = ("*",)
    hosts: Globs = ("*",)
    tags: GlobsByName = {}
    weekdays: tuple[Weekday, ...] = WEEKDAYS
    hours: tuple[Hour, Hour] = (0, HOURS)
    """From and until which hour, by the clock of `zone`; a night belongs to the weekday on which the hour lies."""
    zone: str = "UTC"


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


def check_route(route: Route) -> list[str]:
    """Return every problem of a route, as sentences that say what was expected, what came, and what to do."""
    problems = []
    if not route.channels:
        problems.append("channels: expected at least one name, got none; name one")
    for field in ("levels", "weekdays"):
        if not getattr(route, field):
            problems.append(f"{field}: expected at least one, got none; leave them out for all")
    if route.hours[0] == HOURS:
        problems.append(f"hours: expected a beginning of 0 to {HOURS - 1}, got {HOURS}; midnight is 0")
    if route.hours[0] == route.hours[1]:
        problems.append(f"hours: expected two different hours, got {route.hours[0]} twice; leave them out for all day")
    if zone_of(route.zone) is None:
        problems.append(f"zone: expected a name such as Asia/Seoul or UTC, got {route.zone!r}; choose one")
    return problems


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
