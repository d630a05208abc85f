"""What each recorded system shows: mounts, disks, interfaces and times, as tables."""

from __future__ import annotations

import pytest

from services.collector.rates import Meter
from services.collector.readers.choice import Choice
from services.collector.readers.cpu import cpu_rows
from services.collector.readers.cpu_core import core_rows
from services.collector.readers.cpu_times import parse_cpu_times
from services.collector.readers.disk import select_mounts
from services.collector.readers.disk_io import disk_io_rows, parse_disks
from services.collector.readers.memory import memory_rows
from services.collector.readers.network import network_rows, parse_interfaces
from services.collector.readers.swap import swap_rows
from tests.unit.collector.recorded import SYSTEMS, recording

GIB = 1024**3
BETWEEN_S = 2.0

MOUNTS: dict[str, list[tuple[str, str, bool]]] = {
    "ubuntu_snaps": [
        ("/", "/dev/mapper/vgubuntu-root", False),
        ("/boot", "/dev/nvme0n1p2", False),
        ("/boot/efi", "/dev/nvme0n1p1", False),
        ("/media/kim/USB STICK", "/dev/sdb1", False),
    ],
    "docker_host": [
        ("/", "/dev/vda1", False),
        ("/boot/efi", "/dev/vda15", False),
        ("/srv", "/dev/vdb", False),
    ],
    "nas": [
        ("/", "/dev/md0", False),
        ("/mnt/backup", "nas2:/volume1/backup", True),
        ("/mnt/far", "kim@far:/data", True),
        ("/mnt/photos", "//nas2/photos", True),
        ("/tank/data", "tank/data", False),
        ("/tank/data/films", "tank/data/films", False),
        ("/volume1", "/dev/mapper/cachedev_0", False),
        ("/volume2", "/dev/mapper/cachedev_1", False),
    ],
    "server_64_cores": [
        ("/", "/dev/mapper/rl-root", False),
        ("/boot", "/dev/nvme0n1p2", False),
        *((f"/data/{number:02}", f"/dev/nvme{number}n1", False) for number in range(1, 24)),
        ("/scratch", "lustre@tcp:/scratch", True),
    ],
    "windows": [("C:\\", "C:\\", False), ("E:\\", "E:\\", False), ("Z:\\", "Z:\\", True)],
    "macos": [
        ("/System/Volumes/Data", "/dev/disk3s5", False),
        ("/Volumes/photos", "//kim@nas2/photos", True),
    ],
}  # fmt: skip

# device: read and write bytes/s, reads and writes/s, read and write await in ms, queue depth, busy percent
DISKS: dict[str, dict[str, tuple[float | None, ...]]] = {
    "ubuntu_snaps": {
        "nvme0n1": (512_000, 2_048_000, 50, 25, 0.5, 4, 0.125, 10),
        "sdb": (0, 0, 0, 0, None, None, 0, 0),
    },
    "docker_host": {
        "vda": (0, 0, 0, 0, None, None, 0, 0),
        "vdb": (0, 819_200, 0, 200, None, 10, 2, 100),
    },
    "nas": {  # sdb was replaced: its counters went back
        "sda": (2_048_000, 0, 50, 0, 10, None, 0.5, 49),
        "sdq": (0, 0, 0, 0, None, None, 0, 0),
    },
    "server_64_cores": {f"nvme{number}n1": (8e8, 0, 50_000, 0, 0.08, None, 4, 100) for number in range(24)},
    "windows": {
        "PhysicalDrive0": (1_000_000, 400_000, 100, 20, 0.02, 0.05, 0.003, None),
        "PhysicalDrive1": (0, 0, 0, 0, None, None, 0, None),
    },
    "macos": {
        "disk0": (102_400, 0, 25, 0, 0.4, None, 0.01, None),
        "disk4": (0, 0, 0, 0, None, None, 0, None),
    },
}

# interface: receive and transmit bytes/s, speed in bytes/s, used percent
INTERFACES: dict[str, dict[str, tuple[float | None, ...]]] = {
    "ubuntu_snaps": {"lo": (1_000, 1_000, None, None), "wlp0s20f3": (1_000_000, 100_000, None, None)},
    "docker_host": {
        "lo": (0, 0, None, None),
        "ens3": (1_000_000, 250_000, None, None),
        "docker0": (500, 1_000, 1.25e9, 1_000 / 1.25e7),
    },
    "nas": {
        "lo": (0, 0, None, None),
        "bond0": (125_000_000, 0, 2.5e8, 50),
        "eth0": (62_500_000, 0, 1.25e8, 50),
        "eth1": (62_500_000, 0, 1.25e8, 50),
    },
    "server_64_cores": {
        "lo": (5e8, 5e8, None, None),
        "ens1f0np0": (2.5e9, 6e9, 1.25e10, 48),
        "ib0": (1e10, 0, 2.5e10, 40),
        "idrac": (0, 0, 1.25e7, 0),
    },
    "windows": {
        "Ethernet": (62_500_000, 31_250_000, 1.25e8, 50),
        "Loopback Pseudo-Interface 1": (0, 0, 134_125_000, 0),
    },
    "macos": {
        "lo0": (1_000, 1_000, None, None),
        "en0": (2_000, 1_000, None, None),
        "awdl0": (0, 0, None, None),
        "utun0": (0, 0, None, None),
    },
}

# total, user, nice, system, idle, iowait, irq, softirq, steal, guest percent
CPU = {
    "ubuntu_snaps": (41.875, 30, 1.25, 10, 57.5, 0.625, 0, 0.625, 0, 0),
    "docker_host": (75, 50, 0, 12.5, 12.5, 12.5, 0, 6.25, 6.25, 25),
    "nas": (50, 10, 0, 30, 50, 0, 0, 10, 0, 0),
    "server_64_cores": (50, 50, 0, 0, 50, 0, 0, 0, 0, 0),
    "windows": (50, 20, None, 15, 50, None, 10, 5, None, None),
    "macos": (37.5, 25, 0, 12.5, 62.5, None, None, None, None, None),
}

# total, used, available, used percent; buffers, cached, shared known
MEMORY = {
    "ubuntu_snaps": (16, 6, 10, 37.5, True),
    "docker_host": (8, 2, 6, 25, True),
    "nas": (4, 1, 3, 25, True),
    "server_64_cores": (1024, 512, 512, 50, True),
    "windows": (32, 8, 24, 25, False),
    "macos": (16, 10, 6, 62.5, False),
}

SWAP = {
    "ubuntu_snaps": 25,
    "docker_host": 0,
    "nas": 0,
    "server_64_cores": 100,
    "windows": 25,
    "macos": 50,
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_mounts(system: str) -> None:
    found = select_mounts(recording(system)["partitions"], Choice())
    assert [(mount.mount, mount.device, mount.remote) for mount in found] == MOUNTS[system]


@pytest.mark.parametrize("system", SYSTEMS)
def test_disks(system: str) -> None:
    told = recording(system)
    whole = None if told["sys_block"] is None else frozenset(told["sys_block"])
    meter: Meter[str] = Meter()
    meter.step(10.0, parse_disks(told["disks"][0], whole, Choice()))
    rows = disk_io_rows(meter.step(10.0 + BETWEEN_S, parse_disks(told["disks"][1], whole, Choice())))
    found = {
        row.device: (
            row.read_bytes_per_second, row.write_bytes_per_second, row.reads_per_second, row.writes_per_second,
            None if row.read_await_seconds is None else row.read_await_seconds * 1000,
            None if row.write_await_seconds is None else row.write_await_seconds * 1000,
            row.queue_depth_average, row.busy_percent,
        )
        for row in rows
    }  # fmt: skip
    assert found.keys() == DISKS[system].keys()
    for name, expected in DISKS[system].items():
        assert found[name] == pytest.approx(expected)


@pytest.mark.parametrize("system", SYSTEMS)
def test_interfaces(system: str) -> None:
    told = recording(system)
    links = told["links"]
    meter: Meter[str] = Meter()
    meter.step(10.0, parse_interfaces(told["interfaces"][0], links, Choice()))
    rows = network_rows(meter.step(10.0 + BETWEEN_S, parse_interfaces(told["interfaces"][1], links, Choice())), links)
    found = {
        row.interface: (
            row.receive_bytes_per_second, row.transmit_bytes_per_second, row.speed_bytes_per_second, row.used_percent,
        )
        for row in rows
    }  # fmt: skip
    assert found.keys() == INTERFACES[system].keys()
    for name, expected in INTERFACES[system].items():
        assert found[name] == pytest.approx(expected)


@pytest.mark.parametrize("system", SYSTEMS)
def test_cpu(system: str) -> None:
    before, after = (parse_cpu_times(times) for times in recording(system)["cpu"])
    row = cpu_rows(before, after, None, 8, (0.5, 1.0, 1.5))[0]
    found = (
        row.total_percent, row.user_percent, row.nice_percent, row.system_percent, row.idle_percent,
        row.iowait_percent, row.irq_percent, row.softirq_percent, row.steal_percent, row.guest_percent,
    )  # fmt: skip
    assert found == pytest.approx(CPU[system])


def test_every_core_of_64_has_its_row() -> None:
    before, after = ([parse_cpu_times(times) for times in cores] for cores in recording("server_64_cores")["cores"])
    assert [(row.core, row.total_percent) for row in core_rows(before, after)] == [
        (core, 100.0 if core < 32 else 0.0) for core in range(64)
    ]


@pytest.mark.parametrize("system", SYSTEMS)
def test_memory(system: str) -> None:
    row = memory_rows(recording(system)["memory"])[0]
    known = [value is not None for value in (row.buffers_bytes, row.cached_bytes, row.shared_bytes)]
    total, used, available, percent, tells_caches = MEMORY[system]
    assert (row.total_bytes, row.used_bytes, row.available_bytes, row.used_percent) == (
        total * GIB, used * GIB, available * GIB, percent,
    )  # fmt: skip
    assert known == [tells_caches] * 3


@pytest.mark.parametrize("system", SYSTEMS)
def test_swap(system: str) -> None:
    swap = recording(system)["swap"]
    meter: Meter[str] = Meter()
    assert swap_rows(swap, meter.step(10.0, {"all": (swap.sin, swap.sout)}).get("all")) == []
    row = swap_rows(swap, meter.step(12.0, {"all": (swap.sin + 8192, swap.sout)})["all"])[0]
    assert (row.used_percent, row.in_bytes_per_second, row.out_bytes_per_second) == (SWAP[system], 4096, 0)
