"""Host globs, with one meaning in memory and in SQL: `*` is any text, `?` one character, all else itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

PATTERN_CHARACTERS_MAX = 253
PATTERNS_MAX = 100


def is_glob(pattern: str) -> bool:
    """Return whether the pattern can match more than itself."""
    return "*" in pattern or "?" in pattern


def to_like(pattern: str) -> str:
    r"""Return the pattern for SQL's LIKE with its default escape, the backslash."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return escaped.replace("*", "%").replace("?", "_")


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a test that holds for texts which at least one pattern matches as a whole."""
    exact = frozenset(pattern for pattern in patterns if not is_glob(pattern))
    globs = [_to_regex(pattern) for pattern in patterns if is_glob(pattern)]
    return lambda text: text in exact or any(glob.fullmatch(text) is not None for glob in globs)


def _to_regex(pattern: str) -> re.Pattern[str]:
    # The first place where a part between two '*' fits is as good as any later one. Atomic groups say so: without
    # them a pattern such as '*a*a*a*b', which any viewer may send, takes time exponential in its length.
    first, *rest = ["".join("." if char == "?" else re.escape(char) for char in part) for part in pattern.split("*")]
    middle, last = rest[:-1], rest[-1:]
    parts = [first, *(f"(?>.*?{part})" for part in middle), *(f".*{part}" for part in last)]
    return re.compile("".join(parts), re.DOTALL)
