"""Runs a later version of the product, in a process of its own: `python -m tests.integration.storage.later URL NAME`.

It provisions twice, writes the messages of its input, does the upkeep, and prints what its API answers.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from shared import families
from shared.resolution import Level
from tests.integration.storage.growth import GROWN

ANSWERS: tuple[tuple[Level, int | None], ...] = (("raw", None), ("1m", 60), ("5m", 300), ("1h", 3_600))


class Wire(msgspec.Struct):
    """A message as the broker delivers it."""

    body: bytes
    subject: str
    reply: str


class Later(msgspec.Struct):
    """What the later version says."""

    unknown: list[str]
    gauges: list[str]
    answers: dict[str, msgspec.Raw]


async def run(postgres_url: str, name: str, messages: list[Wire]) -> Later:
    """Return what the later version says of a database that an earlier one made."""
    # Imported only now: what they know they derive from the definitions, once.
    from services.api.metrics.families import all_families
    from services.ingest.batch import judge
    from tests.integration.conftest import database_on
    from tests.integration.storage.generate import RETENTION
    from tests.integration.storage.product import keep_up, provision, write
    from tests.integration.storage.reading import ask, queries, request
    from tests.unit.ingest.messages import FakeMessage

    database = database_on(postgres_url, name)
    for _ in range(2):
        await provision(database)
    batch = judge([FakeMessage(wire.subject, wire.body, wire.subject, wire.reply) for wire in messages], RETENTION)
    assert not batch.refusals, batch.refusals
    await write(database, [batch.deliveries] if batch.deliveries else [])
    await keep_up(database)
    (swap,) = (family for family in all_families().families if family.name == "swap")
    now = datetime.now(UTC)
    answers: dict[str, Any] = {}
    async with queries(database) as reader:
        for level, step_s in ANSWERS:
            span = (now - timedelta(hours=2), now)
            answers[level] = await ask(reader, request(GROWN, [gauge.name for gauge in GROWN.gauges], span, step_s))
    encoded = {level: msgspec.Raw(msgspec.json.encode(answer)) for level, answer in answers.items()}
    return Later(batch.unknown, [gauge.name for gauge in swap.gauges], encoded)


def main() -> int:
    """Take the messages from standard input and print what the later version says."""
    families.FAMILIES["swap"] = GROWN
    messages = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[Wire])
    said = asyncio.run(run(sys.argv[1], sys.argv[2], messages))
    sys.stdout.buffer.write(msgspec.json.encode(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
