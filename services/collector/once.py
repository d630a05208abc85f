"""Reads everything twice, a second apart, and prints it: a look at the machine without any server."""

from __future__ import annotations

import time
from collections.abc import Mapping

from services.collector.readers import Reader
from services.collector.readers.reader import IncompleteError
from services.collector.table import format_family
from shared.families import FAMILIES

BETWEEN_S = 1.0


def read_once(readers: Mapping[str, Reader]) -> str:
    """Return all readings as text; rates are those of the second that this takes."""
    for reader in readers.values():
        _read(reader)
    time.sleep(BETWEEN_S)
    blocks = []
    for name, reader in readers.items():
        rows, problem = _read(reader)
        blocks.append(format_family(FAMILIES[name], rows) + (f"  ! {problem}\n" if problem else ""))
    return "\n".join(blocks)


def _read(reader: Reader) -> tuple[list[object], str | None]:
    try:
        return list(reader.read(time.monotonic())), None
    except IncompleteError as error:
        return list(error.rows), str(error)
    except Exception as error:
        return [], f"{type(error).__name__}: {error}"
