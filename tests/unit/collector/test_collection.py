"""A reader that fails stops no other, is logged once, and is counted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from services.collector.collection import Collection
from services.collector.counters import Counters
from services.collector.readers.reader import IncompleteError
from shared.families.connection import Connection


@dataclass
class Script:
    """A reader that answers by a script: `.` a row, `x` an error, `p` a part."""

    letters: str
    state: str = "listen"

    def read(self, at_s: float) -> Sequence[Any]:
        letter, self.letters = self.letters[0], self.letters[1:]
        rows = [Connection(state=self.state, connections_count=1)]
        if letter == "x":
            raise OSError("the sensor is gone")
        if letter == "p":
            raise IncompleteError(rows, "one did not answer")
        return rows


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        self.now_s += 1
        return self.now_s


def collection(readers: dict[str, Script], counters: Counters) -> Collection:
    return Collection(readers, dict.fromkeys(readers, 10), counters, Clock())


@pytest.mark.parametrize(
    ("letters", "logged", "failed", "rows"),
    [
        ("...", "", 0, 3),
        ("xxx", "reader failed", 3, 0),
        ("x.x", "reader failed, reader recovered, reader failed", 2, 1),
        ("p..", "reader failed, reader recovered", 1, 3),
    ],
)
def test_failures(caplog: pytest.LogCaptureFixture, letters: str, logged: str, failed: int, rows: int) -> None:
    counters = Counters()
    reading = collection({"connection": Script(letters)}, counters)
    with caplog.at_level(logging.INFO):
        found = [reading.read(["connection"]) for _ in letters]
    assert ", ".join(record.message for record in caplog.records) == logged
    assert counters.readings_failed_count == failed
    assert sum(len(each) for each in found) == rows


def test_a_failure_stops_no_other() -> None:
    counters = Counters()
    readers = {"disk": Script("x"), "connection": Script(".")}
    assert [each.family.name for each in collection(readers, counters).read(readers)] == ["connection"]
    assert counters.reading_seconds > 0


def test_a_row_that_cannot_be_sent_is_cut_and_counted() -> None:
    counters = Counters()
    assert collection({"connection": Script(".", "x" * 4_000)}, counters).read(["connection"]) == []
    assert counters.rows_cut_count == 1


@dataclass
class Many:
    """A reader with more rows than a family may have."""

    count: int

    def read(self, at_s: float) -> Sequence[Any]:
        return [Connection(state=str(number), connections_count=1) for number in range(self.count)]


def test_rows_beyond_the_limit_are_cut_and_counted() -> None:
    counters = Counters()
    reading = Collection({"connection": Many(10_003)}, {"connection": 10}, counters, Clock())
    assert len(reading.read(["connection"])[0].rows) == 10_000
    assert counters.rows_cut_count == 3
