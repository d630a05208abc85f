"""One more value of one series, and where its alert stands then."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec

from shared.alerts.condition import Condition
from shared.alerts.rule import Level
from shared.alerts.state import RANK, State, Status
from shared.wire.limits import LIVE_SECONDS_MAX

GAP_INTERVALS_MAX = 3
GAP_SECONDS_MIN = 15.0
"""After three intervals without a value, but not before 15 s, nobody knows what was between: a hold begins anew."""


def step(condition: Condition, state: State, value: float, now: datetime, interval_seconds: float) -> State:
    """Return the state after one more value at `now`, the sample's time; the same object when it did not count.

    What is not newer than the newest does not count, nor does what is no finite number. A level must be reached for
    the whole `hold` without a value short of it or a gap between; each level has a hold of its own, so that one peak
    within a long warning is not critical. While an alert fires, a gap changes nothing: no value is no good news.
    """
    if now <= state.newest or not math.isfinite(value):
        return state
    gap = now - state.newest > gap_max(interval_seconds)
    warning_since = _held(state.warning_since, condition.reaches(condition.warning, value), gap, now)
    critical_since = _held(state.critical_since, condition.reaches(condition.critical, value), gap, now)
    level = _kept(condition, state, value)
    if level != "critical" and _is_full(critical_since, condition, now):
        level = "critical"
    elif level is None and _is_full(warning_since, condition, now):
        level = "warning"
    begun = critical_since if level == "critical" else warning_since
    status: Status = "firing"
    if level is None:
        waiting = warning_since if condition.warning is not None else critical_since
        status, begun = ("ok", None) if waiting is None else ("pending", waiting)
        level = None if waiting is None else ("warning" if condition.warning is not None else "critical")
    same = (status, level) == (state.status, state.level) and (status != "pending" or begun == state.since)
    incident = None
    if status == "firing":
        incident = state.incident_since if state.status == "firing" else begun
    since = state.since if same else (begun if status == "pending" and begun is not None else now)
    if status == "firing":  # The hold of a level that fires says nothing more: the way back is judged by `clear`.
        warning_since, critical_since = None, None if level == "critical" else critical_since
    return State(status, level, since, now, warning_since, critical_since, incident)


def unjudged(state: State, now: datetime) -> State:
    """Return the state after a sample at `now` that gave no number to compare; the same object when it did not count.

    Rate, forecast and deviation have none until they have seen enough, as after a start. The series is there, so an
    alert that fires goes on and is not gone; but nobody knows what was between, so a hold begins anew.
    """
    if now <= state.newest:
        return state
    if state.status == "pending":
        return State("ok", None, now, now)
    return msgspec.structs.replace(state, newest=now, warning_since=None, critical_since=None)


def ended(state: State, now: datetime) -> State:
    """Return the state of a series that is no longer looked at: over if it fired; the same object if it was ok.

    It is not over before its newest sample, and a late one of before does not begin the alert again.
    """
    if state.status == "ok":
        return state
    end = max(now, state.newest)
    return State("ok", None, end, end)


def is_gone(state: State, heard: datetime, interval_seconds: float) -> bool:
    """Return whether a series had no value for longer than a gap, while its family came from its host until `heard`.

    `heard` is a time to judge by, as `believed` returns it: `newest` is one too. A sample without a number to compare
    is a value too, see `unjudged`.
    """
    return heard - state.newest > gap_max(interval_seconds)


def gap_max(interval_seconds: float) -> timedelta:
    """Return how long a series may be without a value and still count as unbroken."""
    return timedelta(seconds=max(GAP_SECONDS_MIN, GAP_INTERVALS_MAX * interval_seconds))


def believed(time: datetime, arrival: datetime) -> datetime:
    """Return the time to judge a live sample by: its own, as far as the broker's clock allows that.

    Live samples are at most 60 s old when they are published, so a time outside of [arrival - 60 s, arrival] is that
    of a wrong clock. Within, a clock that is set back blocks a series for 60 s at most: what was seen is never ahead
    of the broker. As the broker keeps the arrival with the message, each reading of a message is judged alike.
    """
    return min(max(time, arrival - timedelta(seconds=LIVE_SECONDS_MAX)), arrival)


def _held(since: datetime | None, reached: bool, gap: bool, now: datetime) -> datetime | None:
    if not reached:
        return None
    return now if since is None or gap else since


def _is_full(since: datetime | None, condition: Condition, now: datetime) -> bool:
    return since is not None and now - since >= condition.hold


def _kept(condition: Condition, state: State, value: float) -> Level | None:
    """Return the highest level that a firing alert has not left."""
    if state.status != "firing":
        return None
    if RANK[state.level] >= RANK["critical"] and condition.stays(condition.critical, value):
        return "critical"
    return "warning" if condition.stays(condition.warning, value) else None
