"""A stack with two ingest processes: both store, nothing is stored twice, one alone goes on; who decides and tells."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import asyncpg
import pytest

from deploy.local.files import read_secret
from deploy.local.log_order import time_of
from deploy.local.postgres import Reach
from deploy.local.programs import database_secret
from services.alerting.lease import lease_on
from shared.subjects import NOTIFIER_KEY, host_user
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX
from tests.integration.deploy.stack import CHECKOUT, Stack, until
from tests.integration.ingest.running import publish, sample_set, stored_seqs, ticks
from tests.servers import temporary_directory

HOST = "busy-1"
COUNT = 2_000


def adjacent_ports() -> int:
    """Return the first of two ports on loopback on which nothing listens now."""
    while True:
        with socket.socket() as first, socket.socket() as second, contextlib.suppress(OSError):
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            second.bind(("127.0.0.1", port + 1))
            return port


@pytest.fixture(scope="module")
def metrics_port() -> int:
    return adjacent_ports()


@pytest.fixture(scope="module")
def stack(metrics_port: int) -> Iterator[Stack]:
    """A running stack with two ingest processes whose batches are small."""
    parent = temporary_directory("pair")
    stack = Stack(parent / "home")
    done = stack.run("up", "--detach", VITALWIRE_INGEST_PROCESSES="2", VITALWIRE_INGEST_METRICS_PORT=str(metrics_port),
                     VITALWIRE_INGEST_MESSAGES_MAX="20", VITALWIRE_INGEST_AGE_S_MAX="0.05")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[11/11] alerting" in done.stdout
    assert stack.run("add-host", HOST).returncode == 0
    yield stack
    stack.run("down")
    shutil.rmtree(parent, ignore_errors=True)


async def test_status_and_health_tell_who_decides_and_who_tells(stack: Stack) -> None:
    async def say(*lines: str) -> None:
        def are_said() -> bool:
            said = stack.run("status").stdout.partition("\n\n")[2].splitlines()
            return len(said) == len(lines) and all(map(re.fullmatch, lines, said))

        await asyncio.to_thread(until, are_said, "\n".join(lines), TAKEN_OVER_S_MAX)

    alone = r"evaluator  one decides which alerts fire, heard \d+ s ago; no other stands by"
    await say(alone, r"notifier   one tells people of alerts, heard \d+ s ago; no other stands by")
    async with stack.bus("notifier") as bus:
        other = lease_on(bus, NOTIFIER_KEY, "another", time.monotonic)
        assert await other.turn() is False
        await say(alone, r"notifier   one tells people of alerts, heard \d+ s ago; another stands by")
    token = stack.token()

    def states() -> list[str]:
        return [duty["state"] for duty in stack.ask("/health", token)["alerting"]]

    # What stood by went without a word, and is forgotten.
    await asyncio.to_thread(until, lambda: states() == ["standby_missing"] * 2, "health to say so", TAKEN_OVER_S_MAX)
    assert stack.ask("/health")["status"] == "ok"


def burst(stack: Stack, first_seq: int) -> None:
    """Publish COUNT sample sets of HOST as fast as the bus takes them."""

    async def run() -> None:
        bodies = (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(COUNT), start=first_seq))
        async with stack.bus(host_user(HOST)) as bus:
            await publish(bus, bodies, HOST)

    asyncio.run(run())


def stored(stack: Stack) -> list[int]:
    """Return the seqs of what is stored of HOST, in order: a doubled row shows twice."""

    async def run() -> list[int]:
        password = read_secret(database_secret(stack.layout, "vw_read")).reveal()
        connection = await asyncpg.connect(Reach(stack.layout.socket).url("vw_read"), password=password)
        try:
            return await stored_seqs(connection, HOST)
        finally:
            await connection.close()

    return asyncio.run(run())


def taken(port: int) -> float:
    """Return how many sample sets one ingest process has stored since it was started."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    line = next(line for line in text.splitlines() if line.startswith("vitalwire_ingest_sample_sets_total "))
    return float(line.split()[-1])


def test_both_are_shown_and_have_a_log(stack: Stack) -> None:
    status = stack.run("status")
    assert status.returncode == 0
    assert [line.split()[0] for line in status.stdout.partition("\n\n")[0].splitlines()] == [
        "process", "supervisor", "nats", "postgres", "ingest", "ingest-2", "api", "collector", "notifier", "alerting"
    ]  # fmt: skip
    printed = stack.run("logs", "--lines", "2").stdout.splitlines()
    assert {line.split()[0] for line in printed} >= {"supervisor", "nats", "postgres", "ingest", "ingest-2"}
    times = list(filter(None, (time_of(line[11:]) for line in printed)))
    assert len(times) > 9
    assert times == sorted(times)


def test_both_take_part_and_each_sample_set_is_stored_once(stack: Stack, metrics_port: int) -> None:
    before = taken(metrics_port), taken(metrics_port + 1)
    burst(stack, 1)
    until(lambda: len(stored(stack)) >= COUNT, "all sample sets to be stored")
    assert stored(stack) == list(range(1, COUNT + 1))
    shares = taken(metrics_port) - before[0], taken(metrics_port + 1) - before[1]
    assert min(shares) > 0
    assert sum(shares) >= COUNT


def test_one_goes_on_while_the_other_is_killed_and_started_again(stack: Stack) -> None:
    killed = stack.pid("ingest-2")
    stack.kill("ingest-2")
    burst(stack, COUNT + 1)
    until(lambda: set(stored(stack)) >= set(range(1, 2 * COUNT + 1)), "the rest to be stored", 150)
    assert stored(stack) == list(range(1, 2 * COUNT + 1))
    until(lambda: stack.pid("ingest-2") != killed and stack.run("status").returncode == 0, "ingest-2 to run again")


def test_logs_of_a_stack_that_is_stopped_end_with_it(stack: Stack) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "logs", "--lines", "0", "--follow"],
        env=stack.environment, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        stack.down()
        printed, told = following.communicate(timeout=30)
    assert following.returncode == 0
    assert "database system is shut down" in printed
    assert told == f"the stack in {stack.home} does not run: start it with 'make up'\n"
    again = stack.run("logs", "--lines", "2", "--follow")
    assert (again.returncode, again.stderr) == (0, told)
    assert "ingest-2" in {line.split()[0] for line in again.stdout.splitlines()}
