"""The suite's big set of samples in a database, written and settled step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from services.ingest.storage.mode import Mode
from shared.families import FAMILIES
from tests.integration.conftest import Database
from tests.integration.storage.generate import Recording, deliveries, record
from tests.integration.storage.product import in_thread, keep_up, write
from tests.integration.storage.samples import Table, table_of
from tests.integration.storage.timeline import Part, Size

MOMENTS = ("written", "settled", "late rows written", "settled again")
"""What is asked at each moment must be right: before upkeep ran, after it, when late rows came, and after it again."""
LAST = MOMENTS[-1]


@dataclass
class Stored:
    """A database that goes from moment to moment, never back."""

    database: Database
    mode: Mode
    size: Size
    end: datetime
    recordings: list[Recording] = field(init=False)
    reached: int = -1
    analysed: bool = False

    def __post_init__(self) -> None:
        self.recordings = record(self.size, self.end)
        self.table = cache(self._table)

    def reach(self, moment: str) -> None:
        """Do what is left until that moment."""
        assert MOMENTS.index(moment) >= self.reached, f"{moment} is over: tests of the moments run in their order"
        while self.reached < MOMENTS.index(moment):
            self.reached += 1
            (self._write_main, self._settle, self._write_rest, self._settle)[self.reached]()

    def parts(self, moment: str) -> tuple[Part, ...]:
        """Return what is written by then."""
        return (Part.MAIN,) if MOMENTS.index(moment) < 2 else tuple(Part)

    def rollups_wait(self, moment: str) -> bool:
        """Return whether rollups may lack rows that came late until they are refreshed again."""
        return self.mode == "timescaledb_community" and MOMENTS.index(moment) == 2

    def _table(self, family: str, parts: tuple[Part, ...]) -> Table:
        written = [recording for recording in self.recordings if recording.stretch.part in parts]
        return table_of(FAMILIES[family], [run for recording in written for run in recording.runs])

    def _write_main(self) -> None:
        self._write(Part.MAIN)

    def _write_rest(self) -> None:
        # The tail first: what is late comes after everything else.
        self._write(Part.TAIL)
        self._write(Part.LATE)

    def _write(self, part: Part) -> None:
        batches = deliveries(self.recordings, self.end, part)
        in_thread(lambda: write(self.database, batches))

    def _settle(self) -> None:
        in_thread(lambda: keep_up(self.database))
