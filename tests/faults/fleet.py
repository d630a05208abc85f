"""A whole installation that faults are committed on: servers, ingest, and invented hosts that never stop talking."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError

from shared.subjects import inbox_prefix
from tests.faults.postgres_processes import processes_of
from tests.nats_cluster import cluster, whole
from tests.processes import ROOT, Service
from tests.servers import NatsServer, PostgresServer, temporary_directory, wait_until
from tests.waiting import holds

DATABASE = "vitalwire"
STREAMS = ("METRICS", "BACKFILL")
DRAINED_S_MAX = 90.0


@dataclass(frozen=True, slots=True)
class Durability:
    """How the servers write: as in production, or for a short test, which no power cut ends."""

    fsync: bool = False
    sync_interval: str = "always"
    ack_wait_s: float = 2.0
    connections_max: int = 40


@dataclass(frozen=True, slots=True)
class Spell:
    """What was ticked within [start, end] cannot have come to a stream before `back`."""

    start: datetime
    end: datetime
    back: datetime


@dataclass
class Fleet:
    """Servers and services; what is started here is ended here."""

    directory: Path
    nodes: list[NatsServer]
    postgres: PostgresServer
    durability: Durability
    chance: random.Random
    ingests: list[Service] = field(default_factory=list)
    others: list[Service] = field(default_factory=list)
    apart: list[Service] = field(default_factory=list)
    """Those with a way to the bus of their own: a fault of the bus may find them cut off already."""
    logs: list[Path] = field(default_factory=list)
    away: list[Spell] = field(default_factory=list)
    """When nothing could be said to the bus."""
    limits_reached: bool = False
    """Whether a test has let a stream become full, so that it let something go unread."""

    @property
    def urls(self) -> str:
        return ",".join(node.url for node in self.nodes)

    @property
    def pids(self) -> tuple[int | None, ...]:
        """The process of each node."""
        return tuple(None if node.process is None else node.process.pid for node in self.nodes)

    @property
    def data(self) -> Path:
        return self.postgres.directory / "data"

    def provision(self, **settings: str) -> None:
        """Run provision, as an administrator does."""
        environment = self._environment("provision", {
            "nats_urls": self.urls, "nats_password": self.nodes[0].passwords["provision"].reveal(),
            "database_url": self.postgres.url(DATABASE), "ack_wait_s": str(self.durability.ack_wait_s),
            "replicas": str(len(self.nodes)), **settings,
        })  # fmt: skip
        with (self.directory / "provision.log").open("ab") as log:
            subprocess.run([sys.executable, "-m", "services.ingest.provision"], cwd=ROOT, env=environment, check=True,
                           stdout=log, stderr=subprocess.STDOUT)  # fmt: skip

    async def start_ingest(self, **settings: str) -> Service:
        """Start one more ingest process."""
        values = {
            "nats_urls": self.urls, "nats_password": self.nodes[0].passwords["ingest"].reveal(),
            "database_url": self.postgres.url(DATABASE, "vw_ingest"), **settings,
        }  # fmt: skip
        log = self.new_log("ingest")
        service = Service("services.ingest", self._variables("ingest", values), log)
        await asyncio.to_thread(service.start)
        self.ingests.append(service)
        return service

    async def simulate(self, hosts: int, seed: int) -> Service:
        """Start a process that invents so many hosts, each at one second."""
        values = {
            "nats_urls": self.urls, "nats_password": self.nodes[0].passwords["simulator"].reveal(),
            "simulate": str(hosts), "simulate_seed": str(seed), "interval_seconds": "1",
        }  # fmt: skip
        log = self.new_log("simulator")
        service = Service("services.collector", self._variables("collector", values), log)
        await asyncio.to_thread(service.start)
        self.others.append(service)
        return service

    async def end(self, service: Service) -> None:
        """Ask a service to end, which it does with status 0."""
        for services in (self.ingests, self.others, self.apart):
            if service in services:
                services.remove(service)
        status = await asyncio.to_thread(service.stop)
        assert status == 0, service.log.read_text()[-3000:]

    async def database(self) -> asyncpg.Connection:
        """Return a superuser's connection."""
        return await asyncpg.connect(self.postgres.url(DATABASE))

    async def bus(self, user: str) -> Client:
        """Return a connection as a bus user."""
        return await nats.connect(
            [node.url for node in self.nodes], user=user, password=self.nodes[0].passwords[user].reveal(),
            inbox_prefix=inbox_prefix(user), max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=_unheard,
        )  # fmt: skip

    async def drained(self) -> None:
        """Return when nothing waits in the streams and nothing is unanswered."""
        client = await self.bus("provision")
        try:
            await holds(partial(self._nothing_waits, client), "ingest to have stored everything", self._drained_s_max)
        finally:
            await client.close()

    async def answered(self) -> None:
        """Return when ingest has answered all that METRICS has at this moment, whatever comes meanwhile."""
        client = await self.bus("provision")
        try:
            last = (await client.jetstream().stream_info(STREAMS[0])).state.last_seq
            await holds(
                partial(self._has_answered, client, last), f"ingest to answer up to {last}", self._drained_s_max
            )
        finally:
            await client.close()

    async def _has_answered(self, client: Client, seq: int) -> bool:
        try:
            floor = (await client.jetstream().consumer_info(STREAMS[0], "ingest")).ack_floor
        except NatsTimeoutError:
            return False
        return floor is not None and floor.stream_seq >= seq

    async def delivered_again(self) -> int:
        """Return how many deliveries to ingest were not the first of their message, as the broker counts."""
        client = await self.bus("provision")
        counts: list[int] = []

        async def counted() -> bool:
            with suppress(NatsTimeoutError):
                found = [(await client.jetstream().consumer_info(each, "ingest")).delivered for each in STREAMS]
                counts.append(sum(each.consumer_seq - each.stream_seq for each in found if each is not None))
            return bool(counts)

        try:
            await holds(counted, "the broker to tell what it delivered", self._drained_s_max)
        finally:
            await client.close()
        return counts[-1]

    @property
    def _drained_s_max(self) -> float:
        # What a killed process had in hand comes only then.
        return DRAINED_S_MAX + self.durability.ack_wait_s

    async def _nothing_waits(self, client: Client) -> bool:
        jetstream = client.jetstream()
        for stream in STREAMS:
            # In a cluster the durable's node may not know yet that something waits; the stream does.
            try:
                last = (await jetstream.stream_info(stream)).state.last_seq
                durable = await jetstream.consumer_info(stream, "ingest")
            except NatsTimeoutError:  # a cluster that chooses a leader answers nobody for some seconds
                return False
            read_to = durable.delivered.stream_seq if durable.delivered is not None else 0
            if durable.num_pending or durable.num_ack_pending or read_to < last:
                return False
        return True

    def new_log(self, name: str) -> Path:
        """Return the path of a log that no process has yet."""
        self.logs.append(self.directory / f"{name}-{len(self.logs)}.log")
        return self.logs[-1]

    def _variables(self, section: str, values: dict[str, str]) -> dict[str, str]:
        return {f"VITALWIRE_{section.upper()}_{name.upper()}": value for name, value in values.items()}

    def _environment(self, section: str, values: dict[str, str]) -> dict[str, str]:
        return {"PYTHONPATH": str(ROOT), **self._variables(section, values)}


async def said(service: Service, text: str, since_bytes: int, seconds_max: float = 60.0) -> None:
    """Return once the log of a service says this, after so many bytes of it."""
    await asyncio.to_thread(
        wait_until, lambda: text.encode() in service.log.read_bytes()[since_bytes:], f"{text!r} in {service.log}",
        seconds_max,
    )  # fmt: skip


def spoken_bytes(service: Service) -> int:
    """Return how long the log of a service is."""
    return service.log.stat().st_size


def events(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


@asynccontextmanager
async def installation(durability: Durability, seed: int, nodes: int = 1) -> AsyncIterator[Fleet]:
    """Yield a provisioned installation with one ingest process; afterwards nothing of it is left."""
    directory = temporary_directory("faults")
    made = Fleet(
        directory=directory,
        nodes=_nodes(directory, nodes, durability.sync_interval),
        postgres=PostgresServer(directory / "pg", fsync=durability.fsync),
        durability=durability,
        chance=random.Random(seed),
    )
    try:
        await asyncio.to_thread(_start_servers, made)
        if nodes > 1:
            await whole(made.nodes)
        await asyncio.to_thread(made.provision)
        await made.start_ingest()
        yield made
    finally:
        await asyncio.to_thread(_end, made)
        shutil.rmtree(directory, ignore_errors=True)


def _nodes(directory: Path, count: int, sync_interval: str) -> list[NatsServer]:
    if count > 1:
        return cluster(directory, count, sync_interval)
    return [NatsServer(directory / "nats", sync_interval=sync_interval)]


def _start_servers(made: Fleet) -> None:
    for node in made.nodes:
        node.start()
    made.postgres.initialise()
    with (made.data / "postgresql.conf").open("a") as config:
        config.write(f"max_connections = {made.durability.connections_max}\n")
    made.postgres.start()


def _end(made: Fleet) -> None:
    for service in (*made.apart, *made.others, *made.ingests):
        process = service.process
        if process is not None and process.poll() is None:
            service.stop(signal.SIGKILL)
    for node in made.nodes:
        if node.process is not None:
            node.process.send_signal(signal.SIGCONT)
            node.stop()
    made.postgres.stop()
    with suppress(AssertionError):
        wait_until(lambda: not processes_of(made.data), "the end of PostgreSQL's processes", 10)


async def _unheard(_: Exception) -> None:
    """Faults cut every connection; each comes back by itself."""
