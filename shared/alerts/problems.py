"""What is wrong with what somebody wrote, as sentences: the error that carries them, and what msgspec says."""

from __future__ import annotations

from collections.abc import Sequence


class ProblemsError(ValueError):
    """What somebody wrote cannot be used; `problems` names each. Tell whoever wrote it, and leave the rest be."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def problem_of(error: Exception) -> str:
    """Return what msgspec says of a field, with the field in front."""
    text, _, path = str(error)[:300].partition(" - at `$.")
    return f"{path.removesuffix('`')}: {text}" if path else text or type(error).__name__
