"""Whether the clock on the wall can be believed when it says that something is old."""

from __future__ import annotations

AGREED_S = 300.0
"""Nothing is too old before the wall clock went beside the monotonic one for so long: no wrong reading drops it."""
APART_S_MAX = 10.0


class Agreement:
    """Since when the wall clock goes beside the monotonic one."""

    def __init__(self, wall_s: float, now_s: float) -> None:
        self._offset_s, self._since_s = wall_s - now_s, now_s

    def holds(self, wall_s: float, now_s: float) -> bool:
        """Return whether they have gone together long enough, up to these readings."""
        if abs(wall_s - now_s - self._offset_s) > APART_S_MAX:
            self._offset_s, self._since_s = wall_s - now_s, now_s
        return now_s - self._since_s >= AGREED_S
