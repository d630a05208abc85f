"""The table of `status`."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.identity import Identity
from deploy.local.lock import own_identity
from deploy.local.process_table import Entry, ProcessTable, read_table, render_status, uptime_text, write_table

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWN = own_identity()
HOME = Path("/home/v")


def _entry(name: str, state: str = "running", identity: Identity = OWN, restarts: int = 0) -> Entry:
    since = (NOW - timedelta(minutes=5)).isoformat()
    return Entry(name, identity.pid, identity.start, state, since, restarts)


def test_all_run() -> None:
    since = (NOW - timedelta(minutes=6)).isoformat()
    table = ProcessTable(OWN, True, (_entry("nats"), _entry("api", restarts=2)), since)
    text, healthy = render_status(table, NOW, HOME)
    assert healthy
    assert text.splitlines() == [
        f"process     state    {'pid':<{len(str(os.getpid()))}}  uptime     restarts",
        f"supervisor  running  {os.getpid()}  6 min 0 s  0",
        f"nats        running  {os.getpid()}  5 min 0 s  0",
        f"api         running  {os.getpid()}  5 min 0 s  2",
    ]


def test_a_supervisor_of_before_whose_start_is_not_known_is_shown() -> None:
    text, healthy = render_status(ProcessTable(OWN, True, (_entry("nats"),)), NOW, HOME)
    assert healthy
    assert text.splitlines()[1].split() == ["supervisor", "running", str(os.getpid()), "-", "0"]


GONE = Identity(OWN.pid, "another")


@pytest.mark.parametrize("table", [None, ProcessTable(GONE, True, (_entry("nats"),))])
def test_what_a_killed_supervisor_left_is_told_with_what_to_do(table: ProcessTable | None) -> None:
    text, healthy = render_status(table, NOW, HOME, 7)
    assert not healthy
    assert text == (
        "the supervisor of the stack in /home/v is gone, and 7 of its processes still run, which nobody starts again "
        "when they end: 'make up' ends them and starts everything, 'make down' ends them"
    )


@pytest.mark.parametrize(
    ("table", "says"),
    [
        pytest.param(None, "the stack in /home/v does not run", id="never started"),
        pytest.param(
            ProcessTable(Identity(OWN.pid, "another"), True, ()),
            "the stack in /home/v does not run",
            id="supervisor gone",
        ),
        pytest.param(ProcessTable(OWN, True, (_entry("api", "waiting"),)), "waiting", id="between two starts"),
        pytest.param(ProcessTable(OWN, True, (_entry("api", "starting"),)), "starting", id="not ready"),
        pytest.param(ProcessTable(OWN, False, (_entry("api"),)), "running", id="the stack is not ready yet"),
        pytest.param(
            ProcessTable(OWN, True, (_entry("api", identity=Identity(OWN.pid, "another")),)), "ended", id="just ended"
        ),
    ],
)
def test_not_all_run(table: ProcessTable | None, says: str) -> None:
    text, healthy = render_status(table, NOW, HOME)
    assert not healthy
    assert says in text


def test_the_file_survives_the_way_there_and_back(tmp_path: Path) -> None:
    table = ProcessTable(OWN, True, (_entry("nats"),), NOW.isoformat())
    write_table(tmp_path / "t.json", table)
    assert read_table(tmp_path / "t.json") == table


@pytest.mark.parametrize(
    "text", ["", "{}", '{"supervisor": 1, "entries": []}', '{"supervisor": {"pid": 1}, "entries": []}']
)
def test_a_file_that_cannot_be_read_is_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    assert read_table(tmp_path / "t.json") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (61, "1 min 1 s"),
        (3_600, "1 h 0 min"),
        (90_061, "1 d 1 h"),
        (86_400 * 400, "400 d 0 h"),
    ],
)
def test_uptime(seconds: float, text: str) -> None:
    assert uptime_text(seconds) == text
