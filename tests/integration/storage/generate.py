"""Sample sets as hosts would have sent them: seeded, real bytes, judged as ingest judges them, some of them twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from services.ingest.batch import Delivery, judge
from shared.families import FAMILIES
from shared.family import Column, Family
from shared.subjects import token
from shared.wire.encode import Numbering, Rows, encode
from tests.integration.storage.samples import MICROSECONDS, Cells, Flags, Ints, Numbers, Run, instant, microseconds
from tests.integration.storage.timeline import HOUR_S, MINUTE_S, Age, Part, Size, Stretch, stretches
from tests.unit.ingest.messages import FakeMessage, ack_subject

SEED = 4711
SOURCE = "system"
RETENTION = timedelta(days=7)
BATCH_SAMPLE_SETS = 500
REPEATED_SHARE = 0.05
ON_THE_WAY = timedelta(seconds=0.2)

SERIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "cpu": ((),),
    "network": (("eth0",), ('say "50 %" \\ _',)),
    "disk": (("/", "/dev/vda1"), ("/srv", "/dev/big")),
}
"""Family → the labels of each host's series; strangers choose such names."""
FAMILIES_SEEN = tuple(FAMILIES[name] for name in SERIES)
IN_ORDER = Stretch(Age(0, 0), Part.MAIN)


@dataclass(frozen=True, slots=True)
class Recording:
    """What one host saw in one session."""

    host: str
    session: str
    stretch: Stretch
    ticks: Ints
    runs: tuple[Run, ...]


def record(size: Size, end: datetime) -> list[Recording]:
    """Return what every host saw in the days before `end`, a whole ten seconds; equal for equal arguments."""
    recordings = []
    for host_index, host in enumerate(size.hosts):
        for number, stretch in enumerate(stretches(host_index, size.span_s)):
            age = stretch.age
            ages_s = np.arange(age.older_s, age.younger_s, -size.interval_s, dtype=np.int64) + stretch.behind_s
            ticks = microseconds(end) - ages_s * MICROSECONDS
            recordings.append(record_ticks(host, number, ticks, stretch=stretch))
    return recordings


def record_ticks(
    host: str, session: int, ticks: Ints, families: Sequence[Family] = FAMILIES_SEEN, stretch: Stretch = IN_ORDER
) -> Recording:
    """Return what one host saw in one session at these ticks."""
    random = np.random.default_rng([SEED, *host.encode(), session])
    runs = tuple(
        draw(family, (host, SOURCE, *labels), ticks, random)
        for family in families
        for labels in SERIES.get(family.name, ((),))
    )
    return Recording(host, f"{session:024x}", stretch, ticks, runs)


def draw(family: Family, key: tuple[str, ...], ticks: Ints, random: np.random.Generator) -> Run:
    """Return rows of one series at the ticks at which the family is due; an optional gauge is absent half the time."""
    due = ticks[ticks % (family.interval_seconds * MICROSECONDS) == 0]
    if "/srv" in key:
        # Mounted for an hour, then away for half an hour.
        due = due[due // (30 * MINUTE_S * MICROSECONDS) % 3 != 0]
    cells = {}
    for position, gauge in enumerate(family.gauges):
        present = _half_present(due, position, random) if gauge.optional else np.ones(len(due), np.bool_)
        cells[gauge.name] = Cells(_numbers(gauge, "/dev/big" in key, len(due), random), present)
    return Run(family, key, due, cells)


def _numbers(gauge: Column, big: bool, count: int, random: np.random.Generator) -> Numbers:
    """Return numbers as the wire carries them: whole, or of six significant digits."""
    if gauge.sql_type == "bigint":
        # Beyond 2**53 a minimum that went through a double would show.
        return random.integers(0, 10**6, count) + (2**60 if big else 0)
    if gauge.unit == "percent":
        return random.integers(0, 10_001, count) / 100
    return random.integers(0, 10**6, count) / 10


def _half_present(ticks: Ints, position: int, random: np.random.Generator) -> Flags:
    """Return which readings exist, half of them: by chance, or all of two hours and none of two others."""
    kind = (ticks // (2 * HOUR_S * MICROSECONDS) + position) % 4
    return np.where(kind < 2, random.random(len(ticks)) < 0.5, kind == 2)


def deliveries(recordings: Sequence[Recording], end: datetime, part: Part = Part.MAIN) -> Iterator[list[Delivery]]:
    """Yield the part's sample sets in batches as ingest settles them; some come again in the same batch or the next."""
    random = np.random.default_rng([SEED, len(part.value)])
    batch: list[FakeMessage] = []
    before: list[FakeMessage] = []
    for message in sent([recording for recording in recordings if recording.stretch.part is part], end, part):
        batch += [message] * (2 if random.random() < REPEATED_SHARE else 1)
        if len(batch) >= BATCH_SAMPLE_SETS:
            again = [before[at] for at in np.flatnonzero(random.random(len(before)) < REPEATED_SHARE)]
            yield judged(batch + again)
            batch, before = [], batch
    if batch:
        yield judged(batch)


def judged(messages: Sequence[FakeMessage]) -> list[Delivery]:
    """Return the deliveries of messages that ingest must accept, every one."""
    batch = judge(messages, RETENTION)
    assert len(batch.deliveries) == len(messages), (batch.refusals[:1], len(batch.too_old))
    assert not batch.unknown
    return batch.deliveries


def message(host: str, tick: int, readings: Sequence[Rows], numbering: Numbering, arrived: datetime) -> FakeMessage:
    """Return the message of one tick as the broker delivers it."""
    (encoded,) = encode(host, SOURCE, instant(tick), readings, numbering)
    subject = f"metrics.{token(host)}.{SOURCE}"
    return FakeMessage(f"{host} {encoded.seq}", encoded.body, subject, ack_subject(encoded.seq, arrived=arrived))


def sent(recordings: Sequence[Recording], end: datetime, part: Part = Part.MAIN) -> Iterator[FakeMessage]:
    """Yield messages in the order in which hosts sent them; a late one arrives at the end, whatever its time."""
    order = sorted(
        (tick + recording.stretch.behind_s * MICROSECONDS, at, tick)
        for at, recording in enumerate(recordings)
        for tick in recording.ticks.tolist()
    )
    tables = [_tables(recording.runs) for recording in recordings]
    numberings = [Numbering(recording.session) for recording in recordings]
    for sent_at, at, tick in order:
        arrived = end if part is Part.LATE else instant(sent_at) + ON_THE_WAY
        yield message(recordings[at].host, tick, tables[at][tick], numberings[at], arrived)


def _tables(runs: Sequence[Run]) -> dict[int, list[Rows]]:
    """Return tick → one table for each family that is due then."""
    found: dict[int, dict[str, Rows]] = {}
    for run in runs:
        family, labels = run.family, list(run.key[2:])
        for tick, row in zip(run.time.tolist(), run.rows(), strict=True):
            tables: dict[str, Any] = found.setdefault(tick, {})
            table = tables.setdefault(family.name, Rows(family, family.interval_seconds, []))
            table.rows.append([*labels, *row])
    return {tick: list(tables.values()) for tick, tables in found.items()}
