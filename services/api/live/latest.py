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
from shared.wire.encode import round_real

HOSTS_MAX = 20_000
SOURCES_MAX = 16
"""Sources of one host; a host's credential could otherwise name new ones without end."""

SILENT_MAX = timedelta(hours=24)
"""A host that was silent for so long is forgotten; its inventory stays in the bucket."""

_REALS = {
    name: frozenset(at for at, column in enumerate(family.columns) if column.sql_type == "real")
    for name, family in FAMILIES.items()
}
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
    session: str
    seq: int
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
    newest: dict[str, SampleSet] = field(default_factory=dict)

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
        last = known.newest.get(sample_set.source)
        if last is None or _is_newer(sample_set, last):
            # Without its rows: what is current of each family stands beside.
            known.newest[sample_set.source] = msgspec.structs.replace(sample_set, families={})
        fresh = []
        for name, rows in sample_set.families.items():
            before = families.get(name)
            if before is None or _is_newer(sample_set, before):
                reading = _reading(sample_set, name, rows)
                families[name] = _merged(before, reading)
                fresh.append(reading)
        return fresh

    def missed(self, sample_set: SampleSet) -> int:
        """Return how many sample sets of its source never came between the newest we have and this one."""
        known = self._hosts.get(sample_set.host)
        last = None if known is None else known.newest.get(sample_set.source)
        if last is None or not _is_newer(sample_set, last):
            return 0
        if last.session == sample_set.session:
            return max(0, sample_set.seq - last.seq - 1)
        previous = sample_set.previous
        tail = previous.seq_last - last.seq if previous is not None and previous.session == last.session else 0
        return max(0, tail) + sample_set.seq - 1

    def forget_silent(self, now: datetime) -> None:
        """Drop hosts that were silent for longer than SILENT_MAX."""
        silent = [name for name, host in self._hosts.items() if now - host.time > SILENT_MAX]
        for name in silent:
            del self._hosts[name]


def instant(time: datetime) -> str:
    """Return an instant as ISO 8601 text in UTC."""
    return time.isoformat().replace("+00:00", "Z")


def _is_newer(sample_set: SampleSet, before: SampleSet | Reading) -> bool:
    """Return whether a sample set is later; within a session `seq` decides too: a clock may have been set back."""
    return sample_set.time > before.time or (sample_set.session == before.session and sample_set.seq > before.seq)


def _reading(sample_set: SampleSet, name: str, rows: FamilyRows) -> Reading:
    reals = _REALS[name]
    # Our collectors round; another program may not, and live must show what is read back from the database.
    rounded = [
        tuple(round_real(cell) if at in reals and cell is not None else cell for at, cell in enumerate(row))
        for row in rows.rows
    ]
    return Reading(
        sample_set.host, sample_set.source, name, sample_set.time, rows.interval_seconds, rounded,
        sample_set.session, sample_set.seq,
    )  # fmt: skip


def _merged(before: Reading | None, reading: Reading) -> Reading:
    """Return both parts as one where a tick was too large for one message."""
    if before is None or (before.time, before.session) != (reading.time, reading.session):
        return reading
    return Reading(
        reading.host, reading.source, reading.family, reading.time, reading.interval_seconds,
        before.rows + reading.rows, reading.session, reading.seq,
    )  # fmt: skip
