"""What three days of a default host take, from blocks that were really encoded and compressed."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from services.collector.counters import Counters
from services.collector.outbox import Outgoing
from services.collector.schedule import due
from services.collector.simulation.families import rows_at
from services.collector.simulation.profile import Profile, invent
from services.collector.spool_file import NAME, OUTSIDE_BYTES, SpoolFile
from services.collector.spool_place import GIB, SPOOL_HOURS_MAX
from services.collector.spool_records import BLOCK_SETS
from shared.families import FAMILIES
from shared.subjects import SYSTEM_SOURCE
from shared.wire.encode import Numbering, Rows, cells, encode

INTERVALS = {name: family.interval_seconds for name, family in FAMILIES.items()}
SECONDS = 20 * BLOCK_SETS
NOON_S = 1_800_014_400
NOISE_SHARE = 0.3


def noisy(row: list[object], drawn: random.Random) -> list[object]:
    """Return cells with more noise than an invented host has: what is real repeats itself less."""
    return [
        value * (1 + NOISE_SHARE * drawn.random()) if isinstance(value, float) and drawn.random() < 0.9 else value
        for value in row
    ]


def sample_sets(profile: Profile) -> list[Outgoing]:
    """Return the sample sets of a profile, one a second, as its collector would send them."""
    numbering, counters, drawn, found = Numbering("0123456789abcdef01234567"), Counters(), random.Random(1), []
    for tick_s in range(NOON_S, NOON_S + SECONDS):
        names = due(tick_s, INTERVALS)
        rows = rows_at(profile, tick_s, names, counters)
        readings = [
            Rows(FAMILIES[name], INTERVALS[name], [noisy(cells(FAMILIES[name], row), drawn) for row in rows[name]])  # type: ignore[misc, arg-type]
            for name in names
        ]
        moment = datetime.fromtimestamp(tick_s, UTC)
        found += [Outgoing(each, tick_s) for each in encode(profile.name, SYSTEM_SOURCE, moment, readings, numbering)]
    return found


def test_seventy_two_hours_of_a_default_host_fit(tmp_path: Path) -> None:
    taken = {}
    for profile in invent(1, 4):
        (directory := tmp_path / profile.name).mkdir()
        file = SpoolFile(directory, GIB)
        file.prepare()
        for each in sample_sets(profile):
            file.append([each])
            file.compress(0)
        file.close()
        taken[profile.kind.name] = (directory / NAME).stat().st_size / SECONDS
    # Each kind of host once: the largest of them still has twice the room that it needs.
    assert max(taken.values()) * SPOOL_HOURS_MAX * 3_600 < (GIB - OUTSIDE_BYTES) / 2, taken
    assert min(taken.values()) > 200, "of each second there is something"
