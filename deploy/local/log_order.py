"""Lines of several logs in the order of their times; pure. All processes of the stack write theirs in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from heapq import merge
from itertools import accumulate

_TIMES = (
    re.compile(r'\{"time": "(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d\.\d{3})'),  # ours
    re.compile(r"\[\d+\] (\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d\.\d{3})"),  # nats-server
    re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC "),  # PostgreSQL
)


def time_of(line: str) -> str:
    """Return when a line was written, as text that sorts by time; empty where it does not say."""
    for pattern in _TIMES:
        found = pattern.match(line)
        if found is not None:
            return "-".join(found.groups())
    return ""


def in_order(logs: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return every line with its log, by time; those of one log keep their order, and one without a time its place."""
    return [(name, line) for _, _, name, line in merge(*map(_timed, range(len(logs)), logs, logs.values()), key=_when)]


def _timed(place: int, name: str, lines: Sequence[str]) -> list[tuple[str, int, str, str]]:
    times = accumulate(map(time_of, lines), max)
    return [(time, place, name, line) for time, line in zip(times, lines, strict=True)]


def _when(timed: tuple[str, int, str, str]) -> tuple[str, int]:
    return timed[0], timed[1]
