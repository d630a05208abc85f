"""Acting on alerts, and one incident: with the database, without it, and without the bus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.allowance import ACKNOWLEDGEMENTS, COMMENTS, Allowance
from services.api.alerts.desk import COMMENTS_MAX, READS_MAX, AlertDesk
from services.api.alerts.follow import AlertFollow
from services.api.alerts.news import event_of
from services.api.alerts.queries import AlertQueries
from services.api.alerts.schemas import AlertEvent
from services.api.alerts.stored import Stored
from services.api.audit import Actor, Deed
from services.api.errors import (
    BadParameterError,
    BusAwayError,
    ConflictError,
    DatabaseAwayError,
    LimitedError,
    NotFoundError,
)
from services.api.observations import Observations
from services.api.scope import Scope
from services.api.trail import Trail
from shared.wire.alert import COMMENT_CHARACTERS_MAX, AlertTransition
from tests.unit.api.alert_events import FakeStream, act, after, transition

KIM, LEE = Actor("kim", "192.0.2.1", "request-1"), Actor("lee", "192.0.2.2", "request-2")
ALL = Scope("kim")
FIRES, OVER = transition("web-1"), transition("web-2")


class Blind(Scope):
    """Somebody who may see no host."""

    def sees(self, host: str) -> bool:
        return False


class Narrow(Scope):
    """Somebody who may see one host."""

    def sees(self, host: str) -> bool:
        return host == FIRES.host


@dataclass
class FakeDatabase:
    """What is stored, and the audit."""

    is_away: bool = False
    is_stuck: bool = False
    events: list[AlertEvent] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    async def incident(self, incident: str) -> tuple[list[AlertEvent], bool]:
        self.asked.add(incident)
        await self._answer()
        return [event for event in self.events if event.incident == incident], False

    async def enter_deed(self, deed: Deed) -> None:
        await self._answer()
        self.entries.append((deed.actor.username, deed.action, deed.target, deed.detail))

    async def _answer(self) -> None:
        if self.is_stuck:
            await asyncio.sleep(60)
        if self.is_away:
            raise DatabaseAwayError("the database does not answer")


@dataclass
class CountingStream(FakeStream):
    """A stream that counts how many incidents are read from it at one time."""

    reading_count: int = 0
    reading_count_max: int = 0

    async def following(self, sequence: int, subjects: str) -> Stored | None:
        if not subjects.endswith(".act"):
            return await super().following(sequence, subjects)
        self.reading_count += 1
        self.reading_count_max = max(self.reading_count_max, self.reading_count)
        await asyncio.sleep(0.01)
        self.reading_count -= 1
        return await super().following(sequence, subjects)


@asynccontextmanager
async def desk(
    stream: FakeStream, database: FakeDatabase, now: Callable[[], float] = lambda: 0.0
) -> AsyncIterator[AlertDesk]:
    """A desk before a stream with an alert that fires and one that is over."""
    for event in (FIRES, OVER, transition("web-2", "ok", time_s=5)):
        await stream.add(event)
    active = ActiveAlerts()
    follow = AlertFollow(stream.connected, active, Observations())
    running = asyncio.create_task(follow.run())
    try:
        if not stream.is_away:
            await asyncio.wait_for(follow.filled.wait(), 5)
        trail = Trail(database.enter_deed, lambda: after(7), enter_s_max=0.2)
        allowance = Allowance(now)
        yield AlertDesk(active, follow, cast(AlertQueries, database), trail, lambda: after(7), allowance)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("is_away", [False, True], ids=["with the database", "without the database"])
async def test_acknowledging_is_said_on_the_bus_once_however_often_it_is_asked(is_away: bool) -> None:
    stream, database = FakeStream(), FakeDatabase(is_away)
    async with desk(stream, database) as at:
        first = await at.acknowledge(FIRES.incident, " on it ", KIM, ALL)
        again = await at.acknowledge(FIRES.incident, "", LEE, ALL)
        assert first == again
        assert first.acknowledged is not None
        assert (first.acknowledged.who, first.acknowledged.time, first.acknowledged.comment) == (
            "kim", after(7), "on it",
        )  # fmt: skip
        third = await at.acknowledge(FIRES.incident, "me too", LEE, ALL)
        assert (third.acknowledged, third.comments_count) == (first.acknowledged, 1)
    assert [(said.act, said.who, said.comment) for said in stream.published] == [
        ("acknowledged", "kim", "on it"), ("commented", "lee", "me too"),
    ]  # fmt: skip
    expected = [
        ("kim", "alert acknowledged", FIRES.incident, "on it"), ("lee", "alert commented", FIRES.incident, "me too"),
    ]  # fmt: skip
    assert database.entries == ([] if is_away else expected)


async def test_two_who_acknowledge_at_once_get_the_same_answer() -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        answers = await asyncio.gather(*(at.acknowledge(FIRES.incident, "", who, ALL) for who in (KIM, LEE)))
    assert answers[0] == answers[1]
    assert len(stream.published) == 1


async def test_an_act_that_the_audit_cannot_take_yet_is_logged_with_who_and_where_and_entered_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = FakeDatabase(is_away=True)
    async with desk(FakeStream(), database) as at:
        with caplog.at_level(logging.WARNING):
            await at.acknowledge(FIRES.incident, "", KIM, ALL)
        database.is_away = False
        await at.trail.catch_up()
    (record,) = [record for record in caplog.records if record.message == "not in the audit yet"]
    said = vars(record)
    assert (said["actor"], said["address"], said["request_id"], said["target"]) == (
        "kim", "192.0.2.1", "request-1", FIRES.incident,
    )  # fmt: skip
    assert database.entries == [("kim", "alert acknowledged", FIRES.incident, None)]


async def test_a_database_that_is_stuck_holds_nobody_up() -> None:
    async with desk(FakeStream(), FakeDatabase(is_stuck=True)) as at:
        async with asyncio.timeout(5):
            alert = await at.acknowledge(FIRES.incident, "", KIM, ALL)
    assert alert.acknowledged is not None


async def test_what_is_over_is_not_acknowledged_but_commented() -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase(is_away=True)) as at:
        with pytest.raises(ConflictError, match="is over"):
            await at.acknowledge(OVER.incident, "", KIM, ALL)
        alert = await at.comment(OVER.incident, "was a bad disk", KIM, ALL)
    assert (alert.status, alert.comments_count) == ("ok", 1)
    assert [said.act for said in stream.published] == ["commented"]


async def test_what_only_the_database_knows_is_found_there() -> None:
    old = transition("web-9")
    events = [event_of(old, after(0)), event_of(transition("web-9", "ok", time_s=2), after(2))]
    stream, database = FakeStream(), FakeDatabase(events=events)
    async with desk(stream, database) as at:
        with pytest.raises(ConflictError):
            await at.acknowledge(old.incident, "", KIM, ALL)
        alert = await at.comment(old.incident, "late", KIM, ALL)
        assert (alert.host, alert.status, alert.comments_count) == ("web-9", "ok", 1)
        database.is_away = True
        with pytest.raises(DatabaseAwayError):
            await at.comment(old.incident, "later", KIM, ALL)
        with pytest.raises(DatabaseAwayError):
            await at.incident(old.incident, ALL)
    assert [said.comment for said in stream.published] == ["late"]


@pytest.mark.parametrize("incident", ["nothing-1", "", "../../etc", "a" * 101, "a b", "a\0", "ä"])
async def test_an_incident_that_nobody_knows_is_not_found(incident: str) -> None:
    stream, database = FakeStream(), FakeDatabase()
    async with desk(stream, database) as at:
        for asked in (at.acknowledge(incident, "", KIM, ALL), at.comment(incident, "x", KIM, ALL)):
            with pytest.raises(NotFoundError):
                await asked
        with pytest.raises(NotFoundError):
            await at.incident(incident, ALL)
    assert stream.published == []
    # A name that no incident has is not looked for.
    assert database.asked <= {"nothing-1"}


async def test_who_may_not_see_the_host_does_not_learn_that_there_is_one() -> None:
    stream, nobody = FakeStream(), Blind("mallory")
    async with desk(stream, FakeDatabase()) as at:
        for asked in (
            at.acknowledge(FIRES.incident, "", KIM, nobody),
            at.comment(FIRES.incident, "x", KIM, nobody),
            at.incident(FIRES.incident, nobody),
        ):
            with pytest.raises(NotFoundError):
                await asked
    assert stream.published == []


async def test_of_an_incident_only_events_of_hosts_that_may_be_seen_are_told() -> None:
    forged = msgspec.structs.replace(act(FIRES, "commented", comment="elsewhere"), host="web-2")
    database = FakeDatabase(events=[event_of(forged, after(0)), event_of(FIRES, after(1)), event_of(forged, after(2))])
    async with desk(FakeStream(), database) as at:
        found = await at.incident(FIRES.incident, Narrow("kim"))
    assert [event.host for event in found.events] == [FIRES.host]
    assert found.alert is not None
    assert found.alert.host == FIRES.host


@pytest.mark.parametrize("comment", ["", "  \n\t", "a\0b", "half \ud800"])
async def test_a_comment_that_says_nothing_or_cannot_be_kept_is_refused(comment: str) -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        with pytest.raises(BadParameterError, match="comment"):
            await at.comment(FIRES.incident, comment, KIM, ALL)
    assert stream.published == []


async def test_the_longest_comment_is_said_whole() -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        await at.comment(FIRES.incident, "\N{GRINNING FACE}" * COMMENT_CHARACTERS_MAX, KIM, ALL)
    assert [len(said.comment) for said in stream.published] == [COMMENT_CHARACTERS_MAX]


async def test_without_the_bus_nobody_is_told_that_it_was_done() -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        stream.is_away = True
        with pytest.raises(BusAwayError, match="has not confirmed"):
            await at.acknowledge(FIRES.incident, "", KIM, ALL)
    database = FakeDatabase()
    async with desk(FakeStream(is_away=True), database) as at:
        with pytest.raises(BusAwayError, match="has not told yet"):
            await at.acknowledge(FIRES.incident, "", KIM, ALL)
    assert database.entries == []


async def test_an_incident_is_all_that_database_and_bus_know_of_it() -> None:
    stream = FakeStream()
    database = FakeDatabase(events=[event_of(FIRES, after(1))])
    async with desk(stream, database) as at:
        await stream.add(act(FIRES, who="lee"))
        await at.comment(FIRES.incident, "so", KIM, ALL)
        found = await at.incident(FIRES.incident, ALL)
        assert [event.event for event in found.events] == ["transition", "act", "act"]
        assert (found.stored, found.events_left_out) == (True, False)
        database.is_away = True
        without = await at.incident(FIRES.incident, ALL)
        assert (without.events, without.alert, without.stored) == (found.events, found.alert, False)
        stream.is_away = True
        alone = await at.incident(FIRES.incident, ALL)
    assert [event.event for event in alone.events] == ["transition"]
    assert alone.alert == found.alert
    assert found.alert is not None
    assert found.alert.acknowledged is not None
    assert (found.alert.acknowledged.who, found.alert.comments_count) == ("lee", 1)


@pytest.mark.parametrize("of", [FIRES, OVER], ids=["fires", "is over"])
async def test_an_incident_takes_so_many_comments_and_no_more(of: AlertTransition) -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        for number in range(COMMENTS_MAX - 1):
            await stream.add(act(of, "commented", comment=f"number {number}"), heard=False)
        assert await at.follow.reached(max(stream.messages))
        last = await at.comment(of.incident, "the last", KIM, ALL)
        assert last.comments_count == COMMENTS_MAX
        with pytest.raises(ConflictError, match=f"has {COMMENTS_MAX} comments"):
            await at.comment(of.incident, "one more", LEE, ALL)
        if of is FIRES:
            assert (await at.acknowledge(of.incident, "on it", KIM, ALL)).acknowledged is not None
            with pytest.raises(ConflictError, match=f"has {COMMENTS_MAX} comments"):
                await at.acknowledge(of.incident, "me too", LEE, ALL)
            await at.acknowledge(of.incident, "", LEE, ALL)
    assert [said.act for said in stream.published] == ["commented", *(["acknowledged"] if of is FIRES else [])]


async def test_so_many_incidents_are_read_from_the_bus_at_one_time_and_all_of_them_are_answered() -> None:
    stream = CountingStream()
    async with desk(stream, FakeDatabase()) as at:
        answers = await asyncio.gather(*(at.incident(FIRES.incident, ALL) for _ in range(3 * READS_MAX)))
    assert stream.reading_count_max == READS_MAX
    assert all(answer == answers[0] for answer in answers)


async def test_who_comments_without_end_is_told_to_wait_and_can_still_acknowledge_a_storm() -> None:
    stream, now = FakeStream(), [0.0]
    async with desk(stream, FakeDatabase(), lambda: now[0]) as at:
        storm = [transition(f"storm-{number}") for number in range(500)]
        for event in storm:
            await stream.add(event)
        await at.follow.reached(max(stream.messages))
        for number in range(COMMENTS.at_once_max):
            await at.comment(storm[number].incident, "noise", KIM, ALL)
        said_count = len(stream.published)
        with pytest.raises(
            LimitedError, match=r"more comments than one person may make: 100 at once, then 3 a minute"
        ) as refused:
            await at.comment(storm[0].incident, "noise", KIM, ALL)
        assert (refused.value.status, refused.value.retry_after_s, len(stream.published)) == (429, 20, said_count)
        await at.comment(storm[0].incident, "another's own", LEE, ALL)
        for event in storm:
            await at.acknowledge(event.incident, "on it", KIM, ALL)
        assert all(
            (active := at.active.of_incident(each.incident)) and active.news.alert.acknowledged for each in storm
        )
        now[0] += refused.value.retry_after_s or 0
        await at.comment(storm[0].incident, "once more", KIM, ALL)
        with pytest.raises(LimitedError):
            await at.comment(storm[0].incident, "and again", KIM, ALL)


async def test_acknowledging_has_an_allowance_too_and_what_is_refused_costs_nothing() -> None:
    stream = FakeStream()
    async with desk(stream, FakeDatabase()) as at:
        for _ in range(ACKNOWLEDGEMENTS.at_once_max):
            with pytest.raises(ConflictError):
                await at.acknowledge(OVER.incident, "", KIM, ALL)
        assert (await at.acknowledge(FIRES.incident, "", KIM, ALL)).acknowledged is not None
        for _ in range(ACKNOWLEDGEMENTS.at_once_max):
            await at.acknowledge(FIRES.incident, "", KIM, ALL)  # nothing new is said
        assert len(stream.published) == 1
        for _ in range(ACKNOWLEDGEMENTS.at_once_max - 1):
            at.allowance.spend("acknowledged", KIM.username)
        with pytest.raises(LimitedError, match=r"1,000 at once, then 60 a minute"):
            at.allowance.spend("acknowledged", KIM.username)
