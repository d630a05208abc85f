"""Ingest as a process of its own, and sample sets to feed it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgpack
from nats.aio.client import Client

from shared.families import FAMILIES
from shared.subjects import BACKFILL, METRICS, metrics_subject
from tests.servers import wait_until

REPOSITORY = Path(__file__).parents[3]
HOST = "web-1.example.com"
SWAP_COLUMNS = list(FAMILIES["swap"].column_names)


@dataclass
class IngestProcess:
    """`python -m services.ingest`, its log in a file; `environment` holds its settings without the prefix."""

    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, ready: bool = True) -> None:
        """Start, and wait for readiness unless told otherwise."""
        known = {f"VITALWIRE_INGEST_{name.upper()}": value for name, value in self.environment.items()}
        before = self.events("ready")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.ingest"],
                cwd=REPOSITORY, env=dict(os.environ) | known, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        if ready:
            wait_until(lambda: self._ready(len(before)), f"ingest; its log: {self.log}", 30)

    def events(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def send(self, number: int) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal, SIGKILL when that takes long; return its status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(5)

    def _ready(self, before: int) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return len(self.events("ready")) > before


def sample_set(host: str, seq: int, time: datetime, families: dict[str, Any] | None = None, **changed: Any) -> bytes:
    """Return the body of a sample set of one swap row whose total tells its seq; written without product code."""
    if families is None:
        families = {"swap": swap([[seq, 0, 0, 1.5, 0.0, 0.0]])}
    body = {"v": 1, "host": host, "source": "system", "session": "a" * 24, "seq": seq, "time": time,
            "families": families}  # fmt: skip
    return bytes(msgpack.packb(body | changed, datetime=True))


def swap(rows: list[list[Any]]) -> dict[str, Any]:
    """Return a table of the family swap."""
    return {"interval_seconds": 1.0, "columns": SWAP_COLUMNS, "rows": rows}


def ticks(count: int) -> list[datetime]:
    """Return so many whole seconds that end now, oldest first."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [now - timedelta(seconds=count - number) for number in range(1, count + 1)]


async def publish(client: Client, bodies: Iterable[bytes], host: str = HOST) -> int:
    """Store bodies in METRICS, in order; return how many."""
    jetstream = client.jetstream()
    count = 0
    for body in bodies:
        pending = await jetstream.publish_async(metrics_subject(host, "system"), body)
        count += 1
    if count:
        await pending
        await jetstream.publish_async_completed()
    return count


async def drained(client: Client, seconds_max: float = 30) -> None:
    """Return when both durables have nothing waiting and nothing unanswered; `client` may ask for both."""
    jetstream = client.jetstream()
    async with asyncio.timeout(seconds_max):
        while True:
            found = [await jetstream.consumer_info(stream, "ingest") for stream in (METRICS, BACKFILL)]
            if all(state.num_pending == 0 and state.num_ack_pending == 0 for state in found):
                return
            await asyncio.sleep(0.05)


async def stored_seqs(connection: asyncpg.Connection, host: str = HOST) -> list[int]:
    """Return the seqs that the rows of swap tell, in order: a doubled row shows twice."""
    rows = await connection.fetch("SELECT total_bytes FROM metrics.swap WHERE host = $1 ORDER BY 1", host)
    return [row[0] for row in rows]
