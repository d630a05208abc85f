"""Which hosts a caller may see: the one place where permissions by host group will be decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.glob import is_glob, matcher, to_like


@dataclass(frozen=True, slots=True)
class Scope:
    """The hosts that one caller may see; today every caller sees all."""

    username: str

    def sees(self, host: str) -> bool:
        """Return whether the caller may see a host."""
        return bool(host)

    def filter(self, patterns: Sequence[str]) -> Callable[[str], bool]:
        """Return a test for hosts that a pattern matches and the caller may see."""
        return matcher(patterns)

    def sql_filter(self, patterns: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return exact names and LIKE patterns that together stand for the same hosts as `filter`."""
        exact = [pattern for pattern in patterns if not is_glob(pattern)]
        return exact, [to_like(pattern) for pattern in patterns if is_glob(pattern)]
