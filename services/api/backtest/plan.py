"""What is asked of a back-test, which levels answer it, and how much one may read; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from services.api.backtest.schemas import BacktestPart, BacktestWish
from services.api.errors import BadParameterError, TooMuchError
from services.api.metrics.times import Range, parse_range
from services.api.parameters import host_patterns
from shared.alerts.check import LOOKS_BACK, WINDOW_INTERVALS_MIN
from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import RuleError, rule_from
from shared.alerts.step import gap_max
from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import LEVEL_SECONDS, Level, Oldest, whole_steps

HOSTS_MAX = 200
ROWS_MAX = 3_000_000
"""Stored rows that one back-test reads; of a host that tells of its processor each second a month are 2,600,000."""
SCANNED_ROWS_MAX = 10_000_000
"""Rows of rollups in which the database looks for what must be read; it returns few of them."""
INCIDENTS_MAX = 1_000
INCIDENTS_OF_A_HOST_MIN = 5
"""So many of each host are listed however many hosts there are."""
SLICE_MIN, SLICE_MAX = timedelta(minutes=1), timedelta(days=366)
"""How long a slice of time is that is read at once."""
LEVELS: tuple[Level, ...] = tuple(LEVEL_SECONDS)
"""Finest first."""

_SECONDS_AN_HOUR = 3_600
_NAMES: Mapping[Level, str] = {"raw": "samples", "1m": "rollups of 1 minute", "5m": "rollups of 5 minutes",
                               "1h": "rollups of 1 hour"}  # fmt: skip
EXACT = "Exact: each stored sample counts as the evaluator counts it."
NEARLY_EXACT = (
    "Exact but for late samples: of minutes of which rollups show no value near a level no sample is looked at, and "
    "rollups have what came late some minutes after it came, or never."
)
NOT_KEPT = "Nothing is kept of this time, so nothing is known of it."


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that was checked, and what it is tried on."""

    rule: Rule
    span: Range
    hosts: tuple[str, ...]
    now: datetime

    @property
    def family(self) -> Family:
        """The family that the rule looks at; an absence looks at none."""
        return FAMILIES[self.rule.family or ""]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of time that is read at one level."""

    level: Level
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is stored within a stretch, as the rollup of 1 hour tells: samples, and rows of its own."""

    samples: int
    hours: int

    def rows(self, level: Level) -> int:
        """Return how many rows a level holds of that, at most; buckets without any sample are not stored."""
        if level == "raw":
            return self.samples
        return min(self.samples, self.hours * (_SECONDS_AN_HOUR // LEVEL_SECONDS[level]))


def asked_of(wish: BacktestWish, now: datetime) -> Asked:
    """Return what a caller asks; raise BadParameterError with every problem of the rule, or naming another field."""
    try:
        rule = rule_from(wish.rule)
    except RuleError as error:
        raise BadParameterError("rule: " + "; ".join(error.problems), field="rule") from error
    span = parse_range(wish.start, wish.end, now)
    # What is tried is what it would say if it were switched on.
    return Asked(msgspec.structs.replace(rule, enabled=True), span, tuple(host_patterns(wish.host)), now)


def warm_up(rule: Rule, interval_s: float) -> timedelta:
    """Return how long before the range must be read: holds, windows and gaps that reach into it."""
    hold_s = max(_holds_s(rule))
    window_s = (rule.window_seconds or 0.0) if rule.kind in LOOKS_BACK else 0.0
    return timedelta(seconds=hold_s + window_s) + gap_max(interval_s)


def stretches(oldest: Oldest, start: datetime, end: datetime, finest: Level) -> list[Stretch]:
    """Return what is read of a range, the oldest first: of each time the finest level that still has it.

    A coarser level ends where one of its buckets does, and the first one begins with a whole bucket. What no level has
    is left out; levels finer than `finest` are not read at all.
    """
    kept = [level for level in LEVELS if level in oldest and LEVELS.index(level) >= LEVELS.index(finest)]
    found: list[Stretch] = []
    until = end
    for place, level in enumerate(kept):
        coarser_s = LEVEL_SECONDS[kept[place + 1]] if place + 1 < len(kept) else 0
        since = max(start, oldest[level])
        if since > start and coarser_s:
            since = whole_steps(since - timedelta(seconds=coarser_s), since, coarser_s)[1]
        if level != "raw":
            since = whole_steps(since, until, LEVEL_SECONDS[level])[0] if since < until else since
        if since < until:
            found.append(Stretch(level, since, until))
            until = since
    return found[::-1]


def is_too_coarse(rule: Rule, level: Level) -> bool:
    """Return whether a level has too few points in the window of a rule that looks back."""
    if rule.kind not in LOOKS_BACK or rule.window_seconds is None:
        return False
    return rule.window_seconds < WINDOW_INTERVALS_MIN * LEVEL_SECONDS[level]


def affordable(amounts: Sequence[tuple[Level, Amount]], skips: bool) -> list[Level]:
    """Return the levels at which all of this may be read, the finest first; raise TooMuchError where there is none.

    Each amount comes with the level that would be read of its time without a limit. Of a rule that `skips`, rollups
    are looked through, and few rows are read; that these are few enough shows only then.
    """

    def rows(finest: Level) -> int:
        read = [(max(level, finest, key=LEVELS.index), amount) for level, amount in amounts]
        return sum(amount.rows("1m" if skips and level == "raw" else level) for level, amount in read)

    rows_max = SCANNED_ROWS_MAX if skips else ROWS_MAX
    found = [finest for finest in LEVELS if rows(finest) <= rows_max]
    if not found:
        raise too_much(rows_max)
    return found


def require_few_hosts(hosts: Sequence[str]) -> None:
    """Raise TooMuchError where the rule looks at more hosts than one back-test does."""
    if len(hosts) > HOSTS_MAX:
        raise TooMuchError(
            f"host: expected at most {HOSTS_MAX} hosts in a back-test, got {len(hosts):,}; narrow the rule's hosts, "
            "or name some in host",
            field="host",
        )


def too_much(rows_max: int) -> TooMuchError:
    """Return the refusal of a back-test that would read too much."""
    return TooMuchError(
        f"start: expected at most {rows_max:,} stored rows in a back-test, got more; "
        "ask for fewer hosts, in host, or for a shorter range",
        field="start",
    )


def parts_of(asked: Asked, read: Sequence[Stretch], lacks_late: bool) -> list[BacktestPart]:
    """Return what was read of the range, and how exact it is, with what is not known.

    `lacks_late` says that rollups which lack late samples told what must be read.
    """
    parts: list[BacktestPart] = []
    until = asked.span.start
    for stretch in read:
        start, end = max(stretch.start, asked.span.start), min(stretch.end, asked.span.end)
        if start >= end:
            continue
        is_exact = stretch.level == "raw" and not lacks_late
        if start > until:
            parts.append(BacktestPart(until, start, None, False, NOT_KEPT))
        parts.append(
            BacktestPart(start, end, stretch.level, is_exact, statement(asked.rule, stretch.level, lacks_late))
        )
        until = end
    if until < asked.span.end:
        parts.append(BacktestPart(until, asked.span.end, None, False, NOT_KEPT))
    return parts


def statement(rule: Rule, level: Level, lacks_late: bool = False) -> str:
    """Return how a level is judged, in plain words."""
    if level == "raw":
        return NEARLY_EXACT if lacks_late else EXACT
    if is_too_coarse(rule, level):
        return (
            f"Approximate: {_NAMES[level]} are too coarse for a window of {rule.window_seconds:g} s; none was judged."
        )
    width = _NAMES[level].removeprefix("rollups of ")
    if rule.kind in LOOKS_BACK:
        return f"Approximate: the average of each {width} is judged, not each sample."
    extremes = "; extremes of several rows are put together, which need not have come at one instant"
    together = "" if rule.aggregate is None else extremes
    if any(hold > 0 for hold in _holds_s(rule)):
        return (
            f"Approximate, from {_NAMES[level]}: a hold goes through a bucket only where every sample of it reached "
            "the level, so an incident that lasted less than the hold and two buckets may be missing; an alert ends "
            f"in the bucket in which a value came back; times are those of buckets{together}."
        )
    return (
        f"Approximate, from {_NAMES[level]}: an alert begins in the bucket in which a sample reached the level, and "
        "ends in a later one in which a value came back; times are those of buckets, and what changed within one "
        f"bucket shows once{together}."
    )


def next_width(width: timedelta, count: int, wanted: int) -> timedelta:
    """Return how long the next slice of time is, after one that had so many rows: about as many as are wanted."""
    if count > 2 * wanted:
        return max(width / 2, SLICE_MIN)
    return min(2 * width, SLICE_MAX) if 2 * count < wanted else width


def notes_of(rule: Rule, finest: Level, left_out_count: int) -> list[str]:
    """Return what else an answer does not say: whose tags count, what was read more coarsely, what had no room."""
    notes = []
    if rule.tags:
        notes.append("Tags are those that hosts have now.")
    if finest != "raw":
        notes.append(
            f"Finer rows would be more than one back-test reads, so {_NAMES[finest]} were read also where these are "
            "kept; fewer hosts or a shorter range are judged more finely."
        )
    if left_out_count:
        notes.append("A host has more series or sources than a rule watches; those that came last were passed over.")
    return notes


def kept_of_a_host(hosts_count: int) -> int:
    """Return how many incidents of each host are listed."""
    return max(INCIDENTS_OF_A_HOST_MIN, math.floor(INCIDENTS_MAX / max(1, hosts_count)))


def _holds_s(rule: Rule) -> list[float]:
    return [rule.for_seconds, *(each.for_seconds for each in rule.overrides if isinstance(each.for_seconds, float))]
