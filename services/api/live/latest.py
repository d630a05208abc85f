"""The newest rows of every host, source and family, in memory and bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.families import FAMILIES
from shared.subjects import SYSTEM_SOURCE
from shared.wire.decode import FamilyRows, Row, SampleSet

HOSTS_MAX = 20_000
SOURCES_MAX = 16
"""Sources of one host; a host's credential could otherwise name new ones without end."""

SILENT_MAX = timedelta(hours=24)
"""A host that was silent for so long is forgotten; its inventory stays in the bucket."""

_COLUMNS = {name: list(family.column_names) for name, family in FAMILIES.items()}
_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode


@dataclass(slots=True, eq=False)
class Reading:
    """Rows of one family that one source read on one host at one instant; encoded once, whoever asks."""

    host: str
    source: str
    family: str
    time: datetime
    interval_seconds: float
    rows: list[Row]
    parts: tuple[tuple[str, int], ...]
    _json: bytes | None = field(default=None, repr=False)
    _msgpack: bytes | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what a newer reading replaces."""
        return self.host, self.source, self.family

    def json(self) -> bytes:
        """Return the live message as JSON."""
        if self._json is None:
            self._json = _encode_json(self._message())
        return self._json

    def msgpack(self) -> bytes:
        """Return the live message as msgpack; the instant is text, as in JSON."""
        if self._msgpack is None:
            self._msgpack = _encode_msgpack({**self._message(), "time": instant(self.time)})
        return self._msgpack

    def _message(self) -> dict[str, Any]:
        return {
            "type": self.family, "host": self.host, "source": self.source, "time": self.time,
            "data": {"columns": _COLUMNS[self.family], "rows": self.rows},
        }  # fmt: skip


@dataclass(slots=True)
class HostReadings:
    """All that is current of one host: source → family → reading."""

    host: str
    time: datetime
    sources: dict[str, dict[str, Reading]] = field(default_factory=dict)

    def reading(self, family: str) -> Reading | None:
        """Return the newest reading of a family, the system's own source before others."""
        own = self.sources.get(SYSTEM_SOURCE, {}).get(family)
        if own is not None:
            return own
        others = [families[family] for families in self.sources.values() if family in families]
        return max(others, key=lambda reading: reading.time, default=None)

    def readings(self) -> Iterator[Reading]:
        """Yield every reading, by source and family."""
        for source in sorted(self.sources):
            families = self.sources[source]
            yield from (families[name] for name in FAMILIES if name in families)


class Latest:
    """The newest readings; everything that can grow has its limit."""

    def __init__(self, hosts_max: int = HOSTS_MAX) -> None:
        self._hosts: dict[str, HostReadings] = {}
        self._hosts_max = hosts_max

    def __len__(self) -> int:
        return len(self._hosts)

    def get(self, host: str) -> HostReadings | None:
        """Return what is current of a host."""
        return self._hosts.get(host)

    def hosts(self, shown: Callable[[str], bool]) -> list[str]:
        """Return the names of hosts that a test shows, in order."""
        return sorted(host for host in self._hosts if shown(host))

    def apply(self, sample_set: SampleSet) -> list[Reading]:
        """Take over what is newer than what we have, and return it; repeats and late ones return nothing."""
        known = self._hosts.get(sample_set.host)
        if known is None:
            if len(self._hosts) >= self._hosts_max:
                return []
            known = self._hosts[sample_set.host] = HostReadings(sample_set.host, sample_set.time)
        families = known.sources.get(sample_set.source)
        if families is None:
            if len(known.sources) >= SOURCES_MAX:
                return []
            families = known.sources[sample_set.source] = {}
        known.time = max(known.time, sample_set.time)
        part = (sample_set.session, sample_set.seq)
        fresh = []
        for name, rows in sample_set.families.items():
            reading = _newer(families.get(name), sample_set, name, rows, part)
            if reading is not None:
                families[name] = _merged(families.get(name), reading)
                fresh.append(reading)
        return fresh

    def forget_silent(self, now: datetime) -> None:
        """Drop hosts that were silent for longer than SILENT_MAX."""
        silent = [name for name, host in self._hosts.items() if now - host.time > SILENT_MAX]
        for name in silent:
            del self._hosts[name]


def instant(time: datetime) -> str:
    """Return an instant as ISO 8601 text in UTC."""
    return time.isoformat().replace("+00:00", "Z")


def _newer(
    before: Reading | None, sample_set: SampleSet, name: str, rows: FamilyRows, part: tuple[str, int]
) -> Reading | None:
    if before is not None and (sample_set.time < before.time or part in before.parts):
        return None
    return Reading(sample_set.host, sample_set.source, name, sample_set.time, rows.interval_seconds, rows.rows, (part,))


def _merged(before: Reading | None, reading: Reading) -> Reading:
    """Return both parts as one where a tick was too large for one message."""
    if before is None or before.time != reading.time:
        return reading
    return Reading(
        reading.host, reading.source, reading.family, reading.time, reading.interval_seconds,
        before.rows + reading.rows, before.parts + reading.parts,
    )  # fmt: skip
