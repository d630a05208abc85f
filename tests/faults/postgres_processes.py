"""The processes of one PostgreSQL, found by the directory that they work in."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def processes_of(data: Path) -> list[int]:
    """Return the ids of postmaster and backends, also of those that outlive their postmaster."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if Path(os.readlink(entry / "cwd")) == data:
                    found.append(int(entry.name))
    return found
