"""Counters become rates and shares: what changed between two readings, and how fast."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Change:
    """How far the counters of one thing went on, and in what time."""

    elapsed_s: float
    deltas: tuple[float, ...]

    def per_second(self, position: int) -> float:
        """Return the rate of the counter at this position."""
        return self.deltas[position] / self.elapsed_s


class Meter(Generic[Key]):
    """Remembers the reading before, so that the next one tells what changed.

    It holds one reading only: what is gone from the newest is forgotten.
    """

    __slots__ = ("_at_s", "_before")

    def __init__(self) -> None:
        self._at_s = 0.0
        self._before: Mapping[Key, Sequence[float]] = {}

    def step(self, at_s: float, counters: Mapping[Key, Sequence[float]]) -> dict[Key, Change]:
        """Return what changed since the reading before, for each key that both have.

        A key has no change after its first reading, after a reset (a counter that went backwards, as after a driver
        was loaded anew), or where no time passed: then there is no rate, and a made-up one would be a lie on a chart.
        """
        before, elapsed_s = self._before, at_s - self._at_s
        self._before, self._at_s = counters, at_s
        if elapsed_s <= 0:
            return {}
        changes: dict[Key, Change] = {}
        for key, now in counters.items():
            then = before.get(key)
            if then is None:
                continue
            moved = deltas(then, now)
            if moved is not None:
                changes[key] = Change(elapsed_s, moved)
        return changes


def deltas(before: Sequence[float], after: Sequence[float]) -> tuple[float, ...] | None:
    """Return how far each counter went on; None when one went backwards, or the readings differ in length."""
    if len(before) != len(after):
        return None
    moved = tuple(now - then for then, now in zip(before, after, strict=True))
    return None if any(delta < 0 for delta in moved) else moved


def share_percent(part: float, whole: float) -> float:
    """Return part of whole as percent, 0 to 100; 0 where the whole is nothing."""
    if whole <= 0:
        return 0.0
    return min(100.0, max(0.0, 100.0 * part / whole))
