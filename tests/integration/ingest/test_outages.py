"""The database or the bus away: ingest lives, waits, and goes on."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvloop
from nats.aio.client import Client

from services.ingest.batch import Delivery
from services.ingest.errors import TooSlowError, UnavailableError
from services.ingest.left_behind import expect_lost_connections
from services.ingest.link import LOST_S
from services.ingest.metrics import Metrics
from services.ingest.provenance import provenance_of
from services.ingest.provision import provision_database
from services.ingest.sink import PostgresSink
from shared.families import FAMILIES
from shared.wire.decode import decode
from tests.integration.conftest import Database
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, events, logged, publish, sample_set, ticks, until
from tests.servers import NatsServer, PostgresServer
from tests.unit.ingest.messages import FakeMessage, body

Runner = Callable[[Coroutine[Any, Any, None]], None]


async def test_the_database_is_away_at_the_start(
    ingest: StartIngest, own_postgres: PostgresServer, host_client: Client, admin_client: Client
) -> None:
    await provision_database(own_postgres.url("vitalwire"))
    own_postgres.stop()
    process = ingest(database_url=own_postgres.url("vitalwire", "vw_ingest"))
    process.start(ready=False)
    await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(5), start=1)))
    await logged(process, "waiting for the database")
    own_postgres.start()
    await drained(admin_client)
    assert process.stop() == 0


async def test_a_stop_while_everything_is_away_ends_at_once(ingest: StartIngest, own_bus: NatsServer) -> None:
    own_bus.stop()
    process = ingest(database_url="postgresql://vw_ingest@/nowhere?host=/nonexistent")
    process.start(ready=False)
    await logged(process, "bus error")
    assert process.stop() == 0


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP], ids=["stopped", "killed", "frozen"]
)
async def test_a_stop_with_answers_that_the_bus_cannot_take_ends_it_as_asked(
    number: int, ingest: StartIngest, own_bus: NatsServer, host_client: Client, owner: asyncpg.Connection
) -> None:
    process = ingest()
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.swap IN ACCESS EXCLUSIVE MODE")
        await asyncio.to_thread(process.start)
        await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(5), start=1)))
        await until(owner, "EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'metrics.swap'::regclass)")
        if number == signal.SIGSTOP:
            assert own_bus.process is not None
            own_bus.process.send_signal(number)
        else:
            await asyncio.to_thread(own_bus.stop, number)
            await logged(process, "bus disconnected")
    await until(owner, "count(*) = 5 FROM metrics.swap")
    status = await asyncio.to_thread(process.stop)
    if own_bus.process is not None:
        own_bus.process.send_signal(signal.SIGCONT)
    assert (status, events(process, "ingest ends: this is a bug, or the database refuses this role")) == (0, [])


async def test_a_stop_while_the_database_is_frozen_ends_it_as_asked(
    ingest: StartIngest, host_client: Client, owner: asyncpg.Connection
) -> None:
    process = ingest()
    waits = "FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND relation = 'metrics.swap'::regclass"
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.swap IN ACCESS EXCLUSIVE MODE")
        await asyncio.to_thread(process.start)
        await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(5), start=1)))
        await until(owner, f"EXISTS (SELECT {waits})")
        frozen = await owner.fetchval(f"SELECT pid {waits}")
        os.kill(frozen, signal.SIGSTOP)
        try:
            # It may finish its batch for ten seconds; a statement might go on for thirty.
            assert await asyncio.to_thread(process.stop) == 0, process.log.read_text()
        finally:
            os.kill(frozen, signal.SIGCONT)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"database_url": "postgresql://vw_ingest:hush/hush@localhost/x"}, "database_url is no address"),
        ({"metrics_port": "taken"}, "cannot be listened on (Address already in use): choose a free one"),
    ],
    ids=["an address that is none", "a port in use"],
)
async def test_what_cannot_work_ends_it_with_a_sentence(
    changed: dict[str, str], sentence: str, ingest: StartIngest
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = ingest(**{name: value.replace("taken", port) for name, value in changed.items()})
        process.start(ready=False)
        assert process.process is not None
        assert await asyncio.to_thread(process.process.wait, 20) == 1
    log = process.log.read_text()
    assert sentence in log
    assert "hush" not in log
    assert "traceback" not in log


async def test_a_write_that_takes_too_long_is_to_be_halved(database: Database, owner: asyncpg.Connection) -> None:
    sink = PostgresSink(lambda: asyncpg.connect(database.ingest_url), Metrics(), write_s_max=3.0)
    message = FakeMessage("a", body())
    delivery = Delivery(message, decode(message.data, message.subject), provenance_of(message.reply))
    provisioned = await sink.provisioned()
    assert provisioned is not None
    assert provisioned.mode == "plain"
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.swap IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TooSlowError):
            await sink.write([delivery])
    await sink.write([delivery])
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap") == 1
    sink.close()


@asynccontextmanager
async def deaf_to_hanging_up(server: Path, directory: Path) -> AsyncIterator[None]:
    """Stand before a database server: what it says last is passed on, but not that it has hung up."""
    writers: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while part := await reader.read(65_536):
                writer.write(part)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(server)
        writers.extend((writer, to_server))
        await asyncio.gather(pass_on(reader, to_server), pass_on(from_server, writer))

    listening = await asyncio.start_unix_server(serve, directory / server.name)
    async with listening:
        yield
        for writer in writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_connection_that_ends_between_two_batches_is_one_that_is_away(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    await provision_database(own_postgres.url("vitalwire"))
    behind = f"postgresql://vw_ingest@/vitalwire?host={tmp_path}"
    sink = PostgresSink(lambda: asyncpg.connect(behind), Metrics(), write_s_max=10.0)
    message = FakeMessage("a", body())
    delivery = Delivery(message, decode(message.data, message.subject), provenance_of(message.reply))
    async with deaf_to_hanging_up(own_postgres.directory / ".s.PGSQL.5432", tmp_path):
        assert await sink.provisioned() is not None
        await asyncio.to_thread(own_postgres.stop)
        await asyncio.to_thread(own_postgres.start)
        with pytest.raises(UnavailableError, match="InternalClientError"):
            await sink.write([delivery])
        await sink.write([delivery])
        sink.close()


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
async def test_a_connection_lost_amid_many_rows_is_told_at_once_and_once(
    database: Database, owner: asyncpg.Connection, caplog: pytest.LogCaptureFixture, runner: Runner
) -> None:
    # More than the socket takes while the server reads none of it: asyncpg waits until it may write on.
    names = [f"{number:04}{'x' * 196}" for number in range(2_000)]
    columns = [column.name for column in FAMILIES["network"].columns if not column.optional]
    rows = [[name, *[1.0] * (len(columns) - 1)] for name in names]
    family = {"interval_seconds": 1.0, "columns": columns, "rows": rows}
    messages = [FakeMessage("a", body(seq=seq, families={"network": family})) for seq in range(1, 11)]
    deliveries = [Delivery(each, decode(each.data, each.subject), provenance_of(each.reply)) for each in messages]
    told = threading.Event()

    async def write_twice() -> None:
        expect_lost_connections()
        sink = PostgresSink(lambda: asyncpg.connect(database.ingest_url), Metrics(), write_s_max=60.0)
        with pytest.raises(UnavailableError):
            await sink.write(deliveries)
        gc.collect()  # Futures that nobody asked report themselves.
        told.set()
        await sink.write(deliveries)
        sink.close()

    waits = "FROM pg_locks WHERE NOT granted AND relation = 'metrics.network'::regclass"
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.network IN SHARE MODE")
        writing = asyncio.create_task(asyncio.to_thread(runner, write_twice()))
        await until(owner, f"EXISTS (SELECT {waits})")
        await owner.fetchval(f"SELECT pg_terminate_backend(pid) {waits}")
        assert await asyncio.to_thread(told.wait, 10 * LOST_S)
    await writing
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert await owner.fetchval("SELECT count(*) FROM metrics.network") == len(deliveries) * len(names)
