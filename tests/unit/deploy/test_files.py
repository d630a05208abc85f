"""Small files: whole or not at all, private where they must be; logs within their bound."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.local.account import Account
from deploy.local.bounded_logs import tail, trim
from deploy.local.bus_users import BusUsers, add_host, add_roles, change_users, read_users, remove_host
from deploy.local.errors import StackError
from deploy.local.files import keep_secret, read_secret, write_whole
from deploy.local.identity import MARKER, Identity, identify, is_alive
from deploy.local.leftovers import end_leftovers
from deploy.local.lock import lock_holder, own_identity, take_lock
from deploy.local.process_table import Entry, ProcessTable
from deploy.local.state import layout_of, open_state
from shared.settings import Secret
from shared.subjects import ROLES

OWN = Account(os.geteuid(), os.getegid(), switches=False)


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = keep_secret(tmp_path / "s", OWN)
    assert keep_secret(tmp_path / "s", OWN, Secret("another")) == first
    assert len(bytes.fromhex(first.reveal())) == 32
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    assert keep_secret(tmp_path / "given", OWN, Secret("chosen")) == Secret("chosen")


def test_a_file_keeps_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        write_whole(tmp_path / "f", "text", 0o600)
    finally:
        os.umask(previous)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_hosts_come_and_go_and_hashes_stay(tmp_path: Path) -> None:
    layout = layout_of(tmp_path)
    open_state(layout, OWN)
    with change_users(layout) as users:
        add_roles(users, layout, OWN)
        assert add_host(users, layout, OWN, "web-1")
    before = read_users(layout)
    assert set(before.roles) == set(ROLES)
    with change_users(layout) as users:
        add_roles(users, layout, OWN)
        assert not add_host(users, layout, OWN, "web-1")
        assert add_host(users, layout, OWN, "web-2")
        assert remove_host(users, layout, "web-2")
        assert not remove_host(users, layout, "web-2")
    assert read_users(layout) == before
    assert read_secret(layout.secret("bus-host-web-1")).reveal() not in layout.bus_users.read_text()


def test_no_users_before_the_first_start(tmp_path: Path) -> None:
    assert read_users(layout_of(tmp_path)) == BusUsers()


def test_a_log_is_trimmed_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        assert not trim(path, 400)
        assert trim(path, 399)
        writer.write(b"new\n")
    assert path.read_text() == "new\n"
    assert (tmp_path / "a.log.1").read_text() == "old\n" * 100
    assert not trim(tmp_path / "none.log")


@pytest.mark.parametrize(("lines", "expected"), [(2, ["b", "c"]), (9, ["a", "b", "c"]), (0, [])])
def test_tail(tmp_path: Path, lines: int, expected: list[str]) -> None:
    (tmp_path / "a.log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "a.log", lines) == expected
    assert tail(tmp_path / "none.log", lines) == []


def test_a_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert lock_holder(path) is None
    with take_lock(path):
        assert lock_holder(path) == own_identity()
        with pytest.raises(StackError, match=rf"runs already \(supervisor {os.getpid()}\): .*make down"):
            take_lock(path)
    assert lock_holder(path) is None
    take_lock(path).close()


def test_only_what_is_certainly_ours_is_ended() -> None:
    sleep = ["sleep", "60"]
    stack = os.urandom(16).hex()
    recorded, reused, child = (subprocess.Popen(sleep), subprocess.Popen(sleep), subprocess.Popen(
        sleep, env={**os.environ, MARKER: stack}))  # fmt: skip
    try:
        known = identify(recorded.pid)
        assert known is not None
        entries = (
            Entry("api", known.pid, known.start, "running", "", 0),
            Entry("nats", reused.pid, "the start of a process that had this id before", "running", "", 0),
        )
        assert end_leftovers(ProcessTable(Identity(1, "-"), True, entries), stack) == 2
        assert recorded.wait(5) == -signal.SIGTERM
        assert child.wait(5) == -signal.SIGTERM
        assert reused.poll() is None
        assert not is_alive(known)
    finally:
        for process in (recorded, reused, child):
            process.kill()
            process.wait()


@pytest.mark.parametrize(("since", "lines"), [(0, ["a", "b", "c"]), (4, ["c"]), (6, []), (100, ["a", "b", "c"])])
def test_the_end_of_a_log_begins_with_what_was_asked_for(tmp_path: Path, since: int, lines: list[str]) -> None:
    (tmp_path / "log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "log", 12, since) == lines
