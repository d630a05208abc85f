"""What became of the sample sets of a spool: published, lost, and what nobody has heard of yet."""

from __future__ import annotations

TOLD_S = 60
"""Every family is told within this time, so also what the family `agent` counts."""


class Tally:
    """Each sample set counts once, as published or as lost, however often it is sent.

    `untold` are losses that the bus may not know of; `is_untold_noted` says whether the file has that number.
    """

    def __init__(self) -> None:
        self.published = 0
        self.lost = 0
        self.untold = 0
        self.is_untold_noted = True
        self._known = 0
        self._untold_since_s = 0.0

    def expect_again(self, count: int) -> None:
        """Note that so many of those that wait were counted as published before."""
        self._known += count

    def confirm(self) -> None:
        """Count one that the bus has; one that was counted before counts no more."""
        if self._known:
            self._known -= 1
        else:
            self.published += 1

    def lose(self, count: int, wall_s: float) -> None:
        """Count as lost what is there no more; what the bus had confirmed once is not."""
        known = min(count, self._known)
        self._known -= known
        self.lost += count - known
        self.miss(count - known, wall_s)

    def inherit(self, count: int, wall_s: float) -> None:
        """Count what an earlier session lost, and nobody heard of."""
        self.lost += count
        self.miss(count, wall_s)

    def miss(self, count: int, wall_s: float) -> None:
        """Note losses that are counted elsewhere as untold."""
        if count:
            self.untold += count
            self._untold_since_s = wall_s
            self.is_untold_noted = False

    def heard(self, tick_s: int) -> bool:
        """Return whether this told of losses: the bus has a sample set of so long after them that it must."""
        if not self.untold or tick_s <= self._untold_since_s + TOLD_S:
            return False
        self.untold, self.is_untold_noted = 0, False
        return True

    def begin_file(self) -> None:
        """Note that another file knows nothing of what is untold."""
        self.is_untold_noted = not self.untold
