"""Rules, silences and routes as the API keeps them: what is listed, what is refused, and who is kept in the audit."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgpack
import msgspec
import pytest

from services.api.buckets import Bucket
from services.api.errors import ConflictError, DatabaseAwayError, NotFoundError, UnacceptableError
from services.api.routing.book import RoutingBook
from services.api.rules.book import RuleBook
from services.api.silences import book as silences_book
from services.api.silences.book import SilenceBook
from shared.alerts.routing import decode_routing
from shared.alerts.rule import RULES_MAX
from shared.alerts.rule_encoding import decode_rule, encode_rule
from shared.alerts.silence import SILENCES_MAX, Silence, decode_silence, encode_silence
from tests.unit.api.fake_bus import ACTOR, NOW, Database, FakeBus
from tests.unit.shared.alerts.rules import content, rule

MINE = "$KV.alert_rules.mine"


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def rules(bus: FakeBus, database: Database) -> RuleBook:
    return RuleBook(Bucket(bus, "alert_rules"), database.trail)


@pytest.fixture
def silences(bus: FakeBus, database: Database) -> SilenceBook:
    return SilenceBook(Bucket(bus, "silences"), database.trail, lambda: NOW)


@pytest.fixture
def routing(bus: FakeBus, database: Database) -> RoutingBook:
    return RoutingBook(Bucket(bus, "alert_routes"), database.trail)


async def test_a_rule_is_kept_as_alerting_reads_it_and_shown_with_every_field(
    bus: FakeBus, database: Database, rules: RuleBook
) -> None:
    made = await rules.put(ACTOR, "mine", content(overrides=[{"hosts": ["db-*"], "warning": 85}]), 0)
    assert decode_rule(bus.body_of(MINE), "mine") == rule(overrides=[{"hosts": ["db-*"], "warning": 85}])
    shown = json.loads(msgspec.json.encode(await rules.rule("mine")))
    assert (shown["name"], shown["revision"], shown["problem"]) == ("mine", made.revision, None)
    assert (shown["rule"]["enabled"], shown["rule"]["kind"], shown["rule"]["tags"]) == (True, "threshold", {})
    assert shown["rule"]["overrides"] == [{"hosts": ["db-*"], "warning": 85.0}]
    # What was shown can be sent again.
    again = await rules.put(ACTOR, "mine", {**shown["rule"], "enabled": False}, made.revision)
    assert decode_rule(bus.body_of(MINE), "mine").enabled is False
    await rules.delete(ACTOR, "mine", again.revision)
    with pytest.raises(NotFoundError):
        await rules.rule("mine")
    assert database.said == [
        ("kim", "rule created", "mine"), ("kim", "rule changed", "mine"), ("kim", "rule deleted", "mine"),
    ]  # fmt: skip


async def test_of_two_who_change_a_rule_the_second_is_told(bus: FakeBus, rules: RuleBook) -> None:
    made = await rules.put(ACTOR, "mine", content(), 0)
    await rules.put(ACTOR, "mine", content(warning=70), made.revision)
    for work in (rules.put(ACTOR, "mine", content(warning=60), made.revision), rules.delete(ACTOR, "mine", 1)):
        with pytest.raises(ConflictError, match="revision: expected 2, got 1"):
            await work
    with pytest.raises(ConflictError, match="there is one by this name already"):
        await rules.put(ACTOR, "mine", content(), 0)
    with pytest.raises(ConflictError, match="revision: expected 2, that of what stands there, got none"):
        await rules.put(ACTOR, "mine", content(), None)
    assert decode_rule(bus.body_of(MINE), "mine").warning == 70


async def test_who_makes_a_rule_replaces_none_that_is_made_meanwhile(bus: FakeBus, rules: RuleBook) -> None:
    bus.meanwhile = (MINE, encode_rule(rule(warning=70)))
    with pytest.raises(ConflictError, match="somebody else was faster, and 1 stands there now"):
        await rules.put(ACTOR, "mine", content(), None)
    assert decode_rule(bus.body_of(MINE), "mine").warning == 70


async def test_a_deleted_rule_is_made_anew_as_if_it_had_never_been(rules: RuleBook) -> None:
    made = await rules.put(ACTOR, "mine", content(), 0)
    await rules.delete(ACTOR, "mine", None)
    with pytest.raises(ConflictError, match="there is none by this name any more"):
        await rules.put(ACTOR, "mine", content(), made.revision)
    assert (await rules.put(ACTOR, "mine", content(), 0)).revision > made.revision


async def test_what_somebody_writes_while_a_rule_is_deleted_stays(
    bus: FakeBus, database: Database, rules: RuleBook
) -> None:
    await rules.put(ACTOR, "mine", content(), 0)
    bus.meanwhile = (MINE, encode_rule(rule(warning=70)))
    with pytest.raises(ConflictError, match="somebody else was faster"):
        await rules.delete(ACTOR, "mine", None)
    assert decode_rule(bus.body_of(MINE), "mine").warning == 70
    assert database.said == [("kim", "rule created", "mine")]


async def test_a_rule_that_cannot_be_used_changes_nothing(bus: FakeBus, database: Database, rules: RuleBook) -> None:
    await rules.put(ACTOR, "mine", content(), None)
    before = dict(bus.kept)
    with pytest.raises(UnacceptableError):
        await rules.put(ACTOR, "mine", content(warning=1_000, family="cpus"), 1)
    assert (bus.kept, len(database.entered)) == (before, 1)


async def test_rules_come_in_pages_and_one_that_cannot_be_read_with_its_reason(bus: FakeBus, rules: RuleBook) -> None:
    for name in ("d", "b", "a", "e"):
        await rules.put(ACTOR, name, content(name=name), None)
    await rules.delete(ACTOR, "b", None)
    bus.store("$KV.alert_rules.c", msgpack.packb({"v": 2, "name": "c"}))
    pages, cursor = [], None
    while True:
        page = await rules.page(2, cursor)
        pages.append(" ".join(each.name for each in page.rules))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == ["a c", "d e"]
    newer = await rules.rule("c")
    assert (newer.rule, newer.problem) == (None, "v: expected 1, got the newer 2; upgrade to change this rule")
    with pytest.raises(ConflictError, match="a later release"):
        await rules.put(ACTOR, "c", content(name="c"), newer.revision)


@pytest.mark.parametrize("name", ["nobody", "No Rule", "a.b", "x" * 65, "\0", "*", ">"])
async def test_what_is_no_rule_is_not_found_and_a_name_that_is_none_is_asked_of_nobody(
    bus: FakeBus, rules: RuleBook, name: str
) -> None:
    with pytest.raises(NotFoundError):
        await rules.rule(name)
    with pytest.raises(NotFoundError):
        await rules.delete(ACTOR, name, None)
    assert (bus.asked == []) is (name != "nobody")


async def test_there_are_as_many_rules_as_may_be(bus: FakeBus, rules: RuleBook) -> None:
    for number in range(RULES_MAX):
        bus.store(f"$KV.alert_rules.r{number}", encode_rule(rule(name=f"r{number}")))
    with pytest.raises(ConflictError, match=f"There are {RULES_MAX} rules"):
        await rules.put(ACTOR, "mine", content(), None)
    await rules.put(ACTOR, "r0", content(name="r0", warning=70), 1)
    await rules.delete(ACTOR, "r1", None)
    await rules.put(ACTOR, "mine", content(), None)


async def test_what_is_written_while_the_database_is_away_is_written(bus: FakeBus, rules: RuleBook) -> None:
    database = Database(error=DatabaseAwayError("away"))
    trail = database.trail
    book = RuleBook(Bucket(bus, "alert_rules"), trail)
    await book.put(ACTOR, "mine", content(), 0)
    assert decode_rule(bus.body_of(MINE), "mine") == rule()
    assert trail.late_count == 1
    database.error = None
    await trail.catch_up()
    assert database.said == [("kim", "rule created", "mine")]


END = NOW + timedelta(hours=1)
BODY: dict[str, Any] = {"hosts": ["web-*"], "reason": "work", "end": END.isoformat()}


async def test_a_silence_is_made_changed_and_ended_and_stays_with_its_reason(
    bus: FakeBus, database: Database, silences: SilenceBook
) -> None:
    made = await silences.create(ACTOR, BODY)
    assert made.id.startswith("20261127T090000Z-")
    assert (made.state, made.silence and made.silence.who) == ("active", "kim")
    kept = decode_silence(bus.body_of(f"$KV.silences.{made.id}"))
    assert (kept.hosts, kept.rules, kept.start, kept.end, kept.reason) == (("web-*",), ("*",), NOW, END, "work")
    for unknown in (None, 0, made.revision + 1):
        with pytest.raises(ConflictError, match=f"^revision: expected {made.revision}, "):
            await silences.put(ACTOR, made.id, BODY, unknown)
    began = {**BODY, "start": (NOW - timedelta(hours=1)).isoformat()}
    changed = await silences.put(ACTOR, made.id, began, made.revision)
    with pytest.raises(ConflictError, match=r"^revision: "):
        await silences.end(ACTOR, made.id, made.revision)
    await silences.end(ACTOR, made.id, changed.revision)
    over = await silences.silence(made.id)
    assert over.silence is not None
    assert (over.state, over.silence.end, over.silence.reason) == ("over", NOW, "work")
    await silences.end(ACTOR, made.id, None)  # once more, which is nothing
    assert (await silences.silence(made.id)).revision == over.revision
    assert [action for _, action, _ in database.said] == ["silence created", "silence changed", "silence ended"]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "active"),
        ({"start": (NOW + timedelta(minutes=1)).isoformat()}, "to_come"),
        ({"recurrence": {"weekdays": ["fri"], "start": "08:30", "minutes": 60}}, "active"),
        ({"recurrence": {"weekdays": ["sat"], "start": "08:30", "minutes": 60}}, "between"),
    ],
)
async def test_a_silence_says_where_it_stands(silences: SilenceBook, changes: dict[str, Any], state: str) -> None:
    assert (await silences.create(ACTOR, {**BODY, **changes})).state == state


async def test_a_silence_that_has_not_begun_is_removed(silences: SilenceBook) -> None:
    made = await silences.create(ACTOR, {**BODY, "start": (NOW + timedelta(minutes=1)).isoformat()})
    await silences.end(ACTOR, made.id, None)
    with pytest.raises(NotFoundError):
        await silences.silence(made.id)


def kept_silence(number: int, end_h: int) -> Silence:
    start = NOW - timedelta(hours=2_000)
    return Silence(id=f"s{number:04}", start=start, end=NOW + timedelta(hours=end_h), who="me", reason="x")


async def test_those_that_are_over_are_listed_where_they_are_asked_for(bus: FakeBus, silences: SilenceBook) -> None:
    for number, end_h in enumerate((1, -1, 0, 2)):
        bus.store(f"$KV.silences.s{number:04}", encode_silence(kept_silence(number, end_h)))
    bus.store("$KV.silences.torn", b"\xc1")

    async def listed(*, with_over: bool) -> str:
        found = (await silences.page(10, None, with_over=with_over)).silences
        return " ".join(f"{each.id}:{each.state}" for each in found)

    assert await listed(with_over=False) == "s0000:active s0003:active torn:None"
    assert await listed(with_over=True) == "s0000:active s0001:over s0002:over s0003:active torn:None"
    first = await silences.page(1, None, with_over=False)
    rest = await silences.page(1, first.next_cursor, with_over=False)
    assert [each.id for each in (*first.silences, *rest.silences)] == ["s0000", "s0003"]


async def test_what_has_been_over_longest_makes_room(bus: FakeBus, silences: SilenceBook) -> None:
    over_count = silences_book.DROPPED_MAX + 5
    for number in range(SILENCES_MAX):
        end_h = -number - 1 if number < over_count else 1
        bus.store(f"$KV.silences.s{number:04}", encode_silence(kept_silence(number, end_h)))
    await silences.put(ACTOR, "new", BODY, 0)
    left = [key for key in (f"s{number:04}" for number in range(over_count)) if bus.body_of(f"$KV.silences.{key}")]
    assert left == [f"s{number:04}" for number in range(5)]
    assert (await silences.silence("new")).state == "active"


async def test_where_all_count_there_is_no_room(bus: FakeBus, silences: SilenceBook) -> None:
    for number in range(SILENCES_MAX):
        bus.store(f"$KV.silences.s{number:04}", encode_silence(kept_silence(number, 1)))
    with pytest.raises(ConflictError, match="There are 1,000 silences"):
        await silences.create(ACTOR, BODY)
    await silences.put(ACTOR, "s0000", BODY, 1)


async def test_routes_are_read_and_replaced_as_a_whole(bus: FakeBus, database: Database, routing: RoutingBook) -> None:
    nothing = await routing.routing()
    assert nothing.routing is not None
    assert (nothing.revision, nothing.routing.routes, nothing.routing.window_seconds) == (0, (), 300.0)
    body: dict[str, Any] = {
        "routes": [{"channels": ["ops"]}],
        "escalations": [{"after_seconds": 60, "channels": ["boss"]}],
    }
    made = await routing.put(ACTOR, body, 0)
    kept = decode_routing(bus.body_of("$KV.alert_routes.routes"))
    assert [route.channels for route in kept.routes] == [("ops",)]
    shown = json.loads(msgspec.json.encode(await routing.routing()))
    assert shown["revision"] == made.revision
    assert shown["routing"]["routes"][0]["levels"] == ["warning", "critical"]
    assert shown["routing"]["escalations"][0]["levels"] == ["warning", "critical"]
    await routing.put(ACTOR, shown["routing"], made.revision)
    for unknown in (None, 0, made.revision):
        with pytest.raises(ConflictError, match=r"^revision: expected 2, "):
            await routing.put(ACTOR, body, unknown)
    assert decode_routing(bus.body_of("$KV.alert_routes.routes")).escalations == kept.escalations
    assert database.said == [("kim", "routes changed", "routes")] * 2


async def test_routes_of_a_later_release_are_left_alone(bus: FakeBus, routing: RoutingBook) -> None:
    bus.store("$KV.alert_routes.routes", msgpack.packb({"v": 2}))
    shown = await routing.routing()
    assert (shown.revision, shown.routing) == (1, None)
    assert shown.problem is not None
    with pytest.raises(ConflictError, match="A later release"):
        await routing.put(ACTOR, {}, shown.revision)
