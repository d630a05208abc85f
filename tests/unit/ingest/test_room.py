"""The watched disk: what each check finds, whether ingest pauses, and what is logged once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.ingest.metrics import Metrics
from services.ingest.room import Disk, free_percent


@dataclass
class Measure:
    """Yields percents in order; '?' is a disk that cannot be asked."""

    percents: list[str]

    def __call__(self) -> float:
        text = self.percents.pop(0)
        if text == "?":
            raise OSError("away")
        return float(text)


@pytest.mark.parametrize(
    ("percents", "pauses", "logged"),
    [
        ("50 4 4 5.5 6 50", ". p p p . .", "nothing is fetched: the disk is nearly full, fetching goes on"),
        ("? ? 50 ?", ". . . .", "the free share of the disk is unknown, the free share of the disk is unknown"),
        ("4 ? 4", "p . p", "nothing is fetched: the disk is nearly full, the free share of the disk is unknown, "
         "fetching goes on, nothing is fetched: the disk is nearly full"),
    ],
)  # fmt: skip
def test_each_change_is_logged_once(percents: str, pauses: str, logged: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "services.ingest.room")
    metrics = Metrics()
    disk = Disk(Measure(percents.split()), 5.0, metrics)
    found = []
    for _ in percents.split():
        asyncio.run(disk.check())
        found.append("p" if disk.paused else ".")
        assert metrics.registry.get_sample_value("vitalwire_ingest_paused") == disk.paused
        assert (disk.reason is not None) == disk.paused
    assert " ".join(found) == pauses
    assert ", ".join(record.message for record in caplog.records) == logged


def test_without_a_disk_nothing_pauses() -> None:
    disk = Disk(None, 100.0, Metrics())
    asyncio.run(disk.check())
    assert (disk.watched, disk.paused, disk.free_percent, disk.reason) == (False, False, None, None)


def test_the_free_share_of_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        free_percent(tmp_path / "missing")
