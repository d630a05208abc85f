"""Where one alert stands, and what of a change in it is told to others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from shared.alerts.rule import Level

Status = Literal["ok", "pending", "firing"]
Reason = Literal["series gone", "host silent", "rule changed", "rule removed"]
"""Why an alert ended, where it was no value that ended it."""

RANK: dict[Level | None, int] = {None: 0, "warning": 1, "critical": 2}
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
KEPT_AGE_MAX = timedelta(seconds=30)
"""How far the kept state of a hold may lie behind: so much has to be read again by whoever goes on from it."""


class State(msgspec.Struct, frozen=True, gc=False):
    """Where one alert (a rule on one series) stands; all times are times of samples.

    `since` is when this status and level began, `newest` the newest sample that counted. A level's own `…_since` is
    when it was reached without being left since; `incident_since` is that of the level an incident began with.
    """

    status: Status
    level: Level | None
    since: datetime
    newest: datetime
    warning_since: datetime | None = None
    critical_since: datetime | None = None
    incident_since: datetime | None = None


UNSEEN = State("ok", None, BEGINNING, BEGINNING)
"""A series of which no sample was seen yet."""


class Transition(NamedTuple):
    """One change that is told: an alert fires, changes its level, or is over.

    Of one that is over, `level` is what it had been. Ranges from `since` to `time` are how long it lasted.
    """

    status: Literal["firing", "ok"]
    level: Level
    since: datetime
    time: datetime
    reason: Reason | None = None

    @property
    def is_firing(self) -> bool:
        """Return whether somebody must look; else it is over."""
        return self.status == "firing"


def transition(before: State, after: State, reason: Reason | None = None) -> Transition | None:
    """Return what two states of one alert tell others; None for nothing, as when one only waits to fire."""
    if after.status == "firing" and after.level is not None and after.incident_since is not None:
        if (before.status, before.level, before.incident_since) == ("firing", after.level, after.incident_since):
            return None
        return Transition("firing", after.level, after.incident_since, after.since, reason)
    if before.status == "firing" and before.level is not None and before.incident_since is not None:
        return Transition("ok", before.level, before.incident_since, after.since, reason)
    return None


def is_worth_keeping(before: State, after: State) -> bool:
    """Return whether a later evaluator needs the newer state: all but `newest` counts.

    So the `newest` of a kept state lies behind, and whoever goes on from it as it stands takes what is between for a
    gap: a hold begins anew. First give `step` again all samples since the `newest` of the oldest kept hold;
    `is_kept_too_old` says when a hold must be kept again, so that these are few.
    """
    return before is not after and msgspec.structs.replace(before, newest=after.newest) != after


def is_holding(state: State) -> bool:
    """Return whether a hold runs: of an alert that waits to fire, or of critical while a warning fires."""
    return state.warning_since is not None or state.critical_since is not None


def is_kept_too_old(kept_newest: datetime, after: State) -> bool:
    """Return whether a state must be kept again although only `newest` changed; `kept_newest` is that of the kept one.

    Without a hold nothing depends on how old it is.
    """
    return is_holding(after) and after.newest - kept_newest >= KEPT_AGE_MAX
