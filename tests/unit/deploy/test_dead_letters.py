"""`dead` reaches this stack's bus whatever else is set, and never holds the password."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.account import Account
from deploy.local.bus_users import add_roles, change_users, read_users
from deploy.local.dead_letters import environment
from deploy.local.errors import StackError
from deploy.local.postgres import Reach
from deploy.local.state import Layout, Record, layout_of, open_state, write_record

OWN = Account(os.geteuid(), os.getegid(), switches=False)
CHECKOUT = Path(__file__).parents[3]
OUTSIDE = {"PATH": "/bin", "VITALWIRE_DEAD_LETTERS_NATS_PASSWORD": "other", "VITALWIRE_SETTINGS": "/etc/v.yaml"}


def started(home: Path, bind: str = "127.0.0.1") -> Layout:
    layout = layout_of(home)
    open_state(layout, OWN)
    write_record(layout, Record(bind=bind, nats_port=4333))
    with change_users(layout) as users:
        add_roles(users, layout, OWN)
    return layout


@pytest.mark.parametrize(
    ("bind", "url"),
    [("127.0.0.1", "nats://127.0.0.1:4333"), ("0.0.0.0", "nats://127.0.0.1:4333"), ("::", "nats://[::1]:4333")],
)
def test_it_reaches_the_bus_of_this_stack_as_a_user_of_its_own(tmp_path: Path, bind: str, url: str) -> None:
    layout = started(tmp_path / "home", bind)
    assert environment(layout, CHECKOUT, OUTSIDE) == {
        "PATH": "/bin",
        "PYTHONPATH": str(CHECKOUT),
        "VITALWIRE_DEAD_LETTERS_NATS_URLS": url,
        "VITALWIRE_DEAD_LETTERS_NATS_PASSWORD_FILE": str(layout.secret("bus-dead_letters")),
        "VITALWIRE_DEAD_LETTERS_DATABASE_URL": Reach(layout.socket).url("vw_read"),
        "VITALWIRE_DEAD_LETTERS_DATABASE_PASSWORD_FILE": str(layout.secret("database-vw_read")),
    }
    assert "dead_letters" in read_users(layout).roles


def test_a_database_on_a_port_is_read_there(tmp_path: Path) -> None:
    layout = started(tmp_path / "home")
    write_record(layout, Record(nats_port=4333, postgres_port=5433))
    found = environment(layout, CHECKOUT, OUTSIDE)["VITALWIRE_DEAD_LETTERS_DATABASE_URL"]
    assert found == "postgresql://vw_read@127.0.0.1:5433/vitalwire"


def test_a_stack_that_was_never_started_or_by_an_older_version_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="start it once with 'make up'"):
        environment(layout_of(tmp_path / "none"), CHECKOUT, {})
    layout = started(tmp_path / "home")
    layout.secret("bus-dead_letters").unlink()
    with pytest.raises(StackError, match="knows no user for this yet"):
        environment(layout, CHECKOUT, {})


def test_options_are_those_of_ingest_also_from_another_directory(tmp_path: Path) -> None:
    started(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "dead", "show", "--help"], cwd=tmp_path, check=False,
        capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "VITALWIRE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--raw FILE" in done.stdout
