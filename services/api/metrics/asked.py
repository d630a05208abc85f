"""What a caller asks of a family over time, and how it is answered; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.api.errors import BadParameterError, TooMuchError
from services.api.metrics.times import Range
from services.api.scope import Scope
from shared.family import Column, Family
from shared.resolution import (
    POINTS_MAX_LIMIT,
    Level,
    Oldest,
    Resolution,
    StepError,
    choose,
    choose_step,
    whole_steps,
    with_step,
)
from shared.select import Aggregate, Selection

CACHED_S_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a range: either the step is given, or how many points there may be at most."""

    family: Family
    gauges: tuple[Column, ...]
    hosts: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    range: Range
    step_seconds: int | None
    points_max: int
    aggregate: Aggregate
    now: datetime


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each level is kept; rows before an instant may be gone although they would be young enough now."""

    kept: Mapping[Level, timedelta]
    dropped_before: Mapping[Level, datetime] = field(default_factory=dict)

    def oldest(self, family: Family, now: datetime) -> Oldest:
        """Return the oldest instant of each level that a family has."""
        oldest = {level: now - kept for level, kept in self.kept.items() if level == "raw" or family.rollups}
        if family.retention_days is not None:
            oldest["raw"] = max(oldest["raw"], now - timedelta(days=family.retention_days))
        return {level: max(instant, self.dropped_before.get(level, instant)) for level, instant in oldest.items()}

    def raw_since(self, now: datetime) -> datetime:
        """Return the oldest instant of raw samples, and so of all that the ledger is sure to have."""
        since = now - self.kept["raw"]
        return max(since, self.dropped_before.get("raw", since))


def plan(asked: Asked, scope: Scope, retention: Retention, in_steps: bool = False) -> Selection:
    """Return what is read for a request, in any case in steps on demand.

    Raises BadParameterError where the request's step cannot be answered.
    """
    resolution = _resolution(asked, retention.oldest(asked.family, asked.now), in_steps)
    start, end = asked.range.start, asked.range.end
    if resolution.step_seconds is not None:
        start, end = whole_steps(start, end, resolution.step_seconds)
    names, likes = scope.sql_filter(asked.hosts)
    return Selection(
        asked.family, asked.gauges, start, end, resolution, asked.aggregate, tuple(names), tuple(likes), asked.labels
    )


def require_few_points(selection: Selection) -> None:
    """Raise TooMuchError where an axis of all steps would be too long for an answer in memory."""
    step_seconds = selection.resolution.step_seconds or 0
    if selection.end - selection.start > POINTS_MAX_LIMIT * timedelta(seconds=step_seconds) > timedelta(0):
        raise TooMuchError(
            f"The answer would have more than {POINTS_MAX_LIMIT:,} points of time; "
            "ask for a shorter range or a larger step, or for CSV, which has no such limit."
        )


def cached_seconds(selection: Selection) -> float:
    """Return how long an answer may be given again: 10 s or half a step; rows as they are, never."""
    return min(CACHED_S_MAX, (selection.resolution.step_seconds or 0) / 2)


def cache_key(selection: Selection, scope: Scope, form: str) -> bytes:
    """Return a digest of all that an answer depends on, but for time going on.

    Callers choose how long names and patterns are; what is kept of them has one size.
    """
    labels = tuple(sorted((name, tuple(patterns)) for name, patterns in selection.labels.items()))
    # Quoted and escaped by repr, no two requests read the same.
    everything = (
        scope, form, selection.family.name, tuple(gauge.name for gauge in selection.gauges), selection.start,
        selection.end, selection.resolution, selection.aggregate, tuple(selection.names), tuple(selection.likes),
        labels,
    )  # fmt: skip
    return hashlib.blake2b(repr(everything).encode(errors="surrogatepass"), digest_size=32).digest()


def _resolution(asked: Asked, oldest: Oldest, in_steps: bool) -> Resolution:
    span = asked.range
    if asked.step_seconds is None:
        chosen = choose_step if in_steps else choose
        return chosen(span.start, span.end, asked.points_max, asked.family.interval_seconds, oldest)
    try:
        return with_step(span.start, span.end, asked.step_seconds, oldest)
    except StepError as error:
        raise BadParameterError(f"step: {error}", field="step") from error
