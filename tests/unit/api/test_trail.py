"""What is done on the bus goes into the audit, later where the database is away, and into the log meanwhile."""

from __future__ import annotations

import asyncio
import logging

import pytest

from services.api.audit import Deed
from services.api.errors import DatabaseAwayError
from services.api.trail import LATE_MAX, Trail
from tests.unit.api.fake_bus import ACTOR, NOW, Database


async def test_it_is_entered_at_once_with_its_time() -> None:
    database = Database()
    trail = database.trail
    await trail.note(ACTOR, "rule created", "mine", "revision 1")
    assert database.entered == [Deed(ACTOR, "rule created", "mine", "revision 1", NOW)]
    assert trail.late_count == 0


async def test_while_the_database_is_away_the_log_tells_and_it_is_entered_later_in_order(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    database = Database(error=DatabaseAwayError("the database does not answer"))
    trail = database.trail
    for target in ("a", "b"):
        await trail.note(ACTOR, "rule created", target)
    (first, _) = [record.__dict__ for record in caplog.records]
    assert {key: first[key] for key in ("actor", "action", "target", "request_id", "reason")} == {
        "actor": "kim", "action": "rule created", "target": "a", "request_id": "request-1",
        "reason": "the database does not answer",
    }  # fmt: skip
    await trail.catch_up()
    assert (database.entered, trail.late_count) == ([], 2)
    database.error = None
    await trail.note(ACTOR, "rule created", "c")
    assert database.entered == []
    await trail.catch_up()
    assert ([deed.target for deed in database.entered], trail.late_count) == (["a", "b", "c"], 0)


async def test_a_database_that_hangs_holds_nobody_up() -> None:
    entered: list[Deed] = []
    hangs = asyncio.Event()

    async def enter(deed: Deed) -> None:
        await hangs.wait()
        entered.append(deed)

    trail = Trail(enter, lambda: NOW, enter_s_max=0.05)
    async with asyncio.timeout(5):
        await trail.note(ACTOR, "rule created", "mine")
    assert trail.late_count == 1
    hangs.set()
    await trail.catch_up()
    assert len(entered) == 1


async def test_a_database_that_is_frozen_and_does_not_even_let_go_holds_nobody_up() -> None:
    thawed = asyncio.Event()

    async def enter(_: Deed) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # As asyncpg does: it waits until the server has heard that the statement is cancelled.
            await thawed.wait()

    trail = Trail(enter, lambda: NOW, enter_s_max=0.05)
    noting = asyncio.create_task(trail.note(ACTOR, "rule created", "mine"))
    done, _ = await asyncio.wait({noting}, timeout=5)
    assert (done, trail.late_count) == ({noting}, 1)
    thawed.set()


async def test_an_entry_that_no_database_takes_is_told_in_the_log_and_keeps_no_other_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = Database(error=DatabaseAwayError("away"))
    trail = database.trail
    for target in ("a", "b"):
        await trail.note(ACTOR, "rule created", target)
    database.error = ValueError("no text of a database")
    await trail.catch_up()
    await trail.note(ACTOR, "rule created", "c")
    never = [vars(record)["target"] for record in caplog.records if record.message == "never in the audit"]
    assert (never, trail.late_count) == (["a", "b", "c"], 0)
    database.error = None
    await trail.note(ACTOR, "rule created", "d")
    assert [deed.target for deed in database.entered] == ["d"]


async def test_what_a_request_did_that_ends_meanwhile_is_entered_later() -> None:
    entered: list[Deed] = []
    answers = asyncio.Event()

    async def enter(deed: Deed) -> None:
        await answers.wait()
        entered.append(deed)

    trail = Trail(enter, lambda: NOW, enter_s_max=30)
    noting = asyncio.create_task(trail.note(ACTOR, "rule created", "mine"))
    await asyncio.sleep(0)
    noting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await noting
    assert (entered, trail.late_count) == ([], 1)
    answers.set()
    await trail.catch_up()
    assert ([deed.target for deed in entered], trail.late_count) == (["mine"], 0)


async def test_what_waits_is_bounded() -> None:
    database = Database(error=DatabaseAwayError("away"))
    trail = database.trail
    for number in range(LATE_MAX + 1):
        await trail.note(ACTOR, "rule created", f"r{number}")
    assert trail.late_count == LATE_MAX
    database.error = None
    await trail.catch_up()
    assert [deed.target for deed in database.entered][:1] == ["r1"]
