"""Which mounts, disks and interfaces are shown: globs from the settings over rules of our own."""

from __future__ import annotations

from collections.abc import Sequence

from shared.glob import matcher


class Choice:
    """Decides by name: an excluded one is never shown, an included one always, any other by the rule."""

    __slots__ = ("_excluded", "_included")

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._included = matcher(include)
        self._excluded = matcher(exclude)

    def shows(self, name: str, by_rule: bool) -> bool:
        """Return whether the thing of this name is shown."""
        return not self._excluded(name) and (by_rule or self._included(name))

    def includes(self, name: str) -> bool:
        """Return whether the settings ask for it by name."""
        return self._included(name) and not self._excluded(name)
