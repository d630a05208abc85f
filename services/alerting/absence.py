"""Which hosts are silent, and whether the bus itself is, judged by when the broker received what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.alerts.unheard import EVIDENCE_SHARE
from shared.reconnect import RETURN_S_MAX

OVERDUE_INTERVALS = 2
"""A host that has said nothing for so many intervals is overdue; it is silent only much later."""

OVERDUE_S_MIN = 2.0
ASKED_S_MAX = 5.0
"""Who is silent is asked each second. After a longer time nobody knows what passed: alerting was held up, or the
broker's clock set forward."""

RETURN_MAX = timedelta(seconds=RETURN_S_MAX)
"""For so long after a break a host may still be on its way back, however small its grace is: the longer the bus was
away, the more seldom collectors try to reach it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When the broker received a host's newest live sample set, and the shortest interval of its families."""

    arrival: datetime
    interval_s: float


@dataclass(frozen=True, slots=True)
class Listening:
    """Since when alerting hears what hosts say; None while it is not connected or not caught up.

    `begun` is when that began. `since` moves on whenever the bus is quiet: whoever has not spoken since then may still
    be on the way back. `asked` is when it was asked last who is silent.
    """

    begun: datetime | None = None
    since: datetime | None = None
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """For how long nothing came: from each host of which that can be told, and from all together.

    `bus_silent_s` is None while nothing can be told, and 0 while somebody speaks. A host that is missing in
    `host_silent_s`, and a bus of which nothing can be told, is judged neither way: its alert stays as it is.
    """

    listening: Listening
    bus_silent_s: float | None = None
    host_silent_s: Mapping[str, float] = field(default_factory=dict)


def absence(
    heard: Mapping[str, Heard],
    listening: Listening,
    grace_s: Callable[[str, float], float],
    now: datetime,
) -> Absence:
    """Return who is silent at `now`, by the broker's clock; `grace_s(host, interval_s)` is how long a host may be.

    A host is told to be silent only when
    - alerting listens without a break and is caught up, and was asked a few seconds ago;
    - it was heard since then, or its whole grace and the longest way back have passed since then: after a start, or a
      pause of the bus, hosts need time to come back;
    - somebody was heard when half of that grace had passed already: a bus that brings nothing makes no host silent.
    Where nothing comes from anybody, and more than half of those who were in time until then are past their grace, the
    bus is silent. A single host can never be told from its bus. Hosts say no goodbye: one that was removed is forgotten
    by leaving it out of `heard`.
    """
    listening = _asked(listening, now)
    if listening.begun is None or listening.since is None or not heard:
        return Absence(listening)
    newest = max(each.arrival for each in heard.values())
    alive = {host: each for host, each in heard.items() if newest - each.arrival <= _overdue_after(each.interval_s)}
    if _is_quiet(alive, newest, now):
        silent = _bus_silent_s(alive, grace_s, listening.begun, now)
        return Absence(replace(listening, since=max(now, listening.since)), silent)
    silent_s = {}
    for host, each in heard.items():
        grace = timedelta(seconds=grace_s(host, each.interval_s))
        evidence = newest - max(each.arrival, listening.since)
        came_late = now - each.arrival < grace or evidence >= EVIDENCE_SHARE * grace
        was_heard = each.arrival >= listening.since or now - listening.since >= max(grace, RETURN_MAX)
        if came_late and was_heard:
            silent_s[host] = max(0.0, (now - each.arrival).total_seconds())
    return Absence(listening, 0.0, silent_s)


def started(listening: Listening, is_connected: bool, is_caught_up: bool, now: datetime) -> Listening:
    """Return since when alerting listens: from `now` on where it was not connected or caught up before."""
    if not (is_connected and is_caught_up):
        return Listening()
    return listening if listening.begun is not None else Listening(now, now)


def _asked(listening: Listening, now: datetime) -> Listening:
    """Return since when alerting listens as it is asked at `now`; from now on where too long passed since it was."""
    if listening.begun is None:
        return listening
    if listening.asked is not None and now - listening.asked > timedelta(seconds=ASKED_S_MAX):
        return Listening(now, now, now)
    return replace(listening, asked=now)


def _is_quiet(alive: Mapping[str, Heard], newest: datetime, now: datetime) -> bool:
    """Return whether nobody speaks although more than half of those who spoke until the end are overdue."""
    if now - newest <= _overdue_after(min(each.interval_s for each in alive.values())):
        return False
    overdue = [each for each in alive.values() if now - each.arrival > _overdue_after(each.interval_s)]
    return len(overdue) * 2 > len(alive)


def _overdue_after(interval_s: float) -> timedelta:
    return timedelta(seconds=OVERDUE_INTERVALS * interval_s + OVERDUE_S_MIN)


def _bus_silent_s(
    alive: Mapping[str, Heard], grace_s: Callable[[str, float], float], begun: datetime, now: datetime
) -> float | None:
    """Return for how long the bus has been silent; None until more than half of the hosts are past their grace.

    Of those that were not heard since alerting listens, it and their way back must have passed since then: before,
    there was nobody to hear them.
    """
    over = []
    for host, each in alive.items():
        grace = timedelta(seconds=grace_s(host, each.interval_s))
        is_over = now - each.arrival >= grace if each.arrival >= begun else now - begun >= max(grace, RETURN_MAX)
        if is_over:
            over.append((now - each.arrival).total_seconds())
    return min(over) if len(over) * 2 > len(alive) else None
