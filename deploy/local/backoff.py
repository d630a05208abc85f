"""How long to wait before a process that ended is started again."""

from __future__ import annotations

from dataclasses import dataclass

DELAY_S_FIRST = 0.5
DELAY_S_MAX = 30.0
STEADY_S_MIN = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a process ended in a row without having run steadily in between."""

    failures: int = 0

    def ended(self, ran_s: float) -> Backoff:
        """Return the count after one more end; a run of STEADY_S_MIN seconds forgives what was before."""
        return Backoff(1 if ran_s >= STEADY_S_MIN else self.failures + 1)

    @property
    def delay_s(self) -> float:
        """Seconds to wait before the next start: doubling, bounded."""
        if self.failures == 0:
            return 0.0
        # The exponent is bounded too: a process that fails for years must not make a number of a thousand digits.
        return float(min(DELAY_S_MAX, DELAY_S_FIRST * 2 ** min(self.failures - 1, 16)))
