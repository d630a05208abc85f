"""What readers make of what the machine says, also where that is torn, strange or hostile."""

from __future__ import annotations

import threading
from collections import Counter
from types import SimpleNamespace

import pytest

from services.collector.counters import Counters
from services.collector.rates import Change
from services.collector.readers import READERS
from services.collector.readers.agent import agent_rows
from services.collector.readers.ask import THREADS_MAX, Asker
from services.collector.readers.choice import Choice
from services.collector.readers.connection import connection_rows, count_names, count_states
from services.collector.readers.cpu import cpu_rows
from services.collector.readers.cpu_core import core_rows
from services.collector.readers.cpu_times import CpuTimes, shares
from services.collector.readers.disk import Mount, Space, disk_rows, parse_statvfs, select_mounts
from services.collector.readers.disk_io import parse_disks
from services.collector.readers.network import network_rows, parse_interfaces, speed_bytes_per_second
from services.collector.readers.process import Usage, parse_processes, parse_stat, process_rows
from shared.families import FAMILIES


def test_every_family_has_a_reader() -> None:
    assert READERS.keys() == FAMILIES.keys()


def times(user: float, idle: float, iowait: float = 0.0, system: float = 0.0, guest: float = 0.0) -> CpuTimes:
    return CpuTimes(user, 0.0, system, idle, iowait, 0.0, 0.0, 0.0, guest)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, times(1, 1), None, id="a first reading"),
        pytest.param(times(5, 5), times(1, 9), None, id="a reset"),
        pytest.param(times(5, 5, system=3), times(6, 9, system=1), None, id="a reset of system time"),
        pytest.param(times(5, 5), times(5, 5), None, id="no time passed"),
        pytest.param(times(5, 5), times(6, 8), (25.0, 25.0, 75.0, 0.0), id="a quarter busy"),
        pytest.param(times(5, 5, 2), times(6, 7, 3), (25.0, 25.0, 50.0, 25.0), id="waiting is not working"),
        pytest.param(times(5, 5, 2), times(6, 8, 1), (25.0, 25.0, 75.0, 0.0), id="iowait went back: nothing"),
        pytest.param(times(5, 5), times(6, 8, guest=1), (25.0, 25.0, 75.0, 0.0), id="guests are in user already"),
    ],
)
def test_shares(before: CpuTimes | None, after: CpuTimes, expected: tuple[float, ...] | None) -> None:
    found = shares(before, after)
    assert (found and (found.total, found.user, found.idle, found.iowait)) == expected
    assert (cpu_rows(before, after, None, 1, (0, 0, 0)) == []) is (expected is None)


def test_switches_are_rates() -> None:
    row = cpu_rows(times(5, 5), times(6, 8), Change(2.0, (100.0, 50.0)), 4, (0.1, 0.2, 0.3))[0]
    assert (row.context_switches_per_second, row.interrupts_per_second, row.cores_count) == (50.0, 25.0, 4)


def test_a_core_that_came_or_did_nothing_has_no_row() -> None:
    assert core_rows([times(1, 1)], [times(2, 2), times(1, 1)]) == []
    assert [row.core for row in core_rows([times(1, 1), times(1, 1)], [times(1, 1), times(2, 1)])] == [1]


@pytest.mark.parametrize(
    ("include", "exclude", "name", "by_rule", "shown"),
    [
        ((), (), "sda", True, True),
        ((), (), "loop0", False, False),
        (("loop*",), (), "loop0", False, True),
        ((), ("sd?",), "sda", True, False),
        (("loop*",), ("loop0",), "loop0", False, False),
    ],
)
def test_choice(include: tuple[str, ...], exclude: tuple[str, ...], name: str, by_rule: bool, shown: bool) -> None:
    choice = Choice(include, exclude)
    assert choice.shows(name, by_rule) is shown
    assert choice.includes(name) is (bool(include) and shown)


def partition(mount: str, device: str, fstype: str = "ext4", opts: str = "rw") -> SimpleNamespace:
    return SimpleNamespace(mountpoint=mount, device=device, fstype=fstype, opts=opts)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param(Choice(), "/ /a", id="by rule"),
        pytest.param(Choice(exclude=("/a",)), "/ /bind", id="an excluded mount makes place for the next"),
        pytest.param(Choice(include=("/run",)), "/ /a /run", id="included against the rule"),
        pytest.param(Choice(include=("/bind",)), "/ /bind", id="an included bind mount stands for its device"),
    ],
)
def test_mounts_by_settings(choice: Choice, expected: str) -> None:
    partitions = [
        partition("/", "/dev/vda"), partition("/bind", "/dev/vdb"), partition("/a", "/dev/vdb"),
        partition("/run", "tmpfs", "tmpfs"), partition("/ro", "/dev/vdc", opts="ro,noatime"),
    ]  # fmt: skip
    assert [mount.mount for mount in select_mounts(partitions, choice)] == expected.split()


def test_a_mount_without_a_device_is_named_by_itself() -> None:
    assert select_mounts([partition("/data", "")], Choice()) == [Mount("/data", "/data", False)]


@pytest.mark.parametrize(
    ("blocks", "free", "available", "files", "expected"),
    [
        pytest.param(1_000, 400, 300, 100, (4_096_000, 2_457_600, 1_228_800, 70.0, 60, 60.0), id="ext4"),
        pytest.param(1_000, 400, 400, 0, (4_096_000, 2_457_600, 1_638_400, 60.0, None, None), id="btrfs"),
        pytest.param(0, 0, 0, 0, None, id="no size"),
    ],
)
def test_disk_rows(blocks: int, free: int, available: int, files: int, expected: tuple[float, ...] | None) -> None:
    told = SimpleNamespace(
        f_blocks=blocks, f_frsize=4096, f_bfree=free, f_bavail=available, f_files=files, f_ffree=files * 4 // 10
    )
    found = [
        (row.total_bytes, row.used_bytes, row.available_bytes, row.used_percent, row.inodes_used_count,
         row.inodes_used_percent)
        for row in disk_rows(Mount("/", "/dev/vda", False), parse_statvfs(told))
    ]  # fmt: skip
    assert found == ([] if expected is None else [expected])


def test_space_without_free_inodes_tells_none() -> None:
    assert disk_rows(Mount("C:\\", "C:\\", False), Space(10, 5, 5, None, None))[0].inodes_used_count is None


def test_disks_by_settings() -> None:
    disk = SimpleNamespace(read_bytes=1, write_bytes=2, read_count=3, write_count=4, read_time=5, write_time=6)
    disks = {"sda": disk, "md0": disk, "cciss/c0d0": disk}
    whole = frozenset({"sda", "md0", "cciss!c0d0"})
    assert list(parse_disks(disks, whole, Choice())) == ["sda", "cciss/c0d0"]
    assert list(parse_disks(disks, whole, Choice(include=("md*",), exclude=("sd?",)))) == ["md0", "cciss/c0d0"]


@pytest.mark.parametrize(
    ("megabits", "expected"), [(0, None), (-1, None), (65_535, None), (1_000, 125e6), (100, 12.5e6)]
)
def test_speed(megabits: int, expected: float | None) -> None:
    assert speed_bytes_per_second(megabits) == expected


def test_an_interface_without_a_link_or_excluded_is_not_shown() -> None:
    traffic = SimpleNamespace(
        bytes_recv=1, bytes_sent=1, packets_recv=1, packets_sent=1, errin=1, errout=1, dropin=1, dropout=1
    )
    link = SimpleNamespace(isup=True, speed=0)
    names = dict.fromkeys(("eth0", "gone", "veth1", "lo"), traffic)
    links = dict.fromkeys(("eth0", "veth1", "lo"), link)
    assert list(parse_interfaces(names, links, Choice(include=("veth*",), exclude=("lo",)))) == ["eth0", "veth1"]


def test_errors_and_drops_have_their_places() -> None:
    row = network_rows({"eth0": Change(1.0, tuple(range(1, 9)))}, {"eth0": SimpleNamespace(speed=0)})[0]
    assert (
        row.receive_packets_per_second, row.transmit_packets_per_second, row.receive_errors_per_second,
        row.transmit_errors_per_second, row.receive_drops_per_second, row.transmit_drops_per_second,
    ) == (3, 4, 5, 6, 7, 8)  # fmt: skip


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060 1 0 100 0 0 10 0
   1: 020200C0:BC72 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 16447 1 0 20 4 0 15 -1
   2: 020200C0:BC82 507100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 16448 3 0 20 4 1 22 -1
   3: 020200C0:BC84 507100CB:01BB 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   4: 020200C0:BC84 507100CB:01BB 0C 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   5: 020200C0:BC84 507100CB:01BB FF 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   6: 020200C0"""


def test_states_are_counted_and_torn_lines_left_out() -> None:
    assert count_states(TCP) == Counter({"established": 2, "listen": 1, "time-wait": 1, "syn-received": 1})


def test_states_of_psutil_have_the_same_names() -> None:
    assert count_names(["ESTABLISHED", "LISTEN", "DELETE_TCB", "NONE"]) == {
        "established": 1, "listen": 1, "closed": 1,
    }  # fmt: skip


def test_a_state_without_connections_is_a_row_too() -> None:
    rows = {row.state: row.connections_count for row in connection_rows(count_states(TCP))}
    assert len(rows) == 11
    assert (rows["established"], rows["closing"]) == (2, 0)


STAT = "{name}) S 1 1 1 0 -1 4194560 100 0 0 0 {user} {system} 0 0 20 0 {threads} 0 {started} 1000000 {pages} 18446744"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"bash", "bash"),
        (b"tmux: (a) 1", "tmux: (a) 1"),
        (b"x) R 9 9 9", "x) R 9 9 9"),
        (b"two\nlines\x00\x1b[31m", "two?lines??[31m"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("한국어".encode(), "한국어"),
        (b"", "?"),
    ],
)
def test_a_process_may_have_any_name(name: bytes, expected: str) -> None:
    rest = STAT.format(name="", user=250, system=50, threads=3, started=777, pages=10).encode()
    usage = parse_stat(42, b"42 (" + name + rest, 100, 4096)
    assert usage == Usage(42, expected, 777.0, 3.0, 40_960, 3)


@pytest.mark.parametrize("line", [b"", b"42 (bash) S 1 1", b"42 bash S", b"42 (bash) S " + b"x " * 30])
def test_a_torn_line_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kernel's text has no better name
        parse_stat(42, line, 100, 4096)


def usage(pid: int, cpu_seconds: float = 0.0, resident_bytes: int = 0) -> Usage:
    return Usage(pid, f"p{pid}", 1.0, cpu_seconds, resident_bytes, 1)


def test_the_top_by_cpu_and_the_top_by_memory_each_once() -> None:
    usages = [usage(pid, pid / 10, 1_000 - pid) for pid in range(1, 51)]
    rows = process_rows(usages, dict.fromkeys(((pid, 1.0) for pid in range(1, 51)), 0.0), 10.0, 10_000)
    assert [row.pid for row in rows] == [*range(50, 35, -1), *range(15, 0, -1)]
    assert (rows[0].cpu_percent, rows[0].resident_bytes, rows[0].memory_percent) == (50.0, 950, 9.5)


def test_idle_processes_are_not_the_top_by_cpu() -> None:
    usages = [usage(pid, 1.0, pid) for pid in range(1, 51)]
    rows = process_rows(usages, dict.fromkeys(((pid, 1.0) for pid in range(1, 51)), 1.0), 10.0, 10_000)
    assert [row.pid for row in rows] == list(range(50, 35, -1))


@pytest.mark.parametrize(
    ("before", "cpu_percent"),
    [
        pytest.param({(7, 1.0): 2.0}, 10.0, id="since the reading before"),
        pytest.param({}, 30.0, id="started since: all of it"),
        pytest.param({(7, 0.5): 2.0}, 30.0, id="another process had this id"),
        pytest.param({(7, 1.0): 9.0}, 0.0, id="went back"),
    ],
)
def test_cpu_of_a_process(before: dict[tuple[int, float], float], cpu_percent: float) -> None:
    assert process_rows([usage(7, 3.0, 5)], before, 10.0, 100)[0].cpu_percent == cpu_percent


def test_processes_of_other_systems() -> None:
    cpu, memory = SimpleNamespace(user=1.0, system=2.0), SimpleNamespace(rss=4096)
    told = {"pid": 4, "name": "System", "create_time": 5.0, "cpu_times": cpu, "memory_info": memory, "num_threads": 9}
    hidden = {**told, "cpu_times": None}
    bare = {**told, "name": None, "create_time": None, "num_threads": None}
    nameless = {**told, "pid": None}
    assert parse_processes([told, hidden, bare, nameless]) == [
        Usage(4, "System", 5.0, 3.0, 4096, 9),
        Usage(4, "?", 0.0, 3.0, 4096, None),
    ]


def test_the_agent_shows_its_counters() -> None:
    assert agent_rows(None, 1, Counters()) == []
    row = agent_rows(Change(2.0, (0.01,)), 30_000_000, Counters(sample_sets_lost_count=3))[0]
    assert (row.one_core_percent, row.resident_bytes, row.sample_sets_lost_count) == (0.5, 30_000_000, 3)


def test_a_call_that_hangs_is_waited_for_once_and_heard_later() -> None:
    release, calls = threading.Event(), []

    def hang(name: str) -> int:
        calls.append(name)
        release.wait(10)
        return 42

    asker = Asker(hang, answer_s_max=0.01)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            asker.ask("/mnt/nas")
    release.set()
    asker._open["/mnt/nas"].done.wait(5)
    assert asker.ask("/mnt/nas") == 42
    assert calls == ["/mnt/nas"]


def test_each_answer_is_given_once() -> None:
    answers = iter((1, 2))
    asker = Asker(lambda name: next(answers), answer_s_max=5.0)
    assert [asker.ask("/mnt/nas"), asker.ask("/mnt/nas")] == [1, 2]


def test_no_more_than_so_many_calls_hang() -> None:
    release = threading.Event()
    later = threading.Event()
    asker = Asker(lambda name: (later if name == "/mnt/new" else release).wait(10), answer_s_max=0.0)
    for number in range(THREADS_MAX + 1):
        with pytest.raises(TimeoutError):
            asker.ask(f"/mnt/{number}")
    assert len(asker._open) == THREADS_MAX
    release.set()
    assert all(question.done.wait(5) for question in asker._open.values())
    with pytest.raises(TimeoutError, match="no answer in"):
        asker.ask("/mnt/new")
    assert len(asker._open) == 1, "what answered meanwhile makes room"
    later.set()


def test_an_error_of_the_call_comes_back() -> None:
    def fail(name: str) -> int:
        raise PermissionError(name)

    with pytest.raises(PermissionError):
        Asker(fail, answer_s_max=5.0).ask("/secret")
