"""What every reader is given and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.collector.counters import Counters
from services.collector.readers.choice import Choice


@dataclass(frozen=True, slots=True)
class Context:
    """What readers are given: what to show, and the collector's own counters."""

    mounts: Choice = field(default_factory=Choice)
    disks: Choice = field(default_factory=Choice)
    interfaces: Choice = field(default_factory=Choice)
    counters: Counters = field(default_factory=Counters)


class Reader(Protocol):
    """Reads one family of this machine, again and again."""

    def read(self, at_s: float) -> Sequence[Any]:
        """Return rows of the family's class; `at_s` is a monotonic clock, for rates.

        Rates need two readings: the first returns no row. Raises IncompleteError with the rows it has when a part
        did not answer, anything else when there is nothing to show.
        """


class IncompleteError(Exception):
    """A part of the machine did not answer. Use the rows that did; say once what is missing."""

    def __init__(self, rows: Sequence[Any], missing: str) -> None:
        super().__init__(missing)
        self.rows = rows
