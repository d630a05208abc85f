"""Rows as CSV: quoted, no formulas, and only as many lines as have a number."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.metrics.csv import TEXTS_MAX, csv_chunks, line_of
from services.api.metrics.families import require_gauges
from shared.families.cpu import CPU
from shared.families.network import NETWORK
from shared.family import Family
from shared.resolution import Resolution
from shared.select import Selection

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


async def parts(*found: list[Any]) -> AsyncGenerator[list[Any], None]:
    for rows in found:
        yield rows


async def text_of(family: Family, columns: str, *found: list[Any]) -> list[bytes]:
    selection = Selection(family, require_gauges(family, columns), NOW, NOW, Resolution("raw", None))
    return [piece async for piece in csv_chunks(selection, parts(*found))]


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("eth0", '"eth0"'), ("=1+1", "\"'=1+1\""), ("+1", "\"'+1\""), ("-bash", "\"'-bash\""), ("@x", "\"'@x\""),
        ('a"b', '"a""b"'), ("a,b\nc", '"a,b\nc"'), ("\t=1", "\"'\t=1\""), ("\r=1", "\"'\r=1\""),
    ],
)  # fmt: skip
async def test_a_label_is_quoted_and_no_formula(label: str, cell: str) -> None:
    rows = [(NOW, "h", "system", label, None), (NOW + timedelta(seconds=1), "h", "system", label, 1.5)]
    (piece,) = await text_of(NETWORK, "receive_bytes_per_second", rows)
    assert piece.decode() == (
        f'time,host,source,interface,receive_bytes_per_second\r\n2026-11-21T09:00:01Z,"h","system",{cell},1.5\r\n'
    )


async def test_numbers_are_written_as_in_json_and_what_is_absent_is_empty() -> None:
    rows = [(NOW, "h", "s", 12.345678, None, 4.0), (NOW, "h", "s", 4.0, 0.00001, 2**62)]
    (piece,) = await text_of(CPU, "total_percent,iowait_percent,cores_count", rows)
    assert piece.decode().splitlines()[1:] == [
        '2026-11-21T09:00:00Z,"h","s",12.3457,,4', f'2026-11-21T09:00:00Z,"h","s",4.0,1e-05,{2**62}',
    ]  # fmt: skip


async def test_each_part_is_a_piece_and_nothing_is_a_header() -> None:
    row = (NOW, "h", "s", 1.0)
    assert len(await text_of(CPU, "total_percent", [row], [row], [row])) == 3
    assert await text_of(CPU, "total_percent") == [b"time,host,source,total_percent\r\n"]


def test_what_is_kept_of_many_series_is_bounded() -> None:
    line = line_of(0, CPU.gauges[:1])
    for number in range(TEXTS_MAX + 2):
        assert line((NOW, f"h{number}", "s", 1.0)) == f'2026-11-21T09:00:00Z,"h{number}","s",1.0'
