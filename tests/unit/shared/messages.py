"""Sample sets to begin with: a valid one as plain values, which tests then damage, and rows of every family."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import msgpack

from shared.family import Family

HOST = "web-1.example.com"
SUBJECT = "metrics.web-1=2Eexample=2Ecom.system"
TIME = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)

DISK_COLUMNS = ["mount", "device", "total_bytes", "used_bytes", "available_bytes", "used_percent"]
DISK_ROW = ["/", "/dev/vda1", 252_000_000_000, 100_000_000_000, 152_000_000_000, 39.7]
SWAP_COLUMNS = [
    "total_bytes", "used_bytes", "free_bytes", "used_percent", "in_bytes_per_second", "out_bytes_per_second",
]  # fmt: skip
SWAP_ROW = [2_000, 500, 1_500, 25.0, 0.0, 1.5]


def message(**changes: Any) -> dict[str, Any]:
    """Return a valid sample set as plain values, with top-level keys replaced; a key changed to `...` is left out."""
    plain = {
        "v": 1,
        "host": HOST,
        "source": "system",
        "session": "9f2c4e8a1b3d5f7092ab4cde",
        "seq": 4711,
        "time": TIME,
        "families": {"disk": table(), "swap": table(columns=SWAP_COLUMNS, rows=[SWAP_ROW])},
        **changes,
    }
    return {key: value for key, value in plain.items() if value is not ...}


def table(**changes: Any) -> dict[str, Any]:
    """Return a valid table of the family disk, with keys replaced; a key changed to `...` is left out."""
    plain = {"interval_seconds": 10.0, "columns": DISK_COLUMNS, "rows": [DISK_ROW], **changes}
    return {key: value for key, value in plain.items() if value is not ...}


def packed(plain: Any) -> bytes:
    """Return plain values as a body; surrogates pass, so that a test can send text that is not UTF-8."""
    body: bytes = msgpack.packb(plain, datetime=True, unicode_errors="surrogatepass")
    return body


def typical_row(family: Family, number: int = 0, *, absent: bool = False) -> Any:
    """Return a row object of the family, the same at every run; optional gauges are None when `absent`."""
    return family.row(
        **{
            column.name: None if absent and column.optional else _value(column.name, column.type, number)
            for column in family.columns
        }
    )


def _value(name: str, kind: type[Any], number: int) -> Any:
    seed = zlib.crc32(f"{name} {number}".encode())
    if kind is str:
        return f"/srv/{name}-é-{number}"
    return seed % 100_000 if kind is int else seed % 10_000_000 / 1024
