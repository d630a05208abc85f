"""Numbers that look random, and are always the same for the same key and instant."""

from __future__ import annotations

import hashlib
import math

DAY_S = 86_400
_QUIETEST_S = 2 * 3_600
_ALL_BITS = (1 << 64) - 1

# What numbers are drawn for. Added to the key of a host; each leaves room for 256 things, such as cores or programs.
LOAD, BURST, CORE, SWITCHES, MEMORY, SWAP, VOLUME, DISK, INTERFACE, CONNECTION, PROGRAM, LIFE = (
    purpose << 8 for purpose in range(1, 13)
)


def key_of(seed: int, name: str) -> int:
    """Return the key from which everything about a host of this name is drawn."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "big")


def noise(key: int, at: int) -> float:
    """Return a number within [0, 1).

    The steps are those of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): no
    state to keep, so any instant of any host can be computed alone, in half a microsecond.
    """
    mixed = (key + at * 0x9E3779B97F4A7C15) & _ALL_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _ALL_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _ALL_BITS
    return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53


def whole(key: int, at: int, low: int, high: int) -> int:
    """Return a whole number within [low, high]."""
    return low + int(noise(key, at) * (high - low + 1))


def drift(key: int, at_s: int, step_s: int) -> float:
    """Return a number within [0, 1) that wanders: drawn every `step_s`, on a straight line in between."""
    step, rest_s = divmod(at_s, step_s)
    before = noise(key, step)
    return before + (noise(key, step + 1) - before) * rest_s / step_s


def daytime(at_s: int) -> float:
    """Return how much of a day's business there is: 0 at 02:00 UTC, 1 at 14:00."""
    return 0.5 - 0.5 * math.cos((at_s - _QUIETEST_S) * (2 * math.pi / DAY_S))


def within(value: float, low: float, high: float) -> float:
    """Return the value, or the bound that it is beyond."""
    return low if value < low else high if value > high else value
