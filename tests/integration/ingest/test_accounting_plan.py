"""What the database does to tell a message delivered again from one sent twice: it looks up, and reads no ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.ingest.accounting import same_messages
from services.ingest.batch import Delivery
from services.ingest.provenance import provenance_of
from shared.wire.decode import decode
from tests.integration.storage.plans import chunks_of, plan_of
from tests.unit.ingest.messages import FakeMessage, ack_subject, body

STEP = timedelta(minutes=1)
ROWS_COUNT = 20_000
END = datetime.now(UTC).replace(second=0, microsecond=0)

_LEDGER = """INSERT INTO metrics.sample_sets
SELECT $1::timestamptz - ($2 - seq) * interval '1 minute', 'a', 'system', 's', seq, now(), seq
FROM generate_series(1, $2::bigint) AS seq"""


def again(seq: int, stream_sequence: int) -> Delivery:
    data = body(seq=seq, time=END - (ROWS_COUNT - seq) * STEP)
    message = FakeMessage("again", data, reply=ack_subject(stream_sequence))
    return Delivery(message, decode(data, message.subject), provenance_of(message.reply))


@pytest.mark.parametrize(
    ("repeats", "same"),
    [
        pytest.param([(19_000, 19_000)], [1], id="one"),
        pytest.param([(19_000, 7), (19_001, 19_001)], [2], id="sent twice, and delivered again"),
        pytest.param([(1, 1), (19_000, 19_000)], [1, 2], id="two weeks apart"),
        pytest.param([(seq, seq) for seq in range(18_000, 20_000)], list(range(1, 2_001)), id="a whole batch"),
    ],
)
async def test_a_repeat_is_looked_up_in_the_chunk_of_its_time(
    owner: asyncpg.Connection, repeats: list[tuple[int, int]], same: list[int]
) -> None:
    await owner.execute(_LEDGER, END, ROWS_COUNT)
    await owner.execute("ANALYZE metrics.sample_sets")
    deliveries = [again(*repeat) for repeat in repeats]
    statement = same_messages(deliveries)
    assert [row["place"] for row in await owner.fetch(statement.text, *statement.parameters)] == same
    plan = await plan_of(owner, statement)
    scans = [scan for scan in plan.scans if scan.relation != "entered"]
    assert scans
    assert all(scan.index is not None for scan in scans), scans
    assert sum(scan.rows + scan.removed for scan in scans) <= 2 * len(repeats)
    if await owner.fetchval("SELECT mode FROM metrics.schema_state") == "plain":
        return
    times = [delivery.sample_set.time for delivery in deliveries]
    chunks = await chunks_of(owner)
    held = {name for name, chunk in chunks.items() if any(chunk.start <= time < chunk.end for time in times)}
    assert len(held) < len(chunks)
    assert {scan.relation for scan in scans if scan.kind != "Custom Scan"} <= held
