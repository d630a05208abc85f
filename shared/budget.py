"""Budgets that refill: how often something may happen, for each of many keys."""

from __future__ import annotations

from collections.abc import Hashable


class Budgets:
    """So many at once for each key, then so many a second; the `keys_max` keys used last are remembered."""

    def __init__(self, burst_max: int, refill_per_s: float, keys_max: int) -> None:
        self._burst_max = burst_max
        self._refill_per_s = refill_per_s
        self._keys_max = keys_max
        self._budgets: dict[Hashable, tuple[float, float]] = {}

    def spend(self, now: float, key: Hashable) -> bool:
        """Return whether one more of this key may happen, and spend it if so; `now` is a clock that never goes back."""
        spent_at, budget = self._budgets.pop(key, (now, float(self._burst_max)))
        budget = min(self._burst_max, budget + (now - spent_at) * self._refill_per_s)
        allowed = budget >= 1
        self._budgets[key] = (now, budget - 1 if allowed else budget)
        if len(self._budgets) > self._keys_max:
            del self._budgets[next(iter(self._budgets))]
        return allowed
