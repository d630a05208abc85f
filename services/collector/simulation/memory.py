"""Invents memory and swap; what is used, free, buffered and cached adds up to the whole."""

from __future__ import annotations

from services.collector.simulation.load import Moment
from services.collector.simulation.noise import DAY_S, MEMORY, SWAP, daytime, drift, noise, within
from services.collector.simulation.profile import Profile
from shared.families.memory import Memory
from shared.families.swap import Swap

WEATHER_S = 900
LEAK_S = DAY_S // 4
"""After so long somebody restarts the program that leaks."""
_SWAPS_FROM = 0.60
_PAGE_BYTES = 4_096


def used_share(profile: Profile, at_s: int) -> float:
    """Return the share of memory that is used, 0 to 1: it follows the day, and where programs leak a saw."""
    kind = profile.kind
    share = kind.memory_share + 0.10 * daytime(at_s + profile.day_shift_s)
    share += 0.08 * (drift(profile.key + MEMORY, at_s, WEATHER_S) - 0.5)
    if kind.leaks:
        share += 0.35 * ((at_s + profile.life_phase_s) % LEAK_S) / LEAK_S
    return within(share, 0.05, 0.95)


def memory_rows(profile: Profile, moment: Moment) -> list[Memory]:
    """Return the row."""
    total = profile.memory_bytes
    used = _pages(total * used_share(profile, moment.tick_s))
    available = total - used
    buffers = _pages(available * 0.03)
    cached = _pages(available * (0.55 + 0.2 * drift(profile.key + MEMORY + 1, moment.tick_s, WEATHER_S)))
    return [
        Memory(
            total_bytes=total,
            used_bytes=used,
            available_bytes=available,
            used_percent=100.0 * used / total,
            free_bytes=available - buffers - cached,
            buffers_bytes=buffers,
            cached_bytes=cached,
            shared_bytes=_pages(total * 0.01),
        )
    ]


def swap_rows(profile: Profile, moment: Moment) -> list[Swap]:
    """Return the row; zeros where there is no swap, as machines tell it."""
    total = profile.swap_bytes
    pressed = max(0.0, used_share(profile, moment.tick_s) - _SWAPS_FROM)
    used = _pages(total * within(pressed * 1.5, 0.0, 0.9))
    # Pages move in bursts; out goes what is not asked for again soon.
    moves = used > 0 and noise(profile.key + SWAP, moment.tick_s) < pressed
    rate = float(_PAGE_BYTES * int(400 * noise(profile.key + SWAP, -moment.tick_s))) if moves else 0.0
    return [
        Swap(
            total_bytes=total,
            used_bytes=used,
            free_bytes=total - used,
            used_percent=100.0 * used / total if total else 0.0,
            in_bytes_per_second=0.4 * rate,
            out_bytes_per_second=rate,
        )
    ]


def _pages(size: float) -> int:
    return int(size) // _PAGE_BYTES * _PAGE_BYTES
