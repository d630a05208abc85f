"""The collector goes on through faults, and counts what they cost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.settings import Secret
from shared.subjects import BACKFILL, METRICS
from shared.wire.decode import decode
from tests.bus_proxy import BusProxy
from tests.integration.collector.bus import HOST, ROOT, collector, make_streams, rows, sample_sets, stored, tick
from tests.servers import NatsServer, temporary_directory, wait_until


async def test_ten_seconds_have_ten_ticks(own_bus: NatsServer, tmp_path: Path) -> None:
    with collector(own_bus, tmp_path / "log") as running:
        running.wait_ready()
        start = await tick(2)
        end = await tick(10)
        await tick()
        assert running.stop() == 0
    found = await sample_sets(own_bus, METRICS)
    ticks = [sample.time.timestamp() for sample in found]
    assert len(set(range(start, end + 1)) - set(ticks)) <= 1, "each is promised; this machine may be busy"
    assert [sample.seq for sample in found] == list(range(1, len(found) + 1))
    assert len(ticks) == len(set(ticks))
    assert len({sample.session for sample in found}) == 1


async def test_a_restarted_bus_leaves_no_hole(own_bus: NatsServer, tmp_path: Path) -> None:
    with collector(own_bus, tmp_path / "log", "--intervals=agent=1") as running:
        running.wait_ready()
        await tick(2)
        own_bus.stop(signal.SIGKILL)
        await tick(3)
        own_bus.start()
        await asyncio.to_thread(wait_until, lambda: running.logged("bus reconnected") == 1, "the reconnect", 20)
        assert '"event": "bus disconnected", "next": "tried again' in running.log.read_text()
        await tick(3)
        assert running.stop() == 0
    found = await sample_sets(own_bus)
    assert [sample.seq for sample in found] == list(range(1, len(found) + 1))
    ticks = [int(sample.time.timestamp()) for sample in found]
    assert ticks == list(range(ticks[0], ticks[-1] + 1))
    last = rows(found[-1], "agent")[0]
    assert (last["reconnects_count"], last["sample_sets_lost_count"], last["ticks_skipped_count"]) == (1, 0, 0)


async def test_what_the_bus_never_stored_is_kept_until_it_does(tmp_path: Path) -> None:
    server = NatsServer(temporary_directory("nats"))
    server.start()
    try:
        with collector(server, tmp_path / "log") as running:
            running.wait_ready()
            await tick(3)
            assert running.stop() == 0
        log = (tmp_path / "log").read_text()
        assert log.count("the bus does not store sample sets") == 1
        assert "lost" not in log
        await make_streams(server)
        with collector(server, tmp_path / "log") as running:
            running.wait_ready()
            await tick(2)
            assert running.stop() == 0
        found = [decode(body, subject) for subject, body in await stored(server, BACKFILL)]
        assert len({sample.session for sample in found}) == 1
        assert [sample.seq for sample in found] == list(range(1, len(found) + 1))
        assert len(found) >= 3
    finally:
        server.stop()


async def test_without_a_spool_what_the_bus_never_stored_is_counted(tmp_path: Path) -> None:
    server = NatsServer(temporary_directory("nats"))
    server.start()
    try:
        with collector(server, tmp_path / "log", "--spool-bytes-max=0") as running:
            running.wait_ready()
            await tick(3)
            assert running.stop() == 0
        log = (tmp_path / "log").read_text()
        assert log.count("the bus does not store sample sets") == 1
        assert '"lost_count": ' in log
        assert not (tmp_path / "spool").exists()
    finally:
        server.stop()


async def test_it_waits_for_a_bus_that_starts_later(tmp_path: Path) -> None:
    server = NatsServer(temporary_directory("nats"))
    server.start()
    await make_streams(server)
    server.stop()
    try:
        with collector(server, tmp_path / "log") as running:
            await asyncio.to_thread(wait_until, lambda: running.logged("bus error") > 0, "an attempt that fails")
            started_s = await tick(3)
            assert running.process.poll() is None
            server.start()
            running.wait_ready()
            await tick()
            assert running.stop() == 0
        found = await sample_sets(server)
        assert [sample.seq for sample in found] == list(range(1, len(found) + 1))
        assert found[0].time.timestamp() < started_s
    finally:
        server.stop()


async def test_a_wrong_password_ends_it_with_one_sentence(own_bus: NatsServer, tmp_path: Path) -> None:
    with collector(own_bus, tmp_path / "log", password=Secret("wrong-password-of-nobody")) as running:
        assert await asyncio.to_thread(running.process.wait, 60) == 1
        log = running.log.read_text()
    assert "the bus refuses user 'host-web-1=2Eexample=2Ecom'" in log
    assert "Traceback" not in log
    assert "wrong-password-of-nobody" not in log


async def test_a_credential_that_is_taken_away_is_one_sentence_until_it_is_back(tmp_path: Path) -> None:
    server = NatsServer(temporary_directory("nats"), hosts=(HOST,))
    server.start()
    try:
        await make_streams(server)
        server.stop()
        server.start()
        with collector(server, tmp_path / "log") as running:
            running.wait_ready()
            server.hosts = ()
            server.reload()
            refused = "the bus refuses user 'host-web-1=2Eexample=2Ecom': its credential was removed or changed"
            await asyncio.to_thread(wait_until, lambda: refused in running.log.read_text(), "the sentence", 20)
            await tick(4)
            assert running.log.read_text().count(refused) == 1
            assert "Authorization Violation" not in running.log.read_text()
            server.hosts = (HOST,)
            server.reload()
            await asyncio.to_thread(wait_until, lambda: running.logged("bus reconnected") > 0, "the reconnect", 40)
            assert running.stop() == 0
    finally:
        server.stop()


async def test_a_bus_connection_that_ends_for_good_ends_it(own_bus: NatsServer, tmp_path: Path) -> None:
    proxy = BusProxy(own_bus.port)
    await proxy.start()
    try:
        with collector(own_bus, tmp_path / "log", f"--nats-urls={proxy.url}") as running:
            await asyncio.to_thread(running.wait_ready)
            proxy.say(b"-ERR 'Maximum Payload Violation'\r\n")
            assert await asyncio.to_thread(running.process.wait, 20) == 1
            log = running.log.read_text()
        assert "the bus ended the connection for good" in log
        assert "Traceback" not in log
    finally:
        await proxy.stop()


async def test_a_failing_reader_stops_no_other(own_bus: NatsServer, tmp_path: Path) -> None:
    wrapper = tmp_path / "broken.py"
    wrapper.write_text(
        "import sys\n"
        "from services.collector import readers\n"
        "class Broken:\n"
        "    def __init__(self, context): pass\n"
        "    def read(self, at_s): raise OSError('the sensor is gone')\n"
        "readers.READERS['swap'] = Broken\n"
        "from services.collector.__main__ import main\n"
        "raise SystemExit(main())\n"
    )
    with collector(own_bus, tmp_path / "log", "--intervals=agent=1", program=(str(wrapper),)) as running:
        running.wait_ready()
        await tick(3)
        assert running.stop() == 0
    found = await sample_sets(own_bus)
    assert all("swap" not in sample.families and "cpu" in sample.families for sample in found)
    assert rows(found[-1], "agent")[0]["readings_failed_count"] >= 3
    assert running.log.read_text().count("the sensor is gone") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_soon(own_bus: NatsServer, tmp_path: Path, number: int) -> None:
    with collector(own_bus, tmp_path / "log") as running:
        running.wait_ready()
        start = time.monotonic()
        assert running.stop(number) == 0
        assert time.monotonic() - start < 10, "it promises two seconds; this machine may be busy"


def test_once_prints_every_family_without_a_server() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.collector", "--once"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for expected in ("cpu: ", "total_percent", "memory: ", "GiB", "process: ", "agent: "):
        assert expected in done.stdout


def test_bad_settings_end_with_status_2_and_every_problem() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.collector", "--intervals=disk=0,disc=1", "--host=Web 1", "--colour=red"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--intervals: disk: expected a whole number" in done.stderr
    assert "--intervals: disc: expected one of cpu" in done.stderr
    assert "--host: 'Web 1' is no host name" in done.stderr
    assert "--colour" in done.stderr
