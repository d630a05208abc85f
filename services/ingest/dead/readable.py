"""Makes what strangers sent readable: bounded, and without a character that could steer a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgpack

from services.ingest.dead.letters import DeadLetter, Overview, Part

COLUMNS = ("sequence", "received", "stream", "subject", "reason")
NOTHING = "nothing is set aside: there is no dead letter"
NO_MATCH = "no dead letter matches what was asked for"
SUBJECT_CHARACTERS_MAX = 44
HEADERS_MAX = 20
ITEMS_MAX = 50
KEYS_MAX = 200
DEPTH_MAX = 8
TEXT_CHARACTERS_MAX = 600
LINES_MAX = 1_000
ELEMENTS_MAX = 100_000
"""So many elements are set aside in memory for an array that claims to be as long."""
BYTES_SHOWN = 256


def printable(text: str) -> str:
    """Return the text with every character escaped that does not print as itself."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def cut(text: str, characters_max: int) -> str:
    """Return the text printable, and shortened to its width."""
    text = printable(text)
    return text if len(text) <= characters_max else text[: max(0, characters_max - 1)] + "…"


def overview_lines(overview: Overview, width: int, *, of_all: bool = False) -> list[str]:
    """Return the letters as a table, newest first, and a summary by reason; `of_all` says that all were asked for."""
    letters = overview.assembly.letters()
    if not letters:
        return [NOTHING if of_all else NO_MATCH]
    rows = [COLUMNS, *(_row(letter.first) for letter in letters)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    lines = []
    for row in rows:
        before = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False))
        lines.append(f"{before}  {cut(row[-1], max(20, width - len(before) - 2))}".rstrip())
    count = overview.reasons.total()
    lines += ["", f"{len(letters)} of {count} shown; by reason:"]
    lines += [
        f"{found:>8}  {cut(kind, max(20, width - 10))}" for kind, found in overview.reasons.most_common()
    ]  # fmt: skip
    return lines


def letter_lines(letter: DeadLetter) -> list[str]:
    """Return headers and body of a letter."""
    lines = [f"sequence: {', '.join(str(part.sequence) for part in letter.parts)}"]
    headers = sorted(letter.first.headers.items())[:HEADERS_MAX]
    lines += [f"{cut(name, 80)}: {cut(value, 1_000)}" for name, value in headers]
    if letter.missing:
        lines.append(f"incomplete: {letter.missing}")
    return [*lines, "", *body_lines(letter.body)]


def body_lines(body: bytes) -> list[str]:
    """Return what msgpack makes of the body as JSON, or else why it is none and its first bytes."""
    value, problem = unpack(body)
    if problem and value is None:
        return [f"body of {len(body)} bytes, {problem}; its first bytes:", *_hexadecimal(body[:BYTES_SHOWN])]
    lines = "".join(_json(_plain(value), "")).split("\n")
    more = [f"… {len(lines) - LINES_MAX} more lines; --raw FILE writes all of it"] if len(lines) > LINES_MAX else []
    return [f"body of {len(body)} bytes{f', {problem}' if problem else ''}:", *lines[:LINES_MAX], *more]


def unpack(body: bytes) -> tuple[Any, str]:
    """Return the first msgpack value of the body, and what is wrong; never raises for any bytes."""
    if not body:
        return None, "empty"
    unpacker = msgpack.Unpacker(
        strict_map_key=False, unicode_errors="backslashreplace", max_buffer_size=len(body),
        max_array_len=ELEMENTS_MAX, max_map_len=ELEMENTS_MAX,
    )  # fmt: skip
    unpacker.feed(body)
    try:
        value = unpacker.unpack()
    except msgpack.OutOfData:
        return None, "cut off, or no msgpack"
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError, msgpack.UnpackException) as error:
        return None, f"no msgpack ({cut(f'{type(error).__name__}: {error}', 100)})"
    rest = len(body) - unpacker.tell()
    return value, f"of which the last {rest} do not belong to it" if rest else ""


def time_of(body: bytes) -> datetime | None:
    """Return the time that a sample set tells, None when it tells none."""
    value, _ = unpack(body)
    found = value.get("time") if isinstance(value, dict) else None
    return _instant(found) if isinstance(found, msgpack.Timestamp) else None


def _instant(found: msgpack.Timestamp) -> datetime | None:
    try:
        instant: datetime = found.to_datetime()
    except (ValueError, OverflowError):
        return None
    return instant


def _row(part: Part) -> tuple[str, ...]:
    received = part.received_at
    when = received.strftime("%Y-%m-%d %H:%M:%S") if received is not None else "?"
    subject = cut(part.subject, SUBJECT_CHARACTERS_MAX)
    return str(part.sequence), when, cut(part.stream, 12), subject, printable(part.reason)


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value that JSON can hold, bounded in every direction."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return cut(value, TEXT_CHARACTERS_MAX)
    if isinstance(value, bytes):
        return f"bytes {cut(value[:BYTES_SHOWN].hex(' '), TEXT_CHARACTERS_MAX)}"
    if isinstance(value, msgpack.Timestamp):
        instant = _instant(value)
        return instant.isoformat() if instant else f"timestamp of {value.seconds} s"
    if depth >= DEPTH_MAX:
        return "…"
    if isinstance(value, dict):
        plain = {cut(str(key), TEXT_CHARACTERS_MAX): _plain(value[key], depth + 1) for key in list(value)[:KEYS_MAX]}
        return plain | ({"…": f"{len(value) - KEYS_MAX} more"} if len(value) > KEYS_MAX else {})
    if isinstance(value, list):
        more = [f"… {len(value) - ITEMS_MAX} more"] if len(value) > ITEMS_MAX else []
        return [*(_plain(element, depth + 1) for element in value[:ITEMS_MAX]), *more]
    return cut(str(value), TEXT_CHARACTERS_MAX)


def _json(value: Any, indent: str) -> Iterable[str]:
    """Yield JSON in which a row, or any other array of plain values, is one line."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        for number, (key, element) in enumerate(value.items()):
            yield f"{',' if number else '{'}\n{inner}{_quoted(key)}: "
            yield from _json(element, inner)
        yield f"\n{indent}}}"
    elif isinstance(value, list) and any(isinstance(element, dict | list) for element in value):
        for number, element in enumerate(value):
            yield f"{',' if number else '['}\n{inner}"
            yield from _json(element, inner)
        yield f"\n{indent}]"
    else:
        yield _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hexadecimal(body: bytes) -> list[str]:
    rows = [body[start : start + 16] for start in range(0, len(body), 16)]
    return [
        f"  {row.hex(' '):<47}  {''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in row)}" for row in rows
    ]  # fmt: skip
