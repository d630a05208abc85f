"""A collector cut off from the bus: what it read meanwhile comes from its disk, whatever happens to the process."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.collecting import HOST, OTHER_HOST
from tests.faults.fleet import Durability, Fleet, events, installation
from tests.faults.length import Length
from tests.faults.on_collector import cut_off_and_restarted, cuttable, spool_without_room
from tests.faults.proof import held_up, look
from tests.faults.watch import more_arrives, watching

SEED = 20_261_126
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """One installation for these."""
    async with installation(Durability(), SEED) as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB; needs the right to mount."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(directory)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: a full disk; mounting a small one was refused: {done.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


async def test_a_collector_that_is_cut_off_and_restarted_loses_nothing(fleet: Fleet, tmp_path: Path) -> None:
    async with watching(fleet, HOST) as watch:
        cut = await cuttable(fleet, HOST, tmp_path / "spool")
        await more_arrives(watch)
        before = await look(watch)
        await cut_off_and_restarted(cut, Length(6))
        await more_arrives(watch)
        await fleet.end(cut.service)
        await cut.wire.stop()
        verdict = await watch.settled()
        assert verdict.problems == []
        assert await held_up(watch, before)
        # The one before the restart, and the one after, which tells how far the first came: no tail is missing unseen.
        assert len(watch.witness.sent.sessions) == 2
        assert len(watch.witness.sent.seq_last) == 1
        assert not [line for line in events(cut.service.log) if "lost" in line["event"]]


async def test_a_spool_without_room_costs_nothing_that_memory_holds(fleet: Fleet, small_disk: Path) -> None:
    async with watching(fleet, OTHER_HOST) as watch:
        cut = await cuttable(fleet, OTHER_HOST, small_disk / "spool")
        await more_arrives(watch)
        before = await look(watch)
        await spool_without_room(cut, small_disk, Length(3))
        await more_arrives(watch)
        await fleet.end(cut.service)
        await cut.wire.stop()
        verdict = await watch.settled()
        assert verdict.problems == []
        assert await held_up(watch, before)
