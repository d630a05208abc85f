"""Prints readings for a person: the only place of the collector where units become MiB and the like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.family import Column, Family

_STEPS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_CELL_CHARACTERS_MAX = 40
_SUFFIXES = {
    "percent": " %",
    "celsius": " °C",
    "per_second": "/s",
}


def format_family(family: Family, rows: Sequence[Any]) -> str:
    """Return a block of text: one gauge a line where a family has one row, else one row a line."""
    title = f"{family.name}: {family.doc.splitlines()[0]}"
    if not rows:
        return f"{title}\n  nothing to show\n"
    if not family.labels:
        names = [column.name for column in family.columns]
        width = max(len(name) for name in names)
        lines = [f"  {column.name:<{width}}  {_cell(column, rows[0])}" for column in family.columns]
        return "\n".join([title, *lines, ""])
    return "\n".join([title, *_grid(family.columns, rows), ""])


def format_value(value: str | int | float | None, unit: str | None) -> str:
    """Return a cell with its unit; a text without control characters, which could rewrite a terminal."""
    if value is None:
        return "-"
    if isinstance(value, str):
        text = "".join(char if char.isprintable() else "?" for char in value)
        return text if len(text) <= _CELL_CHARACTERS_MAX else text[: _CELL_CHARACTERS_MAX - 1] + "…"
    if unit == "bytes":
        return _bytes(value)
    if unit == "bytes_per_second":
        return _bytes(value) + "/s"
    if unit == "seconds":
        return f"{value * 1000:.2f} ms" if value < 1 else f"{value:.2f} s"
    if unit in (None, "count"):
        return str(value)
    return f"{value:.2f}{_SUFFIXES.get(unit or '', '')}"


def _grid(columns: Sequence[Column], rows: Sequence[Any]) -> list[str]:
    table = [[column.name for column in columns]] + [[_cell(column, row) for column in columns] for row in rows]
    # A long name of a column is broken at its underscores, so that ten columns still fit a screen.
    broken = [_heading(name, max(len(line[at]) for line in table[1:])) for at, name in enumerate(table[0])]
    height = max(len(heading) for heading in broken)
    heads = [[([""] * (height - len(heading)) + heading)[level] for heading in broken] for level in range(height)]
    lines = heads + table[1:]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    return [
        "  "
        + "  ".join(_aligned(cell, width, column) for cell, width, column in zip(line, widths, columns, strict=True))
        for line in lines
    ]


def _heading(name: str, width: int) -> list[str]:
    parts: list[str] = []
    for word in name.split("_"):
        if parts and len(parts[-1]) + len(word) + 1 <= max(width, 8):
            parts[-1] += "_" + word
        else:
            parts.append(word)
    return parts


def _aligned(cell: str, width: int, column: Column) -> str:
    return cell.ljust(width) if column.type is str else cell.rjust(width)


def _cell(column: Column, row: Any) -> str:
    return format_value(getattr(row, column.name), column.unit)


def _bytes(value: float) -> str:
    step = 0
    while value >= 1024 and step < len(_STEPS) - 1:
        value /= 1024
        step += 1
    return f"{value:.0f} B" if step == 0 else f"{value:.1f} {_STEPS[step]}"
