"""Rows as CSV: one line for each instant and series, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from services.api.live.latest import instant
from shared.family import Column
from shared.select import Selection
from shared.wire.encode import round_real

TEXTS_MAX = 10_000
"""Beginnings of lines that are kept for the next line of the same series."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def csv_chunks(selection: Selection, parts: AsyncGenerator[list[Any], None]) -> AsyncGenerator[bytes, None]:
    """Yield the text in pieces; instants at which a series has no number at all are left out."""
    labels = [column.name for column in selection.family.labels]
    lines = [",".join(["time", "host", "source", *labels, *(gauge.name for gauge in selection.gauges)])]
    line = line_of(len(labels), selection.gauges)
    async with aclosing(parts):
        async for rows in parts:
            lines += [text for text in map(line, rows) if text]
            yield _joined(lines)
            lines = []
    if lines:
        yield _joined(lines)


def line_of(labels: int, gauges: Sequence[Column]) -> Callable[[Sequence[Any]], str]:
    """Return what makes the line of a row: empty where it has no number."""
    after = 3 + labels
    cells = [_whole if gauge.sql_type == "bigint" else _real for gauge in gauges]
    keys: dict[tuple[Any, ...], str] = {}

    def line(row: Sequence[Any]) -> str:
        numbers = row[after:]
        if all(number is None for number in numbers):
            return ""
        names = tuple(row[1:after])
        key = keys.get(names)
        if key is None:
            if len(keys) >= TEXTS_MAX:
                keys.clear()
            key = keys[names] = ",".join(_text(name) if isinstance(name, str) else str(name) for name in names)
        shown = ["" if number is None else cell(number) for cell, number in zip(cells, numbers, strict=True)]
        return f"{instant(row[0])},{key},{','.join(shown)}"

    return line


def _joined(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode() if lines else b""


def _text(text: str) -> str:
    """Return a quoted cell; what a spreadsheet would run as a formula gets an apostrophe before it.

    Hosts choose their labels. JSON and msgpack carry them unchanged.
    """
    neutral = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + neutral.replace('"', '""') + '"'


def _real(number: float) -> str:
    return repr(round_real(number))


def _whole(number: float) -> str:
    return str(round(number))
