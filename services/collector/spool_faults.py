"""What can be wrong with the file of a spool: what to say about it, when to try again, where a damaged one goes."""

from __future__ import annotations

import logging
import math
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from services.collector.spool_file import NAME, OtherVersionError
from services.collector.spool_place import SPOOL_BYTES_MIN, Place
from services.collector.spool_records import SpoolFileError

log = logging.getLogger(__name__)

RETRY_S = 10.0
QUIET_S = 60.0
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
    if isinstance(error, OtherVersionError):
        return False
    code = code_of(error)
    # Without a code it is Python's own: a text of the file that is no text.
    no_text = isinstance(error, sqlite3.OperationalError) and code is None
    return isinstance(error, SpoolFileError) or code in _DAMAGED_CODES or no_text


def sentence(error: Exception, directory: Path) -> str:
    """Return what is wrong and what to do, where trying again may help."""
    if isinstance(error, OtherVersionError):
        return f"another version of the collector wrote {directory}: run that one, or set another spool_directory"
    code = code_of(error)
    if code in _LOCKED_CODES:
        return f"another collector uses {directory}: give each a spool_directory of its own, or stop one of them"
    if code == sqlite3.SQLITE_FULL:
        return f"the disk of {directory} is full: make room there"
    return f"{directory} cannot be used: see that this user may write there, or set spool_directory"


def move_aside(place: Place) -> str | None:
    """Move the file away and say what became of it; call it while the file is open, so that nobody else begins one."""
    with suppress(OSError):
        (place.directory / f"{NAME}-wal").unlink(missing_ok=True)
        os.replace(place.directory / NAME, place.directory / DAMAGED)
        kept = damaged_bytes(place.directory, place.bytes_max)
        return "moved aside" if kept else "removed, as it is too large to be kept"
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


class Trouble:
    """What the disk failed with last: it is said once, and tried again every ten seconds.

    A full disk is tried again with what is to be written only: what the file holds can be read, sent and removed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._is_told = self._is_full = False
        self._failed_at_s = self._open_at_s = self._write_at_s = 0.0

    def may_open(self, now_s: float) -> bool:
        """Return whether it is time to open the file."""
        return now_s >= self._open_at_s

    def may_write(self, now_s: float) -> bool:
        """Return whether it is time to write sample sets."""
        return now_s >= self._write_at_s

    def end(self) -> None:
        """Open it no more."""
        self._open_at_s = math.inf

    def filled(self, error: Exception, now_s: float) -> None:
        """Note that there was no room."""
        self._is_full = True
        self._failed_at_s, self._write_at_s = now_s, now_s + RETRY_S
        self._tell(error, 0)

    def failed(self, error: Exception, now_s: float, lost_count: int, became: str | None) -> None:
        """Note that the file was let go; `became` says what became of a damaged one."""
        self._is_full = False
        self._failed_at_s = now_s
        self._open_at_s = now_s + (1.0 if became else RETRY_S)
        if not became:
            self._tell(error, lost_count)
            return
        log.warning(
            f"the spool is damaged: it was {became}, and a new one is begun",
            extra={"error": str(error), "directory": str(self._directory), "lost_count": lost_count},
        )

    def worked(self, now_s: float, has_written: bool) -> None:
        """Note that the file took or gave something.

        A full disk may take a number, or a sample set now and then: that is no recovery.
        """
        is_quiet = now_s - self._failed_at_s >= QUIET_S
        if self._is_told and (has_written and is_quiet if self._is_full else has_written or is_quiet):
            self._is_told = False
            log.info("the spool works again", extra={"directory": str(self._directory)})

    def _tell(self, error: Exception, lost_count: int) -> None:
        if self._is_told:
            return
        self._is_told = True
        log.warning(
            f"no spool: {sentence(error, self._directory)}; until it works, what the bus does not take is kept in "
            f"memory only",
            extra={"error": f"{type(error).__name__}: {error}", "lost_count": lost_count},
        )
