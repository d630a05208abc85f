"""A route: which channels are told of what, and what is wrong with one."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.alerts.rule import LEVELS, Channels, Globs, GlobsByName, Level
from shared.alerts.silence import WEEKDAYS, Weekday, zone_of

ROUTES_MAX = 100
HOURS = 24
Hour = Annotated[int, Meta(ge=0, le=HOURS)]


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Channels that are told of what matches all that the route names; `hours` (22, 6) are those of a night.

    `check_route` tells what is wrong with it.
    """

    channels: Channels
    levels: Annotated[tuple[Level, ...], Meta(max_length=len(LEVELS))] = LEVELS
    rules: Globs = ("*",)
    hosts: Globs = ("*",)
    tags: GlobsByName = {}
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=len(WEEKDAYS))] = WEEKDAYS
    hours: tuple[Hour, Hour] = (0, HOURS)
    """From and until which hour, by the clock of `zone`; a night belongs to the weekday on which the hour lies."""
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"


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
