"""What was told is kept while the one who told it may still tell, and not a moment longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from nats.aio.client import Client

from services.alerting.notifier.keeping import BATCH, Keeping
from services.alerting.notifier.metrics import Metrics
from services.alerting.notifier.outbox import Address, GivenUp, Outbox
from services.alerting.notifier.waiting import Patience
from services.alerting.telling import Notifier
from shared.alerts.notified import Notified
from tests.unit.alerting.notifier.test_waiting import telling
from tests.unit.alerting.timeline import at

TOLD = Notified("firing", "critical", at(0), at(1), at(1), at(1))


@dataclass
class Streams:
    """Takes what is published."""

    subjects: list[str] = field(default_factory=list)

    def jetstream(self, timeout: float) -> Streams:
        return self

    async def publish(
        self, subject: str, body: bytes, headers: Mapping[str, str] | None = None, msg_ttl: float | None = None
    ) -> None:
        self.subjects.append(subject)


@dataclass
class Told:
    """What a notifier has told and not kept yet."""

    left: list[str]

    def unkept(self, waiting: Sequence[str]) -> list[tuple[str, Notified | None]]:
        return [(key, TOLD) for key in self.left]

    def kept(self, key: str, told: Notified | None) -> None:
        self.left.remove(key)


@pytest.mark.parametrize(
    ("turns", "kept_count", "letters_count"),
    [
        pytest.param(9, 2 * BATCH + 1, 1, id="held"),
        pytest.param(0, 0, 0, id="woken after another has begun"),
        pytest.param(2, 2 * BATCH, 0, id="lost amid it"),
    ],
)
async def test_only_who_may_tell_keeps(turns: int, kept_count: int, letters_count: int) -> None:
    streams, told = Streams(), Told([f"cpu.web-{number}.system" for number in range(2 * BATCH + 1)])
    left = iter([True] * turns)
    keeping = Keeping(
        cast(Client, streams), cast(Notifier, told), Outbox(Patience()), Metrics(), lambda: next(left, False)
    )
    keeping.look([GivenUp(Address("ops", 1), telling("web-1"), "no answer")])
    await keeping.finish()
    written = [subject for subject in streams.subjects if subject.startswith("$KV.notified.cpu.web-")]
    assert (len(written), len(told.left)) == (kept_count, 2 * BATCH + 1 - kept_count)
    assert streams.subjects.count("dead.alerts") == letters_count
