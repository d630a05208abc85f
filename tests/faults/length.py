"""How long a fault lasts, and how often it is committed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds of one fault, and how many times."""

    seconds: float
    times: int = 1
