"""What ingest has stored of alerts, through the wire: ranges, filters, pages, and one incident from both places."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from services.api.alerts.news import event_of
from shared.wire.alert import AlertEvent, AlertTransition
from tests.integration.api.alerting import Caller, calling
from tests.integration.api.server import ApiServer, log_in
from tests.integration.conftest import BusConnect, Database
from tests.servers import NatsServer
from tests.unit.api.alert_events import act, transition

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
SPAN = {"start": BEGIN.isoformat(), "end": (BEGIN + timedelta(hours=1)).isoformat()}

_STORE = """INSERT INTO app.alert_events (id_hash, id, event, incident, rule, host, source, series, labels, kind,
    family, "column", unit, status, level, value, threshold, target, since, time, reason, act, who, comment, silence,
    received_at)
VALUES (sha256(convert_to($1, 'UTF8')), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    $19, $20, $21, $22, $23, $24, $25)"""


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def fired(host: str, seconds: float, status: Any = "firing", level: Any = "warning", **changed: Any) -> AlertTransition:
    """Return a transition of that second, of an incident that bears the host's name."""
    plain: dict[str, Any] = {
        "id": f"{host}:{status}:{level}:{seconds}",
        "incident": f"of-{host}",
        "since": at(0),
        "time": at(seconds),
    }
    return transition(host, status, level, **(plain | changed))


async def store(database: Database, *events: AlertEvent) -> None:
    """Store events as ingest does."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        for event in events:
            row = event_of(event, event.time)
            plain = {name: getattr(row, name) for name in row.__struct_fields__}
            plain["labels"] = json.dumps(plain["labels"]) if plain["event"] == "transition" else None
            await connection.execute(_STORE, *plain.values())
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def admin(api: ApiServer) -> AsyncIterator[Caller]:
    async with calling(api, await asyncio.to_thread(log_in, api)) as caller:
        yield caller


async def read(caller: Caller, **parameters: Any) -> dict[str, Any]:
    answer = await caller.get("/history", **{**SPAN, **parameters})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(page: dict[str, Any]) -> list[str]:
    return [event["id"] for event in page["events"]]


async def test_the_history_is_filtered_and_newest_first(api: ApiServer, admin: Caller) -> None:
    mark = secrets.token_hex(4)
    web, db = f"web-{mark}", f"db-{mark}"
    fires, worse, over = fired(web, 0), fired(web, 10, level="critical"), fired(web, 20, "ok", "critical")
    other = fired(db, 5, rule="cpu_high", labels={"mount": "</b>\n{}"})
    taken = msgspec.structs.replace(act(fires), time=at(15))
    before, after = fired(web, -1), fired(web, 3_600)
    await store(api.database, fires, worse, over, other, taken, before, after)
    everything = [over.id, taken.id, worse.id, other.id, fires.id]
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({}, everything),
        ({"host": web}, [over.id, taken.id, worse.id, fires.id]),
        ({"host": f"db*{mark}"}, [other.id]),
        ({"rule": "cpu*"}, [other.id]),
        ({"rule": ["cpu_high", "disk"]}, everything),
        ({"rule": "cpu?igh"}, []),
        ({"level": "critical"}, [over.id, worse.id]),
        ({"status": "ok"}, [over.id]),
        ({"incident": f"of-{db}"}, [other.id]),
        ({"host": web, "status": "firing", "level": "warning"}, [fires.id]),
        ({"host": "no-such-host"}, []),
    ]
    for parameters, expected in asked:
        page = await read(admin, **{"host": [web, db], **parameters})
        assert ids(page) == expected, parameters
    (event,) = (await read(admin, host=db))["events"]
    assert (event["labels"], event["value"], event["column"], event["act"]) == (
        {"mount": "</b>\n{}"}, 92.5, "used_percent", None,
    )  # fmt: skip
    (event,) = [event for event in (await read(admin, host=web))["events"] if event["event"] == "act"]
    assert (event["act"], event["who"], event["level"], event["labels"]) == ("acknowledged", "kim", None, {})


async def test_pages_hold_each_event_once_also_those_of_one_instant(api: ApiServer, admin: Caller) -> None:
    host = f"page-{secrets.token_hex(4)}"
    events = [fired(host, seconds, id=f"{host}|{number}|{'x' * 900}") for number, seconds in enumerate([9, 5, 5, 5, 1])]
    await store(api.database, *events)
    for limit in (1, 2, 3, 5):
        found: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(10):
            page = await read(admin, host=host, limit=limit, **cursor)
            assert len(page["events"]) <= limit
            found += ids(page)
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert found == [events[number].id for number in (0, 3, 2, 1, 4)]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"start": "yesterday"}, "start"),
        ({"cursor": "x"}, "cursor"),
        ({"status": "pending"}, "status"),
        ({"incident": "a b"}, "incident"),
        ({"incident": "\0"}, "incident"),
        ({"rule": "a\0"}, "rule"),
        ({"order": "worst"}, "order"),
    ],
)
async def test_a_bad_question_is_refused_by_field(admin: Caller, parameters: dict[str, str], field: str) -> None:
    answer = await admin.get("/history", **parameters)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


async def test_one_incident_is_told_from_the_database_alone_when_it_is_long_over(api: ApiServer, admin: Caller) -> None:
    host = f"long-over-{secrets.token_hex(4)}"
    await store(api.database, fired(host, 0), fired(host, 9, level="critical"), fired(host, 20, "ok", "critical"))
    found = (await admin.get(f"/of-{host}")).json()
    assert [event["status"] for event in found["events"]] == ["firing", "firing", "ok"]
    assert (found["alert"]["status"], found["alert"]["host"], found["stored"]) == ("ok", host, True)
    assert (await admin.act(f"of-{host}")).status_code == 409
    assert (await admin.get("/of-nobody")).status_code == 404


async def test_who_comments_on_what_only_the_database_knows_is_heard_on_the_bus(
    api: ApiServer, admin: Caller, bus: NatsServer, bus_connect: BusConnect
) -> None:
    host = f"comment-{secrets.token_hex(4)}"
    await store(api.database, fired(host, 0), fired(host, 9, "ok"))
    heard = await (await bus_connect(bus, "subscriber")).subscribe(f"alerts.disk.{host}.system.act")
    answer = await admin.act(f"of-{host}", "comment", comment="it was the fan")
    assert (answer.status_code, answer.json()["comments_count"]) == (200, 1)
    assert b"it was the fan" in (await heard.next_msg(5)).data
