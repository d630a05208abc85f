"""Sample sets of one fixed shape: 4 cores, 2 mounts, 2 disks, 2 interfaces; seeded, so that runs can be compared."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from shared.families import FAMILIES
from shared.family import Column, Family
from shared.wire.encode import Encoded, Numbering, Rows, cells, encode

SHAPE: dict[str, list[dict[str, Any]]] = {
    "cpu": [{}],
    "cpu_core": [{"core": number} for number in range(4)],
    "memory": [{}],
    "swap": [{}],
    "disk": [{"mount": "/", "device": "/dev/vda1"}, {"mount": "/srv", "device": "/dev/vdb1"}],
    "disk_io": [{"device": "vda"}, {"device": "vdb"}],
    "network": [{"interface": "eth0"}, {"interface": "lo"}],
}


class Sampler:
    """Makes the sample sets of one host, one after the other."""

    def __init__(self, host: str, seed: int, session: str | None = None, last: int = 0) -> None:
        self._host = host
        self._random = random.Random(seed)
        self._numbering = Numbering(session or f"bench-{seed}", last)

    @staticmethod
    def gauges(name: str) -> tuple[Column, ...]:
        """Return the gauges of a family, each of which is a number in every row."""
        return FAMILIES[name].gauges

    def next(self, time: datetime) -> tuple[Encoded, int]:
        """Return the next sample set and how many numbers (gauges that are not null) it holds."""
        readings = [self._rows(FAMILIES[name], labels) for name, labels in SHAPE.items()]
        numbers = sum(len(reading.family.gauges) * len(reading.rows) for reading in readings)
        (encoded,) = encode(self._host, "system", time, readings, self._numbering)
        return encoded, numbers

    def _rows(self, family: Family, labels: list[dict[str, Any]]) -> Rows:
        return Rows(family, 1.0, [self._row(family, row_labels) for row_labels in labels])

    def _row(self, family: Family, labels: dict[str, Any]) -> list[str | int | float | None]:
        gauges = {
            gauge.name: self._random.randrange(10**11) if gauge.type is int else self._random.uniform(0, 100)
            for gauge in family.gauges
        }
        return cells(family, family.row(**labels, **gauges))
