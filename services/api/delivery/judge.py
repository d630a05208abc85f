"""What the figures of delivery mean: totals, steps, clock offset, and who is a duplicate; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles

import msgspec

from services.api.delivery.schemas import (
    Alternation,
    Counts,
    Delivery,
    DeliverySession,
    DeliveryTimeline,
    Gap,
    SourceCounts,
    StreamLoss,
)
from services.api.metrics.times import Range
from shared.redelivery import ACK_WAIT_S

STEPS_MIN, STEPS_MAX = 20, 300
"""Steps that an answer may be asked to have at most, and has at most unless asked."""
ENTRIES_MAX = 100
"""Sessions, gaps, sources and losses that an answer lists, the newest of them."""
CHANGES_MIN = 3
"""So often sessions must have taken turns: a restart is one change, and a clock set back may make it look like two."""
OVERLAPS_MAX = 10
OFFSET_SAMPLES_MIN = 5
OFFSET_SPREAD_S_MAX = 5.0
"""Live sample sets take alike long; those of a spool that drains do not, and tell nothing of the clock."""
_STEPS_SECONDS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
    *(days * 86_400 for days in (2, 7, 14, 28, 56, 112, 224)),
)  # fmt: skip
_ORIGIN = datetime(2000, 1, 3, tzinfo=UTC)
_EXCEPTIONS = ("doubled", "too_old", "clock_ahead", "refused")
AWAITED = timedelta(seconds=ACK_WAIT_S)
"""What an ingest fetched and did not answer, as it was killed, comes again within this, and is stored then."""
COUNT_MAX = 2**63 - 1
"""Hosts choose their numbers, so what is missing can add up to more than an answer can hold."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of delivery, how finely, and when."""

    host: str
    span: Range
    step_seconds: int
    now: datetime


@dataclass(frozen=True, slots=True)
class SessionSpan:
    """What the ledger knows of one session within the range."""

    source: str
    session: str
    first_time: datetime
    last_time: datetime
    seq_first: int
    seq_last: int
    received: int
    late: int
    previous_known: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One live sample set: who spoke, and when by either clock."""

    session: str
    time: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What the database knows of delivery of one host within a range."""

    known_since: datetime
    step_seconds: int
    steps: Sequence[tuple[datetime, int, int]]
    """(step, received, late)"""
    sources: Sequence[tuple[str, int, int]]
    """(source, received, late)"""
    sessions: Sequence[SessionSpan]
    missing_by_step: Sequence[tuple[datetime, int, int]]
    """(step, missing, awaited)"""
    missing_by_source: Sequence[tuple[str, int, int]]
    """(source, missing, awaited)"""
    missing_by_session: Mapping[tuple[str, str], int]
    gaps: Sequence[Gap]
    exceptions: Sequence[tuple[str, str, datetime, int]]
    """(source, kind, step, count)"""
    delays_s: Sequence[float]
    """Arrival less time of the newest sample sets."""
    newest_received_at: datetime | None
    ahead: tuple[datetime, float] | None
    """The last minute in which sample sets were refused for their clock, and how far it was ahead."""
    stream_loss: Sequence[StreamLoss]
    stream_loss_max: int
    turns: Mapping[str, Sequence[Turn]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the host."""
        return not (self.steps or self.gaps or self.exceptions)


def delivery_of(host: str, span: Range, found: Found, host_ids: Sequence[str]) -> Delivery:
    """Return the answer; two or more `host_ids` that were seen lately make the host a duplicate."""
    alternations = [alternation(source, turns) for source, turns in found.turns.items()]
    alternating = [each for each in alternations if each is not None]
    timeline = _timeline(span, found)
    return Delivery(
        host, span.start, span.end, max(found.known_since, span.start), found.step_seconds, _total(timeline),
        _sources(found), clock_offset_seconds(found), _sessions(found), len(found.sessions) > ENTRIES_MAX,
        list(found.gaps[:ENTRIES_MAX]), len(found.gaps) > ENTRIES_MAX, timeline, list(found.stream_loss),
        found.stream_loss_max, bool(alternating) or len(host_ids) > 1, alternating, list(host_ids),
    )  # fmt: skip


def step_seconds_of(span: Range, points_max: int = STEPS_MAX) -> int:
    """Return the least step with which a range has at most so many steps, STEPS_MIN at least, whatever its length."""
    seconds = (span.end - span.start).total_seconds()
    return next((step for step in _STEPS_SECONDS if seconds / step <= points_max - 1), _STEPS_SECONDS[-1])


def awaited_since(now: datetime) -> datetime:
    """Return since when what is not there yet is still awaited: what ingest let go by then is lost."""
    return now - AWAITED


def step_of(instant: datetime, step_seconds: int) -> datetime:
    """Return the start of the step that an instant lies in; steps begin at whole multiples from a Monday on."""
    width = timedelta(seconds=step_seconds)
    return instant - (instant - _ORIGIN) % width


def clock_offset_seconds(found: Found) -> float | None:
    """Return how far the host's clock is ahead of the broker's, None where that cannot be told.

    The least of the newest delays: what is left in it is the quickest way from the reading to the broker. Where the
    newest word is a refusal for the clock, what that one said.
    """
    if found.ahead is not None:
        minute, offset_seconds = found.ahead
        if found.newest_received_at is None or minute > found.newest_received_at:
            return round(offset_seconds, 3)
    delays_s = found.delays_s
    if len(delays_s) < OFFSET_SAMPLES_MIN:
        return None
    low, _, high = quantiles(delays_s, n=4)
    return round(-min(delays_s), 3) if high - low <= OFFSET_SPREAD_S_MAX else None


def overlapping(sessions: Sequence[SessionSpan]) -> dict[str, tuple[datetime, datetime]]:
    """Return by source the time in which one session began before another had ended; of OVERLAPS_MAX sources."""
    by_source: dict[str, list[SessionSpan]] = defaultdict(list)
    for session in sessions:
        by_source[session.source].append(session)
    found: dict[str, tuple[datetime, datetime]] = {}
    for source, own in by_source.items():
        own.sort(key=lambda session: session.first_time)
        starts, until = [], own[0].last_time
        for session in own[1:]:
            if session.first_time < until:
                starts.append(session.first_time)
            until = max(until, session.last_time)
        if starts and len(found) < OVERLAPS_MAX:
            # The turn before the later one's first belongs to it, however rarely the earlier one reports.
            found[source] = (starts[0] - timedelta(hours=1), until)
    return found


def alternation(source: str, turns: Sequence[Turn]) -> Alternation | None:
    """Return the sessions that took turns at least CHANGES_MIN times, by their own clocks and by the broker's.

    A restart that sends what was left takes turns by arrival only; a clock that was set back by time only.
    """
    by_time = _runs(turn.session for turn in sorted(turns, key=lambda turn: (turn.time, turn.received_at)))
    by_arrival = _runs(turn.session for turn in sorted(turns, key=lambda turn: (turn.received_at, turn.time)))
    returning = [session for session, count in Counter(by_time).items() if count > 1]
    changes_count = min(_changes_back(by_time), _changes_back(by_arrival))
    if changes_count < CHANGES_MIN:
        return None
    return Alternation(source, sorted(returning)[:ENTRIES_MAX], changes_count, max(turn.time for turn in turns))


def _runs(sessions: Iterable[str]) -> list[str]:
    """Return who spoke, each turn once."""
    runs: list[str] = []
    for session in sessions:
        if not runs or runs[-1] != session:
            runs.append(session)
    return runs


def _changes_back(runs: Sequence[str]) -> int:
    """Return the changes among sessions that came back: of `a b a b` 3, of `a b c` 0."""
    counts = Counter(runs)
    back = _runs(session for session in runs if counts[session] > 1)
    return max(0, len(back) - 1)


def _timeline(span: Range, found: Found) -> DeliveryTimeline:
    times = []
    step = step_of(span.start, found.step_seconds)
    while step < span.end:
        times.append(step)
        step += timedelta(seconds=found.step_seconds)
    # What is ahead of the end belongs to the last step.
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    for step, received, late in found.steps:
        counts[min(step, times[-1])].update(received=received, late=late)
    for step, missing, awaited in found.missing_by_step:
        counts[min(step, times[-1])].update(missing=missing, awaited=awaited)
    for _, kind, step, count in found.exceptions:
        counts[min(step, times[-1])][kind] += count
    names = DeliveryTimeline.__struct_fields__[1:]
    return DeliveryTimeline(times, *([min(COUNT_MAX, counts[time][name]) for time in times] for name in names))


def _total(timeline: DeliveryTimeline) -> Counts:
    return Counts(**{name: min(COUNT_MAX, sum(getattr(timeline, name))) for name in Counts.__struct_fields__})


def _sources(found: Found) -> list[SourceCounts]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for source, received, late in found.sources:
        counts[source].update(received=received, late=late)
    for source, missing, awaited in found.missing_by_source:
        counts[source].update(missing=missing, awaited=awaited)
    for source, kind, _, count in found.exceptions:
        counts[source][kind] += count
    names = Counts.__struct_fields__
    return [
        SourceCounts(source=source, **{name: min(COUNT_MAX, counts[source][name]) for name in names})
        for source in sorted(counts)[:ENTRIES_MAX]
    ]


def _sessions(found: Found) -> list[DeliverySession]:
    return [
        msgspec.convert(
            {
                **{name: getattr(span, name) for name in SessionSpan.__dataclass_fields__},
                "missing": found.missing_by_session.get((span.source, span.session), 0),
            },
            DeliverySession,
        )
        for span in found.sessions[:ENTRIES_MAX]
    ]
