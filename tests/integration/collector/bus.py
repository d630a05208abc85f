"""A bus of a test's own with the product's streams, and a collector as a process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from shared.families import FAMILIES
from shared.settings import Secret
from shared.streams import streams
from shared.subjects import BACKFILL, METRICS, host_user, inbox_prefix
from shared.wire.decode import SampleSet, decode
from tests.servers import NatsServer, wait_until

MIB = 1024**2
HOST = "web-1.example.com"
ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class Collector:
    """A collector that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def logged(self, event: str) -> int:
        """Return how many lines of its log tell this event."""
        return self.log.read_text().count(f'"event": "{event}"')

    def wait_ready(self) -> None:
        """Return once it is ready; fail with its log when it ended instead."""
        wait_until(lambda: self.logged("ready") > 0 or self.process.poll() is not None, "the collector")
        assert self.process.poll() is None, self.log.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its status."""
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def collector(
    server: NatsServer,
    log: Path,
    *flags: str,
    password: Secret | None = None,
    program: tuple[str, ...] = ("-m", "services.collector"),
) -> Iterator[Collector]:
    """Run a collector of HOST; ended at the latest when the block ends."""
    secret = password or server.passwords[host_user(HOST)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VITALWIRE_")},
        "PYTHONPATH": str(ROOT),
        "VITALWIRE_COLLECTOR_NATS_PASSWORD": secret.reveal(),
    }
    spool = f"--spool-directory={log.parent / 'spool'}"
    arguments = [sys.executable, *program, f"--host={HOST}", f"--nats-urls={server.url}", spool, *flags]
    with log.open("wb") as file:
        process = subprocess.Popen(arguments, stderr=file, env=environment, cwd=ROOT)
        try:
            yield Collector(process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(20)


@asynccontextmanager
async def provision(server: NatsServer) -> AsyncIterator[Client]:
    """Connect as provision, which may read and make streams."""
    client = await nats.connect(
        server.url, user="provision", password=server.passwords["provision"].reveal(),
        inbox_prefix=inbox_prefix("provision"),
    )  # fmt: skip
    try:
        yield client
    finally:
        await client.close()


async def make_streams(server: NatsServer) -> None:
    """Make every stream that the product has."""
    async with provision(server) as client:
        for stream in streams(256 * MIB, 64 * MIB):
            config = StreamConfig(
                name=stream.name, subjects=list(stream.subjects), allow_direct=stream.direct,
                max_msgs_per_subject=stream.messages_per_subject_max,
            )  # fmt: skip
            await client.jetstream().add_stream(config)


async def stored(server: NatsServer, stream: str) -> list[tuple[str, bytes]]:
    """Return subject and body of every message of a stream, oldest first."""
    async with provision(server) as client:
        js = client.jetstream()
        state = (await js.stream_info(stream)).state
        messages = []
        for number in range(max(1, state.first_seq), state.last_seq + 1):
            try:
                message = await js.get_msg(stream, number)
            except NotFoundError:
                continue
            messages.append((message.subject or "", message.data or b""))
        return messages


async def sample_sets(server: NatsServer, *names: str) -> list[SampleSet]:
    """Return all sample sets of the streams, in the order of their numbers, each once."""
    found = [message for name in names or (METRICS, BACKFILL) for message in await stored(server, name)]
    decoded = {sample.seq: sample for sample in (decode(body, subject) for subject, body in found)}
    return [decoded[seq] for seq in sorted(decoded)]


def rows(sample: SampleSet, family: str) -> list[dict[str, Any]]:
    """Return the rows of a family as mappings of column to value; none when it was not due."""
    if family not in sample.families:
        return []
    names = FAMILIES[family].column_names
    return [dict(zip(names, row, strict=True)) for row in sample.families[family].rows]


async def tick(count: int = 1) -> int:
    """Return just after the count-th full second from now, and which one that is."""
    second = int(time.time()) + count
    await asyncio.sleep(second + 0.005 - time.time())
    return second
