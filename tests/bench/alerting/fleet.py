"""What a thousand hosts say: calm values but for those whose turn it is, and file systems that come and go.

Bodies are encoded once by the product, as in tests/bench/ingest/bodies.py; then host, number, time and the name of one
file system are put into them.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.families import FAMILIES
from shared.family import Column
from shared.wire.encode import Numbering, Rows, cells, encode
from tests.bench.ingest.bodies import Prepared
from tests.bench.samples import SHAPE

VARIANTS = 97
"""Different readings a run draws from; a prime, so that no host repeats the same few."""
HIGH_S = 10
"""How long the processor of a host is above the level."""
MOUNT_S = 60
"""How long a file system is there before another one is in its place."""
FULL_EVERY = 10
"""Every tenth of those is full, so it fires, and ends when it is gone."""

_HOST = "alert-00000"
_MOUNT = "/run/gone-000000000"
_SEQ_HEAD = b"\xa3seq\xce"
_TIME_HEAD = b"\xa4time\xd7\xff"
_SEQ_FIRST = 1_000_000


@dataclass(frozen=True, slots=True)
class Turn:
    """How it is with one host at one second."""

    is_high: bool
    mount: int

    @property
    def is_full(self) -> bool:
        """Whether the file system that comes and goes is full."""
        return self.mount % FULL_EVERY == 0


class Fleet:
    """Makes the sample sets of hosts; of each host once a second, with a second that goes up by one."""

    def __init__(self, hosts: int, run: str) -> None:
        self.hosts = [f"alert-{number:05d}" for number in range(hosts)]
        self._run = run
        self._crossing = max(1, hosts // 200)
        kinds = [(is_high, is_full) for is_high in (False, True) for is_full in (False, True)]
        self._pieces = {kind: [_pieces(run, variant, *kind) for variant in range(VARIANTS)] for kind in kinds}

    def turn(self, number: int, second: int) -> Turn:
        """Return how it is with a host, `second` being counted from the begin: some go up each second, and come back.

        Each host has another file system every minute, which no host has ever had.
        """
        place = (second * self._crossing - number) % len(self.hosts)
        change = (second + number * MOUNT_S // len(self.hosts)) // MOUNT_S
        # A prime beside ten, so that each host has a full one now and then.
        return Turn(place < self._crossing * HIGH_S, number * 1_001 + change)

    def sample_set(self, number: int, second: int, time_s: float) -> Prepared:
        """Return the sample set of a host at its `second`, with the time that stands in it, to the millisecond."""
        turn = self.turn(number, second)
        pieces = self._pieces[turn.is_high, turn.is_full][(number * 31 + second) % VARIANTS]
        first, second_piece, third, fourth, fifth = pieces
        seq = _SEQ_FIRST + second
        milliseconds = int(time_s * 1000)
        # A timestamp of 64 bits: nanoseconds in 30 of them, seconds in 34.
        moment = (milliseconds % 1000 * 1_000_000) << 34 | milliseconds // 1000
        body = b"".join((
            first, self.hosts[number].encode(), second_piece, struct.pack(">I", seq), third,
            struct.pack(">Q", moment), fourth, f"/run/gone-{turn.mount:09d}".encode(), fifth,
        ))  # fmt: skip
        return Prepared(self.hosts[number], f"{self._run}:{seq}", body)


def _pieces(run: str, variant: int, is_high: bool, is_full: bool) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Return what stands around host, number, time and file system in one variant, as the product encodes it."""
    drawn = random.Random(variant)
    moment = datetime.fromtimestamp(1_790_000_000.001, UTC)
    gone = {"mount": _MOUNT, "device": "/dev/loop0"}
    readings = []
    for name, labels in (SHAPE | {"disk": [*SHAPE["disk"], gone]}).items():
        family = FAMILIES[name]
        rows = []
        for each in labels:
            gauges = {gauge.name: _calm(drawn, gauge) for gauge in family.gauges}
            if name == "cpu" and is_high:
                gauges["total_percent"] = 95.0
            if each is gone and is_full:
                gauges["used_percent"] = 97.0
            rows.append(cells(family, family.row(**each, **gauges)))
        readings.append(Rows(family, 1.0, rows))
    (encoded,) = encode(_HOST, "system", moment, readings, Numbering(run, _SEQ_FIRST))
    first, _, rest = encoded.body.partition(_HOST.encode())
    second, seq_head, rest = rest.partition(_SEQ_HEAD)
    third, time_head, rest = rest[4:].partition(_TIME_HEAD)
    fourth, mount, fifth = rest[8:].partition(_MOUNT.encode())
    assert seq_head, "the encoder writes the number differently now"
    assert time_head, "the encoder writes the time differently now"
    assert mount, "the encoder writes labels differently now"
    return first, second + seq_head, third + time_head, fourth, fifth


def _calm(drawn: random.Random, gauge: Column) -> Any:
    """Return a reading that reaches no level."""
    if gauge.type is int:
        return drawn.randrange(10**9)
    if gauge.name.endswith("_percent"):
        return drawn.uniform(10, 60)
    if gauge.name.endswith("_seconds"):
        return drawn.uniform(0.0005, 0.01)
    return drawn.uniform(0, 4) if gauge.name.endswith("_average") else drawn.uniform(0, 1e6)
