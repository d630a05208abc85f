"""Log files that children append to, kept within a bound, and read back for people."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LOG_BYTES_MAX = 8 * 1024**2
TAIL_BYTES_MAX = 64 * 1024


def trim(path: Path, bytes_max: int = LOG_BYTES_MAX) -> bool:
    """Move what the file holds to `<name>.1` when it has grown beyond the bound; return whether it had.

    The writers keep their open files: they append, so what they write next stands at the start of an empty file.
    That way a child's log outlives the supervisor, which a pipe would not.
    """
    if not path.exists() or path.stat().st_size <= bytes_max:
        return False
    scratch = path.with_name(path.name + ".new")
    shutil.copyfile(path, scratch)
    os.truncate(path, 0)
    scratch.replace(path.with_name(path.name + ".1"))
    return True


def tail(path: Path, lines_max: int, since: int = 0) -> list[str]:
    """Return the last lines that begin at byte `since` or later, or fewer when they exceed TAIL_BYTES_MAX together."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        # A log that was trimmed meanwhile is shorter than it was.
        file.seek(max(0 if since > size else since, size - TAIL_BYTES_MAX))
        lines = file.read().decode(errors="replace").splitlines()
    return lines[-lines_max:] if lines_max > 0 else []
