"""What the collector publishes agrees with the machine, over the same seconds."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shared.families import FAMILIES
from shared.subjects import HOSTS_STREAM, inventory_subject
from shared.wire.inventory import decode_inventory
from tests.integration.collector.bus import HOST, collector, rows, sample_sets, stored, tick
from tests.servers import NatsServer

MIB = 1024**2
TRANSFER_BYTES = 64 * MIB


def busy_share_percent(before: list[int], after: list[int]) -> float:
    """Return the share of all cores between two first lines of /proc/stat: all but idle and iowait, guests once."""
    spent = [now - then for then, now in zip(before[:8], after[:8], strict=True)]
    return 100 * (sum(spent) - spent[3] - spent[4]) / sum(spent)


def proc_stat() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]


def loopback_bytes() -> int:
    lines = Path("/proc/net/dev").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.split()[0] == "lo:")


def memory_total_bytes() -> int:
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(meminfo["MemTotal"].split()[0]) * 1024


def busy_program() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "while True: pass"])


def transfer(count: int) -> None:
    """Send this many bytes to ourselves over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            connection, _ = server.accept()
            with connection:
                while connection.recv(MIB):
                    pass

        taker = threading.Thread(target=take)
        taker.start()
        with socket.create_connection(server.getsockname()) as sender:
            for _ in range(count // MIB):
                sender.sendall(b"x" * MIB)
        taker.join()


@pytest.mark.alone
async def test_values_agree_with_the_machine(own_bus: NatsServer, tmp_path: Path) -> None:
    flags = ("--intervals=disk=1,process=1,connection=1,agent=1",)
    with collector(own_bus, tmp_path / "log", *flags) as running:
        running.wait_ready()
        load = busy_program()
        try:
            start = await tick(2)
            before, lo_before = proc_stat(), loopback_bytes()
            await asyncio.to_thread(transfer, TRANSFER_BYTES)
            # Long enough that readings a tenth of a second late, on a busy machine, do not count.
            end = await tick(10)
            after, others = proc_stat(), loopback_bytes() - lo_before - TRANSFER_BYTES
        finally:
            load.kill()
            load.wait()
        await tick()
        assert running.stop() == 0
    window = [sample for sample in await sample_sets(own_bus) if start < sample.time.timestamp() <= end]
    assert [int(sample.time.timestamp()) for sample in window] == list(range(start + 1, end + 1))

    told = [rows(sample, "cpu")[0]["total_percent"] for sample in window]
    assert abs(sum(told) / len(told) - busy_share_percent(before, after)) <= 5
    assert sum(told) / len(told) > 100 / (os.cpu_count() or 1) * 0.8

    assert rows(window[0], "memory")[0]["total_bytes"] == memory_total_bytes()
    for disk in rows(window[0], "disk"):
        space = os.statvfs(disk["mount"])
        assert disk["total_bytes"] == space.f_blocks * space.f_frsize
        assert disk["inodes_total_count"] == space.f_files
    assert rows(window[0], "disk")

    loopback = [row for sample in window for row in rows(sample, "network") if row["interface"] == "lo"]
    received = sum(row["receive_bytes_per_second"] for row in loopback)
    # Whatever else crossed loopback in these seconds is not ours: the kernel says how much it was.
    assert abs(received - others - TRANSFER_BYTES) <= TRANSFER_BYTES / 10

    by_pid = {row["pid"]: row for row in rows(window[1], "process")}
    assert by_pid[load.pid]["cpu_percent"] > 10
    listening = {row["state"]: row["connections_count"] for row in rows(window[0], "connection")}["listen"]
    assert listening >= 1
    assert set(window[-1].families) == set(FAMILIES)


async def test_the_inventory_is_in_its_bucket(own_bus: NatsServer, tmp_path: Path) -> None:
    with collector(own_bus, tmp_path / "log") as running:
        running.wait_ready()
        await tick()
        assert running.stop() == 0
    messages = await stored(own_bus, HOSTS_STREAM)
    assert [subject for subject, _ in messages] == [inventory_subject(HOST)]
    inventory = decode_inventory(messages[0][1], HOST)
    assert inventory.host == HOST
    assert inventory.cores_count == os.cpu_count()
    assert inventory.kernel == os.uname().release
    assert inventory.intervals["disk"] == 10
    assert all(inventory.intervals[name] >= 1 for name in FAMILIES)
