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
    text, healthy = render_status(ProcessTable(OWN, True, (_entry("nats"), _entry("api", restarts=2))), NOW, HOME)
    assert healthy
    assert text.splitlines() == [
        f"process  state    {'pid':<{len(str(os.getpid()))}}  uptime     restarts",
        f"nats     running  {os.getpid()}  5 min 0 s  0",
        f"api      running  {os.getpid()}  5 min 0 s  2",
    ]


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
    table = ProcessTable(OWN, True, (_entry("nats"),))
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
