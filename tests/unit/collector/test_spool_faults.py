"""The spool on a file that is torn, rotten or gone, on a disk that is full, and in a process that is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.collector.counters import Counters
from services.collector.outbox import Room
from services.collector.spool import WRITE_OUT_S, Spool
from services.collector.spool_faults import DAMAGED, QUIET_S, RETRY_S
from services.collector.spool_file import LAYOUT, NAME
from services.collector.spool_place import SPOOL_BYTES_MIN, Place
from services.collector.spool_records import BLOCK_SETS
from services.collector.spooled_outbox import Recent, SpooledOutbox
from shared.wire.encode import Previous
from tests.servers import wait_until
from tests.unit.collector.spools import Spools, drained, numbers, sets

ROOT = Path(__file__).parents[3]


def test_a_torn_log_loses_its_end_only(spools: Spools) -> None:
    spool = spools.open()
    for seq in range(1, 31):
        assert spool.append(sets(seq, seq))
    # As a process leaves it that is killed: the log beside the file, torn in its last page.
    (torn := spools.directory.parent / "torn").mkdir()
    for path in spools.directory.iterdir():
        (torn / path.name).write_bytes(path.read_bytes())
    log = torn / f"{NAME}-wal"
    log.write_bytes(log.read_bytes()[:-100])
    found = numbers(Spools(torn, clock=spools.clock).open("s2"))
    assert found == list(range(1, 30))


@pytest.mark.parametrize("size", [0, 100, 8_192], ids=["empty", "short", "long"])
def test_a_file_of_garbage_is_moved_aside_and_a_new_one_begun(
    spools: Spools, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    spools.directory.mkdir(parents=True)
    (spools.directory / NAME).write_bytes(os.urandom(size))
    spool = spools.open()
    spools.clock.passed_s += 2
    assert spool.append(sets(1, 2))
    assert numbers(spool) == [1, 2]
    told = [record.message for record in caplog.records]
    assert told == (["the spool is damaged: it was moved aside, and a new one is begun"] if size else [])
    assert (spools.directory / DAMAGED).exists() is (size > 0)


def test_pages_that_rot_while_it_runs_are_noticed_and_counted(spools: Spools, caplog: pytest.LogCaptureFixture) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 400, 1_000))
    spools.later(WRITE_OUT_S, spool)
    with (spools.directory / NAME).open("r+b") as file:
        file.seek(2_048)
        file.write(os.urandom(256 * 1024))
    found = []
    for _ in range(20):
        found += numbers(spool)
        spools.clock.passed_s += 2
    assert spool.append(sets(401, 401))
    found += numbers(spool)
    assert found[-1] == 401
    assert len(set(found)) + spool.lost >= 401
    assert 1 <= len(caplog.records) <= 20


def test_one_rotten_sample_set_takes_no_other_with_it(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 5))
    spool.close()
    connection = sqlite3.connect(spools.directory / NAME)
    connection.execute("UPDATE fresh SET record = zeroblob(200) WHERE id = 3")
    connection.commit()
    connection.close()
    again = spools.open("s2")
    assert numbers(again) == [1, 2, 4, 5]
    assert again.lost == 1


def test_one_rotten_block_takes_no_other_with_it(spools: Spools) -> None:
    spool = spools.open()
    for start in range(1, 3 * BLOCK_SETS, BLOCK_SETS):
        assert spool.append(sets(start, start + BLOCK_SETS - 1))
    spool.close()
    connection = sqlite3.connect(spools.directory / NAME)
    connection.execute("UPDATE block SET body = zeroblob(200) WHERE id = ?", (BLOCK_SETS + 1,))
    connection.commit()
    connection.close()
    again = spools.open("s2")
    kept = numbers(again)
    assert kept == [*range(1, BLOCK_SETS + 1), *range(2 * BLOCK_SETS + 1, 3 * BLOCK_SETS + 1)]
    assert again.lost == BLOCK_SETS


def test_what_was_moved_aside_counts_and_there_is_one_at_most(spools: Spools) -> None:
    spools.bytes_max = 32 * 1024**2
    for size in (3 * 1024**2, 20 * 1024**2, 2 * 1024**2):
        spools.directory.mkdir(parents=True, exist_ok=True)
        (spools.directory / NAME).write_bytes(os.urandom(size))
        spool = spools.open()
        spools.clock.passed_s += 2
        for start in range(1, 501, 20):
            spool.append(sets(start, start + 19, 100_000))
            assert spools.bytes_on_disk <= spools.bytes_max
        spool.close()
    assert {path.name for path in spools.directory.iterdir()} == {NAME, DAMAGED}


def set_layout(spools: Spools, layout: int) -> None:
    connection = sqlite3.connect(spools.directory / NAME)
    connection.execute(f"PRAGMA user_version = {layout}")
    connection.close()


def test_a_file_of_another_version_is_left_as_it_is(spools: Spools, caplog: pytest.LogCaptureFixture) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 5))
    spool.close()
    set_layout(spools, LAYOUT + 1)
    other = spools.open("s2")
    spools.later(RETRY_S, other)
    assert not other.append(sets(1, 1, session="s2"))
    assert other.lost == 0
    (told,) = [record.message for record in caplog.records]
    assert f"another version of the collector wrote {spools.directory}" in told
    assert [path.name for path in spools.directory.iterdir()] == [NAME]
    set_layout(spools, LAYOUT)
    assert numbers(spools.open("s3")) == [1, 2, 3, 4, 5]


def test_it_says_what_became_of_a_damaged_file(spools: Spools, caplog: pytest.LogCaptureFixture) -> None:
    spools.bytes_max = SPOOL_BYTES_MIN + 1024**2
    spools.directory.mkdir(parents=True)
    (spools.directory / NAME).write_bytes(os.urandom(2 * 1024**2))
    spools.open()
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "it was removed, as it is too large to be kept, and a new one is begun"
    ]
    assert list(spools.directory.iterdir()) == []


def test_a_second_collector_is_told_and_changes_nothing(spools: Spools, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    first, second = spools.open("s1"), spools.open("s2")
    assert first.append(sets(1, 3))
    assert not second.append(sets(1, 3, session="s2"))
    spools.later(RETRY_S, second)
    assert len(caplog.records) == 1
    assert f"another collector uses {spools.directory}" in caplog.records[0].message
    assert numbers(first) == [1, 2, 3]
    first.close()
    spools.clock.passed_s += RETRY_S
    assert second.append(sets(1, 3, session="s2"))
    assert caplog.records[-1].message == "the spool works again"
    assert drained(second) == [("s2", 1), ("s2", 2), ("s2", 3)]


def test_a_directory_that_is_no_directory_is_said_once_and_tried_again(
    spools: Spools, caplog: pytest.LogCaptureFixture
) -> None:
    spools.directory.parent.mkdir(parents=True)
    spools.directory.write_text("in the way")
    spool = spools.open()
    for _ in range(10):
        assert not spool.append(sets(1, 1))
        spools.later(RETRY_S, spool)
    assert [record.message.split(":")[0] for record in caplog.records] == ["no spool"]
    spools.directory.unlink()
    spools.clock.passed_s += RETRY_S
    assert spool.append(sets(1, 1))


def test_a_file_that_is_taken_away_is_noticed(spools: Spools, caplog: pytest.LogCaptureFixture) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 3))
    (spools.directory / NAME).unlink()
    spools.later(WRITE_OUT_S, spool)
    assert (spool.lost, spool.waiting) == (3, 0)
    assert "was removed or replaced" in str(vars(caplog.records[0])["error"])
    spools.clock.passed_s += RETRY_S
    assert spool.append(sets(4, 4))
    spools.later(1, spool)
    spool.close()
    again = spools.open("s2")
    assert again.lost == 3, "the next session tells of it"
    assert numbers(again) == [4]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB; needs the right to mount."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(directory)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: a full disk; mounting a small one was refused: {done.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


def test_a_full_disk_is_said_once_and_used_again_when_there_is_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    spools = Spools(small_disk / "spool")
    spool = spools.open()
    kept, refused = list[int](), list[int]()
    for seq in range(1, 201):
        if seq == 20:
            (small_disk / "others").write_bytes(bytes(1024**2))
        (kept if spool.append(sets(seq, seq, 50_000)) else refused).append(seq)
        spool.note(seq)
        spools.later(RETRY_S, spool)
    assert len(kept) > 20
    assert len(refused) > 20
    told = [record.message for record in caplog.records]
    assert len(told) == 1, told
    assert f"the disk of {spools.directory} is full" in told[0]
    # What it holds can be sent at once; what was sent can be removed as far as the log has room.
    found = numbers(spool)
    assert found
    (small_disk / "others").unlink()
    spools.later(QUIET_S, spool)
    assert spool.append(sets(201, 203, 50_000))
    assert [record.message for record in caplog.records][1:] == ["the spool works again"]
    found += numbers(spool)
    assert sorted(set(found)) == [*kept, 201, 202, 203]
    assert spool.lost == 0
    spool.close()


def test_a_full_disk_takes_what_has_room_once(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    spools = Spools(small_disk / "spool")
    spool = spools.open()
    outbox = SpooledOutbox(Room(), spool, Recent(0.0), spools.clock.monotonic)
    others = small_disk / "others"
    with others.open("wb", buffering=0) as file:
        file.write(bytes(os.statvfs(small_disk).f_bavail * 4_096 - 300 * 1024))
        for seq in range(1, 401):
            if seq > 300 and seq % 20 == 0:
                file.truncate(file.tell() - 100 * 1024)
                file.seek(0, os.SEEK_END)
            outbox.add(sets(seq, seq, 2_000))
            outbox.settle(False, spools.clock.monotonic())
            spools.later(1, spool)
            assert outbox.waiting + spool.waiting + outbox.lost == seq
    others.unlink()
    spools.later(QUIET_S + 1, spool)
    outbox.settle(False, spools.clock.monotonic())
    assert numbers(spool) == list(range(1, 401))
    counters = Counters()
    outbox.count(counters)
    assert (counters.sample_sets_published_count, counters.sample_sets_lost_count) == (400, 0)
    assert [record.message.split(":")[0] for record in caplog.records] == ["no spool", "the spool works again"]
    spool.close()


WRITER = """
import sys, time
from pathlib import Path
from services.collector.outbox import Outgoing
from services.collector.spool import Spool
from services.collector.spool_place import SPOOL_BYTES_MIN, Place
from services.collector.spooled_outbox import Recent, SpooledOutbox
from shared.wire.encode import Encoded
spool = Spool(Place(Path(sys.argv[1])), sys.argv[2], time.time, time.monotonic)
assert spool.open()
for seq in range(1, 100_000):
    if not spool.append([Outgoing(Encoded(sys.argv[2], seq, b"x" * 700), int(time.time()))]):
        raise SystemExit("not taken")
    print(seq, flush=True)
    if seq % 200 == 0:
        spool.upkeep()
"""


@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.01, 0.03, 0.1, 0.2])
def test_a_process_that_is_killed_amid_writes_loses_nothing_it_was_told_was_taken(
    tmp_path: Path, delay_s: float
) -> None:
    directory, taken = tmp_path / "spool", dict[str, int]()
    for session in ("s1", "s2"):
        with (tmp_path / session).open("wb") as output:
            writer = subprocess.Popen([sys.executable, "-c", WRITER, str(directory), session], stdout=output, cwd=ROOT)
            wait_until(lambda at=tmp_path / session: at.stat().st_size > 0, "the first sample set")  # type: ignore[misc]
            time.sleep(delay_s)
            writer.send_signal(signal.SIGKILL)
            writer.wait(10)
        taken[session] = int((tmp_path / session).read_text().splitlines()[-1])
    spool = Spool(Place(directory), "s3", time.time, time.monotonic)
    assert spool.open()
    found = drained(spool)
    for session, last in taken.items():
        seqs = [seq for owner, seq in found if owner == session]
        assert seqs == list(range(1, len(seqs) + 1))
        assert last <= len(seqs) <= last + 1
    assert spool.previous == Previous("s2", len([1 for owner, _ in found if owner == "s2"]))
    spool.close()
