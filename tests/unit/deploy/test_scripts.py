"""The scripts that run before anything is installed: a sentence says what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = "setup up down status logs test check fmt lint types bench clean docs dev"
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
