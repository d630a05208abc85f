"""Keeps one bad host from filling the dead letters: each host may set aside so many, then a few a minute."""

from __future__ import annotations

BURST_MAX = 60
REFILL_PER_S = 0.2
HOSTS_MAX = 10_000


class Mute:
    """A budget of dead letters per host; the HOSTS_MAX hosts refused last are remembered."""

    def __init__(self) -> None:
        self._budgets: dict[str, tuple[float, float]] = {}

    def allows(self, now: float, host: str) -> bool:
        """Return whether one more message of this host may be set aside; spend the budget if so."""
        spent_at, budget = self._budgets.pop(host, (now, float(BURST_MAX)))
        budget = min(BURST_MAX, budget + (now - spent_at) * REFILL_PER_S)
        allowed = budget >= 1
        self._budgets[host] = (now, budget - 1 if allowed else budget)
        if len(self._budgets) > HOSTS_MAX:
            del self._budgets[next(iter(self._budgets))]
        return allowed
