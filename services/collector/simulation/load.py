"""How busy an invented host is: a day's rhythm, weather that wanders, bursts of minutes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from services.collector.simulation.noise import BURST, CORE, LOAD, daytime, drift, noise, within
from services.collector.simulation.profile import Profile

WEATHER_S = 300
BURST_S = 180
BURST_CHANCE = 0.06
_CORE_S = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant of one host, from which all families draw, so that their rows agree; shares are 0 to 1."""

    tick_s: int
    busy: float
    waiting: float
    cores_busy: tuple[float, ...]
    cores_waiting: tuple[float, ...]


def moment_of(profile: Profile, tick_s: int) -> Moment:
    """Return the instant; what the whole machine does is what its cores do."""
    asked = asked_of(profile, tick_s)
    busy, waiting = [], []
    for core in range(profile.cores):
        key = profile.key + CORE + core
        uneven = 0.75 + 0.5 * drift(key, tick_s, _CORE_S)
        drawn = noise(key, -tick_s)
        works = within(asked * uneven + 0.08 * (drawn - 0.5), 0.005, 0.99)
        busy.append(works)
        waiting.append((1.0 - works) * profile.kind.iowait_share * 2.0 * drawn)
    cores = profile.cores
    return Moment(tick_s, sum(busy) / cores, sum(waiting) / cores, tuple(busy), tuple(waiting))


def asked_of(profile: Profile, at_s: int) -> float:
    """Return how much work is there, as a share of what the host can do; it changes slowly."""
    rhythm = profile.busy_at_night + profile.busy_by_day * daytime(at_s + profile.day_shift_s)
    weather = 0.12 * (drift(profile.key + LOAD, at_s, WEATHER_S) - 0.5)
    return within(rhythm + weather + burst_at(profile, at_s), 0.01, 0.98)


def burst_at(profile: Profile, at_s: int) -> float:
    """Return what a burst adds, 0 most of the time: it swells and ebbs away within three minutes."""
    window, age_s = divmod(at_s, BURST_S)
    drawn = noise(profile.key + BURST, window)
    if drawn >= BURST_CHANCE:
        return 0.0
    return (0.25 + 0.4 * drawn / BURST_CHANCE) * math.sin(math.pi * age_s / BURST_S)
