"""Swap space and the traffic to it."""

from dataclasses import dataclass

from shared.family import define, gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Swap space of the machine, one row per host."""

    total_bytes: int = gauge("Size of all swap areas.")
    used_bytes: int = gauge("Swap in use.")
    free_bytes: int = gauge("Swap not in use.")
    used_percent: float = gauge("Share of swap in use, 0 where there is none.")
    in_bytes_per_second: float = gauge("Read back from swap into memory.")
    out_bytes_per_second: float = gauge("Written from memory to swap.")


SWAP = define("swap", Swap, interval_seconds=1, headline=("used_percent",))
