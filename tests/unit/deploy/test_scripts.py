"""The scripts that run before anything is installed: a sentence says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.timescale.debian import NEEDS_DEBIAN, refusal

COMMANDS = (
    "setup up down status logs test test-timescale test-storage-full soak check fmt lint types bench clean docs dev"
)
SCRIPTS = Path(__file__).parents[3] / "deploy"


def _make_venv(python: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPTS / "make_venv.sh"), python, str(directory)], capture_output=True, text=True, check=False
    )


def _interpreter(path: Path, refused: str) -> str:
    """Return an interpreter that is ours but for one question, to which it answers no."""
    path.write_text(f'#!/bin/sh\ncase "$*" in *"{refused}"*) exit 1;; esac\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        pytest.param("version_info", "is too old: Vitalwire needs Python 3.11 or newer", id="too old"),
        pytest.param("import venv", "has no venv module: run 'apt-get install python3-venv'", id="no venv"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, refused: str, sentence: str) -> None:
    done = _make_venv(_interpreter(tmp_path / "python", refused), tmp_path / "venv")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_no_python_at_all(tmp_path: Path) -> None:
    done = _make_venv("python-of-tomorrow", tmp_path / "venv")
    assert done.returncode == 1
    assert "python-of-tomorrow was not found: install Python 3.11" in done.stderr


def _test_tools(path: Path, *programs: str) -> subprocess.CompletedProcess[str]:
    """Run the script where only what is below the path is installed, by a user who may install nothing."""
    (path / "id").write_text("#!/bin/sh\necho 1000\n")
    (path / "id").chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(SCRIPTS / "test_tools.sh"), *programs],
        env={"PATH": str(path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("installed", "asked", "missing"),
    [
        pytest.param("jq curl", "curl jq", "", id="all there"),
        pytest.param("", "curl jq", "curl jq", id="nothing there"),
        pytest.param("google-chrome curl", "chromium curl jq", "jq", id="another browser does"),
        pytest.param("jq", "chromium jq", "chromium fonts-noto-cjk", id="no browser"),
        pytest.param("jq", "mmdebstrap", "mmdebstrap", id="only what is asked for"),
    ],
)
def test_what_the_tests_need_is_said(tmp_path: Path, installed: str, asked: str, missing: str) -> None:
    for name in installed.split():
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    done = _test_tools(tmp_path, *asked.split())
    sentence = f"the tests need: {missing}; install it first (Debian: apt-get install {missing})\n"
    assert (done.returncode, done.stderr) == ((1, sentence) if missing else (0, ""))


@pytest.mark.parametrize(
    ("system", "user_id", "refused"),
    [("debian", 0, None), ("debian", 1000, NEEDS_DEBIAN), ("ubuntu", 0, NEEDS_DEBIAN), (None, 0, NEEDS_DEBIAN)],
)
def test_debians_timescaledb_needs_debian_and_root(system: str | None, user_id: int, refused: str | None) -> None:
    assert refusal(system, user_id) == refused


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_every_script_is_posix_shell(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_the_makefile_fits_on_two_screens_and_help_lists_every_command() -> None:
    makefile = (SCRIPTS.parent / "Makefile").read_text()
    assert len(makefile.splitlines()) <= 100
    for command in COMMANDS.split(" "):
        assert f"\n{command}:" in makefile
        assert any(line.startswith(f"{command}:") and "## " in line for line in makefile.splitlines())


@pytest.mark.parametrize(("command", "fails"), [("down", False), ("status", True), ("logs", True)])
def test_what_needs_nothing_installed_installs_nothing(tmp_path: Path, command: str, fails: bool) -> None:
    (tmp_path / "services/web").mkdir(parents=True)
    (tmp_path / "Makefile").write_text((SCRIPTS.parent / "Makefile").read_text())
    done = subprocess.run(
        ["make", "--no-print-directory", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "nothing is installed here, so nothing runs: 'make up' installs and starts everything\n"
    assert (done.returncode != 0) is fails
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "services"]
