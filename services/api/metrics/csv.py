"""A range as CSV: one line for each instant and series, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator

from services.api.metrics.schemas import MetricRange, Number
from shared.family import Column, Family

LINES_A_CHUNK = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_chunks(family: Family, gauges: tuple[Column, ...], answer: MetricRange) -> Iterator[str]:
    """Yield the text in pieces; instants at which a series has no number at all are left out."""
    header = ["time", "host", "source", *(column.name for column in (*family.labels, *gauges))]
    lines = [",".join(header)]
    for series in answer.series:
        labels = ",".join(_text(label) if isinstance(label, str) else str(label) for label in series.labels.values())
        key = f"{_text(series.host)},{_text(series.source)}" + (f",{labels}" if labels else "")
        columns = [series.values[gauge.name] for gauge in gauges]
        for at, time in enumerate(answer.time):
            cells = [column[at] for column in columns]
            if any(cell is not None for cell in cells):
                lines.append(f"{time.isoformat().replace('+00:00', 'Z')},{key},{','.join(map(_number, cells))}")
            if len(lines) >= LINES_A_CHUNK:
                yield "\r\n".join(lines) + "\r\n"
                lines = []
    if lines:
        yield "\r\n".join(lines) + "\r\n"


def _text(text: str) -> str:
    """Return a quoted cell; what a spreadsheet would run as a formula gets an apostrophe before it.

    Hosts choose their labels. JSON and msgpack carry them unchanged.
    """
    neutral = f"'{text}" if text.startswith(_FORMULA) else text
    return '"' + neutral.replace('"', '""') + '"'


def _number(number: Number) -> str:
    return "" if number is None else repr(number)
