"""Reads swap space and the traffic to it."""

from __future__ import annotations

from typing import Any

import psutil

from services.collector.rates import Change, Meter, share_percent
from services.collector.readers.reader import Context
from shared.families.swap import Swap


class SwapReader:
    """Reads the family `swap`."""

    def __init__(self, context: Context) -> None:
        self._meter: Meter[str] = Meter()

    def read(self, at_s: float) -> list[Swap]:
        """Return one row, none at the first reading."""
        swap = psutil.swap_memory()
        return swap_rows(swap, self._meter.step(at_s, {"all": (swap.sin, swap.sout)}).get("all"))


def swap_rows(swap: Any, change: Change | None) -> list[Swap]:
    """Return the row of psutil's swap_memory() on any system; none without a change to take rates from."""
    if change is None:
        return []
    return [
        Swap(
            total_bytes=swap.total,
            used_bytes=swap.used,
            free_bytes=swap.free,
            used_percent=share_percent(swap.used, swap.total),
            in_bytes_per_second=change.per_second(0),
            out_bytes_per_second=change.per_second(1),
        )
    ]
