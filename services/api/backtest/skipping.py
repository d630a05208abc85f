"""Which parts of history must be read, where rollups tell in which of them nothing can change; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.backtest.plan import Stretch
from shared.alerts.rule import Rule
from shared.family import Family
from shared.resolution import LEVEL_SECONDS, Level
from shared.rollups import RollupLevel

WINDOW = timedelta(days=30)
"""So much of time is looked through at once."""
AFTERMATHS_MAX = 64
"""So many times as much as at first is read at once while an alert stays active."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much is read before a bucket that may count, and how much at once while an alert is active."""

    lead: timedelta
    aftermath: timedelta


REACHES: Mapping[Level, Reach] = {
    # What is before a sample tells how often its source told.
    "raw": Reach(timedelta(minutes=15), timedelta(minutes=15)),
    "1m": Reach(timedelta(0), timedelta(hours=12)),
    "5m": Reach(timedelta(0), timedelta(days=2)),
    "1h": Reach(timedelta(0), timedelta(days=30)),
}


def may_skip(rule: Rule, family: Family) -> bool:
    """Return whether the extremes of buckets tell in which of them nothing can change.

    While nothing is active, a value short of every level changes nothing. Where rows are added up, the sum may reach
    what none of them does; a rule that looks back needs all.
    """
    return family.rollups and rule.kind == "threshold" and rule.aggregate != "sum"


def rollup_of(level: Level) -> RollupLevel:
    """Return the rollup that tells which parts of a level may count."""
    return "1m" if level == "raw" else level


def windows(stretch: Stretch) -> Iterator[Stretch]:
    """Yield a stretch in parts that are looked through at once."""
    at = stretch.start
    while at < stretch.end:
        until = min(at + WINDOW, stretch.end)
        yield Stretch(stretch.level, at, until)
        at = until


def wanted(
    stretch: Stretch, reached: Iterable[datetime], is_active: Callable[[], bool], reach: Reach
) -> Iterator[Stretch]:
    """Yield the parts of a stretch that must be read; go on only when what was yielded before is judged.

    These are the buckets in which a level may be reached, and then as much as it takes until no alert is active: twice
    as much each time, since one that has been active for long mostly stays so, and each part is a question.
    """
    at = stretch.start
    width = timedelta(seconds=LEVEL_SECONDS[rollup_of(stretch.level)])
    for since, until in ((at, at), *_spans(reached, width, reach.lead)):
        if at < until and at < stretch.end:
            since, at = max(at, since), min(until, stretch.end)
            yield Stretch(stretch.level, since, at)
        aftermath = reach.aftermath
        while at < stretch.end and is_active():
            since, at = at, min(at + aftermath, stretch.end)
            aftermath = min(2 * aftermath, AFTERMATHS_MAX * reach.aftermath)
            yield Stretch(stretch.level, since, at)


def _spans(reached: Iterable[datetime], width: timedelta, lead: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when to when buckets of this width may count, with the time before them; those that meet are one."""
    span: tuple[datetime, datetime] | None = None
    for bucket in reached:
        if span is not None and bucket - lead <= span[1]:
            span = (span[0], bucket + width)
            continue
        if span is not None:
            yield span
        span = (bucket - lead, bucket + width)
    if span is not None:
        yield span
