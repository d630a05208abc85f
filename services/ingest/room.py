"""Measures how much is stored and how much of the disk is free, and says when nothing more may be fetched."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.ingest.ceiling import is_paused, pause_reason
from services.ingest.jetstream import ask
from services.ingest.metrics import Metrics
from shared.subjects import BACKFILL, METRICS

log = logging.getLogger(__name__)

CHECK_EVERY_S = 5.0
ASK_S_MAX = 5.0

FreePercent = Callable[[], float]
"""Measures the free share of a disk; raises OSError when that is impossible."""


class Disk:
    """The disk that must not fill up: its free share when it was checked last, and whether ingest pauses for it.

    Without a measure nothing is watched.
    """

    def __init__(self, measure: FreePercent | None, free_percent_min: float, metrics: Metrics) -> None:
        self._measure = measure
        self._free_percent_min = free_percent_min
        self._metrics = metrics
        self._failed = False
        self.free_percent: float | None = None
        self.paused = False

    @property
    def watched(self) -> bool:
        """Whether there is a disk to watch."""
        return self._measure is not None

    @property
    def reason(self) -> str | None:
        """The sentence that says why nothing is fetched, None while it is."""
        if not self.paused or self.free_percent is None:
            return None
        return pause_reason(self.free_percent, self._free_percent_min)

    async def check(self) -> None:
        """Measure, and decide whether to pause; what changes is logged once."""
        if self._measure is None:
            return
        try:
            # The directory may lie on a file system that hangs.
            self.free_percent = await asyncio.to_thread(self._measure)
            self._failed = False
        except OSError as error:
            self.free_percent = None
            if not self._failed:
                log.warning("the free share of the disk is unknown", extra={"error": str(error)})
            self._failed = True
        was_paused = self.paused
        self.paused = is_paused(was_paused, self.free_percent, self._free_percent_min)
        self._metrics.paused.set(self.paused)
        if self.paused and not was_paused:
            log.error("nothing is fetched: the disk is nearly full", extra={"reason": self.reason})
        elif was_paused and not self.paused:
            log.info("fetching goes on", extra={"free_percent": self.free_percent})

    async def watch(self) -> None:
        """Check for ever."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_EVERY_S)


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes database and streams may take together, 0 without a ceiling; and what tells how full it is."""

    bytes_max: int
    stream_bytes: Callable[[], Awaitable[int | None]]
    disk: Disk


def free_percent(directory: Path) -> float:
    """Return the share of a directory's disk that unprivileged users may still fill, as df counts it."""
    found = os.statvfs(directory)
    usable = found.f_blocks - found.f_bfree + found.f_bavail
    return 100.0 * found.f_bavail / usable if usable else 100.0


async def stream_bytes(bus: Client) -> int | None:
    """Return the bytes that the streams of sample sets take, None while the bus does not say."""
    total = 0
    for stream in (METRICS, BACKFILL):
        try:
            total += int((await ask(bus, f"STREAM.INFO.{stream}", ASK_S_MAX))["state"]["bytes"])
        except (NatsError, OSError, ValueError, KeyError) as error:
            log.warning("the size of a stream is unknown", extra={"stream": stream, "error": type(error).__name__})
            return None
    return total
