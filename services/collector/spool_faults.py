"""What can be wrong with the file of a spool: what to say about it, and where a damaged one goes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from services.collector.spool_file import NAME, SpoolFileError
from services.collector.spool_place import SPOOL_BYTES_MIN, Place

ERRORS = (sqlite3.Error, SpoolFileError, OSError)
DAMAGED = f"{NAME}.damaged"
_DAMAGED_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def code_of(error: Exception) -> int | None:
    """Return SQLite's own code of an error, None where it has none."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def is_damage(error: Exception) -> bool:
    """Return whether the file is not what it was: nothing of it can be used, and trying again cannot help."""
    code = code_of(error)
    # Without a code it is Python's own: a text of the file that is no text.
    no_text = isinstance(error, sqlite3.OperationalError) and code is None
    return isinstance(error, SpoolFileError) or code in _DAMAGED_CODES or no_text


def sentence(error: Exception, directory: Path) -> str:
    """Return what is wrong and what to do, where trying again may help."""
    code = code_of(error)
    if code in _LOCKED_CODES:
        return f"another collector uses {directory}: give each a spool_directory of its own, or stop one of them"
    if code == sqlite3.SQLITE_FULL:
        return f"the disk of {directory} is full: make room there"
    return f"{directory} cannot be used: see that this user may write there, or set spool_directory"


def move_aside(place: Place) -> str | None:
    """Move the file away and return where; call it while the file is locked, so that nobody else opens it meanwhile."""
    aside = place.directory / DAMAGED
    with suppress(OSError):
        (place.directory / f"{NAME}-wal").unlink(missing_ok=True)
        os.replace(place.directory / NAME, aside)
        damaged_bytes(place.directory, place.bytes_max)
        return str(aside)
    return None


def damaged_bytes(directory: Path, bytes_max: int) -> int:
    """Return the size of what was moved aside, which counts as a part of the spool; more than half of it goes."""
    aside = directory / DAMAGED
    try:
        size = aside.stat().st_size
    except FileNotFoundError:
        return 0
    if size > min(bytes_max // 2, bytes_max - SPOOL_BYTES_MIN):
        aside.unlink()
        return 0
    return size
