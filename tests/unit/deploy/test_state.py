"""The state directory: who may use it, which versions, and where its parts lie."""

import dataclasses
import os
from pathlib import Path

import pytest

from deploy.local.account import Account, find_account, may_enter
from deploy.local.errors import StackError
from deploy.local.state import (
    ROOT_HOME,
    Record,
    check_record,
    find_home,
    layout_of,
    open_state,
    read_record,
    write_record,
)

OWN = Account(os.geteuid(), os.getegid(), switches=False)


def test_a_new_directory_gets_all_its_parts_and_a_record(tmp_path: Path) -> None:
    layout = layout_of(tmp_path / "new" / "home")
    record = open_state(layout, OWN)
    assert len(record.stack) == 32
    assert read_record(layout) == record
    assert layout.home.stat().st_mode & 0o777 == 0o700
    assert layout.postgres.stat().st_mode & 0o777 == 0o700
    assert open_state(layout, OWN) == record


def test_ports_are_kept(tmp_path: Path) -> None:
    layout = layout_of(tmp_path)
    record = dataclasses.replace(open_state(layout, OWN), nats_port=4223, api_port=8081)
    write_record(layout, record)
    assert open_state(layout, OWN) == record


@pytest.mark.parametrize(
    ("record", "text"),
    [
        pytest.param(Record(schema=2), "made by another version .*schema 2.* set VITALWIRE_HOME", id="newer schema"),
        pytest.param(Record(product="other"), "made by another version .*other", id="another product"),
        pytest.param(Record(postgres_major=17), "PostgreSQL 17, this version brings 18: .*pg_dump", id="database"),
    ],
)
def test_another_version_is_refused_with_what_to_do(record: Record, text: str) -> None:
    with pytest.raises(StackError, match=text):
        check_record(record, Path("/home"))


@pytest.mark.parametrize("text", ["", "[]", '{"product": "vitalwire", "shelves": 3}', "{"])
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    layout = layout_of(tmp_path)
    layout.record.write_text(text)
    with pytest.raises(StackError, match="set VITALWIRE_HOME to another directory"):
        read_record(layout)


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(StackError, match="not empty and not Vitalwire's"):
        open_state(layout_of(tmp_path), OWN)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match=r"cannot be used .* or set VITALWIRE_HOME"):
        open_state(layout_of(tmp_path / "file" / "home"), OWN)


def test_a_private_parent_keeps_the_account_out_and_stays_private(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "home").mkdir(parents=True)
    private.chmod(0o700)
    stranger = Account(uid=54321, gid=54321, switches=True)
    assert not may_enter(stranger, private / "home")
    assert may_enter(Account(os.geteuid(), os.getegid(), switches=False), private / "home")
    assert private.stat().st_mode & 0o777 == 0o700


def test_home_is_the_named_one_or_the_usual_one(tmp_path: Path) -> None:
    assert find_home(Path("relative"), tmp_path) == Path.cwd() / "relative"
    assert find_home(None, tmp_path) == (ROOT_HOME if os.geteuid() == 0 else tmp_path / ".vitalwire")


def test_an_ordinary_user_runs_everything_itself(tmp_path: Path) -> None:
    account = find_account(tmp_path)
    assert account.switches == (os.geteuid() == 0)
    assert (account.process_arguments() == {}) == (os.geteuid() != 0)


def test_the_file_of_a_secret_has_a_name_that_file_systems_take() -> None:
    layout = layout_of(Path("/home"))
    one, other = layout.secret("bus-" + "a" * 700), layout.secret("bus-" + "a" * 699 + "b")
    assert layout.secret("bus-ingest") == Path("/home/secrets/bus-ingest")
    assert one != other
    assert len(one.name) < 200
