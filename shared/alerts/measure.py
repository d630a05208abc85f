"""From a value and what is remembered of its series to the number that a rule's levels are compared with."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from shared.alerts.check import LOOKS_BACK
from shared.alerts.history import History, remembered
from shared.alerts.rule import HORIZON_SECONDS_MAX, Kind, Rule
from shared.family import unit_of
from shared.wire.limits import REAL_MAX

COVERED_MIN = 0.5
"""Of a rate's window, so much must have been seen: else a jump at the beginning is told as if it went on."""

FORECAST_POINTS_MIN = 10
DEVIATION_POINTS_MIN = 20

MAD_TO_DEVIATION = 1.4826
"""Of normally distributed values, the median absolute deviation times this is the standard deviation.

P. J. Rousseeuw and C. Croux, Alternatives to the Median Absolute Deviation, JASA 88 (1993), 1273-1283.
"""

SPREAD_SHARE_MIN = 0.05
SPREADS_MIN: dict[str, float] = {
    "percent": 1.0,
    "celsius": 1.0,
    "count": 1.0,
    "average": 0.1,
    "seconds": 0.01,
    "per_second": 1.0,
    "bytes": 1024.0 * 1024.0,
    "bytes_per_second": 64.0 * 1024.0,
}
"""Unit → what a gauge may differ without anybody looking: the least spread that a deviation is measured by."""


def measure(rule: Rule, history: History, value: float, time_s: float) -> tuple[History, float | None]:
    """Return the history with this value in it, and the number to compare; None while too little is known.

    The number never contains the value itself where it is compared with the past: it is judged by what was before it.
    """
    if rule.kind not in LOOKS_BACK or rule.window_seconds is None or not math.isfinite(value):
        return history, value
    number = _MEASURES[rule.kind](rule, history, value, time_s)
    longer = remembered(history, value, time_s, rule.window_seconds)
    if longer is not history and rule.kind in _SUMMARIES:
        longer = msgspec.structs.replace(longer, summary=_SUMMARIES[rule.kind](longer.times, longer.values))
    return longer, None if number is None else max(-REAL_MAX, min(REAL_MAX, number))


def _rate(rule: Rule, history: History, value: float, time_s: float) -> float | None:
    """Return the change a second since the oldest point in the window."""
    assert rule.window_seconds is not None
    oldest = bisect_left(history.times, time_s - rule.window_seconds)
    if oldest == len(history.times):
        return None
    seconds = time_s - history.times[oldest]
    return (value - history.values[oldest]) / seconds if seconds >= COVERED_MIN * rule.window_seconds else None


def _forecast(rule: Rule, history: History, value: float, time_s: float) -> float | None:
    """Return the seconds until the target is reached, at the pace of the window and from the value of now."""
    assert rule.target is not None
    missing = rule.target - value if rule.comparison == "above" else value - rule.target
    if missing <= 0:
        return 0.0
    if history.summary is None or _is_stale(rule, history, time_s):
        return None
    pace = history.summary[0] if rule.comparison == "above" else -history.summary[0]
    # The far end of the horizon instead of a division: a pace of next to nothing would overflow.
    return missing / pace if pace * HORIZON_SECONDS_MAX > missing else HORIZON_SECONDS_MAX


def _deviation(rule: Rule, history: History, value: float, time_s: float) -> float | None:
    """Return by how many standard deviations the value lies beside the middle of the window, both robust."""
    if history.summary is None or _is_stale(rule, history, time_s):
        return None
    middle, spread = history.summary
    least = rule.spread_min
    if least is None:
        least = max(SPREADS_MIN[unit_of(rule.column or "") or "count"], SPREAD_SHARE_MIN * abs(middle))
    return (value - middle) / max(spread, least)


def _is_stale(rule: Rule, history: History, time_s: float) -> bool:
    """Return whether half the window or more passed without a value: what was before says nothing of now."""
    assert rule.window_seconds is not None
    return time_s - history.times[-1] > COVERED_MIN * rule.window_seconds


def _slope(times: Sequence[float], values: Sequence[float]) -> tuple[float, ...] | None:
    """Return the middle of the slopes between all pairs of points, which a third of wrong points does not move.

    P. K. Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, JASA 63 (1968), 1379-1389. Least squares
    would follow one file that was written and removed again. At most 1,770 pairs, and only when a point is added.
    """
    if len(times) < FORECAST_POINTS_MIN:
        return None
    pairs = [(first, second) for second in range(len(times)) for first in range(second)]
    return (median((values[second] - values[first]) / (times[second] - times[first]) for first, second in pairs),)


def _middle_and_spread(_: Sequence[float], values: Sequence[float]) -> tuple[float, ...] | None:
    """Return the median, and the median absolute deviation as a standard deviation."""
    if len(values) < DEVIATION_POINTS_MIN:
        return None
    middle = median(values)
    return middle, MAD_TO_DEVIATION * median(abs(value - middle) for value in values)


_MEASURES: dict[Kind, Callable[[Rule, History, float, float], float | None]] = {
    "rate": _rate,
    "forecast": _forecast,
    "deviation": _deviation,
}
_SUMMARIES: dict[Kind, Callable[[Sequence[float], Sequence[float]], tuple[float, ...] | None]] = {
    "forecast": _slope,
    "deviation": _middle_and_spread,
}
