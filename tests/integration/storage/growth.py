"""The family swap as a later version may define it: with one gauge more, at the end."""

from __future__ import annotations

from dataclasses import dataclass

from shared.families.swap import SWAP, Swap
from shared.family import define, gauge

ADDED = "compressed_bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownSwap(Swap):
    """Swap space of the machine, one row per host."""

    compressed_bytes: int | None = gauge("Swapped pages that stay in memory, compressed.", optional=True)


GROWN = define("swap", GrownSwap, interval_seconds=SWAP.interval_seconds, headline=SWAP.headline)
