"""Where a spool lies and how much it may hold."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from services.collector.spool_file import OUTSIDE_BYTES
from shared.subjects import token

GIB = 1024**3
HOUR_S = 3600.0
SPOOL_HOURS_MAX = 72
SPOOL_BYTES_MIN = 2 * OUTSIDE_BYTES
"""Below, the largest sample set had no room."""
PRODUCT = "vitalwire-collector"
ROOT_STATE = Path("/var/lib")
_NAME_CHARACTERS_MAX = 200
"""File systems take 255 bytes; the token of a long name may have three times as many."""


@dataclass(frozen=True, slots=True)
class Place:
    """The directory of a spool, and its bounds: bytes on disk and age."""

    directory: Path
    bytes_max: int = GIB
    age_s_max: float = SPOOL_HOURS_MAX * HOUR_S


def directory_of(host: str, directory: Path) -> Path:
    """Return a directory below another that is this host's own, whatever characters its name has.

    One that was copied from another host, or a host that has another name now, sends nothing under the wrong name.
    """
    name = token(host)
    if len(name) > _NAME_CHARACTERS_MAX:
        name = f"{name[:_NAME_CHARACTERS_MAX]}-{zlib.crc32(host.encode()):08x}"
    return directory / name
