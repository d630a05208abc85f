"""Which stored values of a threshold can change anything, told by comparison alone; pure."""

from __future__ import annotations

from math import inf

from services.api.backtest.samples import Run
from shared.alerts.condition import Condition
from shared.alerts.state import State
from shared.wire.encode import round_real

MARGIN = 1e-5
"""Of a level: by much less a stored number differs from the one that was sent, so what is nearer is looked at."""


class Levels:
    """The levels of a rule on one host; `rounds` where stored numbers have more digits than were sent."""

    def __init__(self, condition: Condition, rounds: bool) -> None:
        self._condition = condition
        self._rounds = rounds
        levels = [level for level in (condition.warning, condition.critical) if level is not None]
        first = min(levels) if condition.above else max(levels)
        self.near = first - _margin(first) if condition.above else first + _margin(first)
        """What short of this changes nothing of an alert that is over."""

    def exact(self, value: float) -> float:
        """Return the number that was sent."""
        return round_real(float(value)) if self._rounds else float(value)

    def hot(self, run: Run) -> list[int]:
        """Return the places of a run at which a level may be reached."""
        near = self.near
        if self._condition.above:
            return [at for at, value in enumerate(run.most) if value >= near]
        return [at for at, value in enumerate(run.least) if value <= near]

    def steady(self, state: State) -> tuple[float, float] | None:
        """Return the bounds within which a value changes nothing but `newest`; None where there are none."""
        if state.status != "firing" or state.critical_since is not None:
            return None
        condition = self._condition
        level = condition.critical if state.level == "critical" else condition.warning
        beyond = None if state.level == "critical" else condition.critical
        assert level is not None, "what fires has a level"
        back = level - condition.clear if condition.above else level + condition.clear
        if condition.above:
            return back + _margin(back), inf if beyond is None else beyond - _margin(beyond)
        return -inf if beyond is None else beyond + _margin(beyond), back - _margin(back)


def _margin(level: float) -> float:
    return MARGIN * abs(level)
