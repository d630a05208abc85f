"""The copy for the system user: everything that is needed, nothing that is not, made once."""

import os
from pathlib import Path

import pytest

from deploy.local import application
from deploy.local.account import Account
from deploy.local.application import prepare_application, source_key
from deploy.local.programs import provision_program, service_programs
from tests.unit.deploy.test_programs import OUTSIDE, SITE

CHECKOUT = Path(__file__).parents[3]


def _checkout(tmp_path: Path) -> Path:
    for part in (*application.SOURCES, application.PAGE):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "services/__init__.py").write_text("")
    (tmp_path / "shared/one.py").write_text("ONE = 1\n")
    (tmp_path / "services/web/dist/index.html").write_text("<p>")
    return tmp_path


def test_an_ordinary_user_runs_in_place(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), switches=False)
    found = prepare_application(CHECKOUT, tmp_path / "copy", account)
    assert found.sources == CHECKOUT
    assert found.environment() == {"PYTHONPATH": str(CHECKOUT), "PYTHONNOUSERSITE": "1"}
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("shared/one.py", "ONE = 2\n", id="a source"),
        pytest.param("shared/two.py", "", id="a new file"),
        pytest.param("services/web/dist/index.html", "<b>", id="the page"),
    ],
)
def test_a_change_makes_another_copy(tmp_path: Path, path: str, text: str) -> None:
    checkout = _checkout(tmp_path)
    before = source_key(checkout)
    assert source_key(checkout) == before
    (checkout / path).write_text(text)
    assert source_key(checkout) != before


def test_compiled_modules_make_no_other_copy(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    before = source_key(checkout)
    (checkout / "shared/__pycache__").mkdir()
    (checkout / "shared/__pycache__/one.pyc").write_text("x")
    assert source_key(checkout) == before


def test_the_copy_is_readable_by_all_and_replaces_older_ones(tmp_path: Path) -> None:
    checkout, target = _checkout(tmp_path / "c"), tmp_path / "copy"
    (target / "sources-older").mkdir(parents=True)
    (target / "sources-new").mkdir()
    (checkout / "shared/one.py").chmod(0o600)
    key = source_key(checkout)
    copy = application.once(target, "sources", key, lambda path: application.copy_sources(checkout, path))
    assert [path.name for path in target.iterdir()] == [f"sources-{key}"]
    assert (copy / "shared/one.py").stat().st_mode & 0o777 == 0o644
    assert (copy / "services/web/dist/index.html").read_text() == "<p>"
    assert list((copy / "shared/__pycache__").glob("one.*.pyc"))


def test_all_that_the_system_user_runs_is_copied() -> None:
    programs = [provision_program(SITE, OUTSIDE), *service_programs(SITE, OUTSIDE)]
    run = {program.name: program.command[-1].replace(".", "/") + "/" for program in programs}
    copied = tuple(f"{source}/" for source in application.SOURCES)
    assert {name: path for name, path in run.items() if not path.startswith(copied)} == {}
