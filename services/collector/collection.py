"""Reads the families that are due; a reader that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.collector.counters import Counters
from services.collector.readers.reader import IncompleteError, Reader
from shared.families import FAMILIES
from shared.wire.encode import Cell, Rows, UnsendableError, cells

log = logging.getLogger(__name__)


class Collection:
    """The readers of one machine, and which of them failed last time."""

    def __init__(
        self,
        readers: Mapping[str, Reader],
        intervals: Mapping[str, int],
        counters: Counters,
        clock: Callable[[], float],
    ) -> None:
        self._readers = readers
        self._intervals = intervals
        self._counters = counters
        self._clock = clock
        self._failing: set[str] = set()

    def read(self, names: Iterable[str]) -> list[Rows]:
        """Return what each of these families has to say; a failure is counted, and logged once until it is over."""
        start_s = self._clock()
        readings = []
        for name in names:
            rows = self._rows(name, self._read_one(name))
            if rows.rows:
                readings.append(rows)
        self._counters.reading_seconds = self._clock() - start_s
        return readings

    def _read_one(self, name: str) -> Iterable[Any]:
        rows: Iterable[Any] = ()
        try:
            rows = self._readers[name].read(self._clock())
        except IncompleteError as error:
            self._failed(name, error)
            return error.rows
        except Exception as error:
            self._failed(name, error)
            return ()
        if name in self._failing:
            self._failing.discard(name)
            log.info("reader recovered", extra={"family": name})
        return rows

    def _failed(self, name: str, error: Exception) -> None:
        self._counters.readings_failed_count += 1
        if name not in self._failing:
            self._failing.add(name)
            log.warning("reader failed", extra={"family": name, "error": f"{type(error).__name__}: {error}"})

    def _rows(self, name: str, rows: Iterable[Any]) -> Rows:
        family = FAMILIES[name]
        packed: list[list[Cell]] = []
        for row in rows:
            if len(packed) == family.rows_max:
                self._counters.rows_cut_count += 1
                continue
            try:
                packed.append(cells(family, row))
            except UnsendableError as error:
                self._counters.rows_cut_count += 1
                log.debug("row cut", extra={"family": name, "error": str(error)})
        return Rows(family, float(self._intervals[name]), packed)
