"""The table of events of alerts: what it takes, how long it keeps it, how an installation gets it, what it tells."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.ingest.alerts.sink import AlertSink
from services.ingest.link import Link
from services.ingest.metrics import Metrics
from services.ingest.provision import provision_database
from services.ingest.provisioning.schema import Wanted
from services.ingest.sink import PostgresSink
from services.ingest.storage.alert_events import COLUMNS, ROWS_MAX
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import expire
from shared.alerts.series import SERIES_TOKEN_CHARACTERS_MAX
from shared.family import TEXT_BYTES_MAX
from shared.subjects import HOST_BYTES_MAX
from shared.wire.alert import (
    ALERT_BYTES_MAX,
    COMMENT_CHARACTERS_MAX,
    IDENTITY_CHARACTERS_MAX,
    WHO_CHARACTERS_MAX,
    AlertEvent,
    decode_alert,
    encode_alert,
    event_subject,
)
from tests.integration.conftest import Database, DatabaseConnect
from tests.integration.ingest.alert_stream import FULL, act, arrival, by_id, rows, transition
from tests.integration.storage.product import mode_of_database
from tests.processes import ROOT

WIDE = "\U0001f525"
"""Four bytes of UTF-8, and two halves in UTF-16."""
BEGAN = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def figures() -> Metrics:
    """What the sink counts."""
    return Metrics()


@pytest_asyncio.fixture
async def sink(database: Database, figures: Metrics) -> AsyncIterator[AlertSink]:
    """Writes with ingest's own rights."""
    made = AlertSink(
        Link(lambda: asyncpg.connect(database.ingest_url), figures.alerts.database_up, 10.0), figures.alerts
    )
    yield made
    made.close()


async def test_columns(owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'app' AND table_name = 'alert_events' ORDER BY ordinal_position"
    )
    assert [tuple(row) for row in found] == list(COLUMNS.items())


LONGEST: dict[str, AlertEvent] = {
    "ids of four bytes a character": transition(id=WIDE * IDENTITY_CHARACTERS_MAX),
    "ids that differ at their end": transition(id=WIDE * (IDENTITY_CHARACTERS_MAX - 1) + "x"),
    "hosts and series": transition(2, host=WIDE * HOST_BYTES_MAX, series="s" * SERIES_TOKEN_CHARACTERS_MAX),
    "labels": transition(3, labels={WIDE * TEXT_BYTES_MAX: WIDE * TEXT_BYTES_MAX, "\x01": '"\\u0000\u2028'}),
    "acts": act(1, who=WIDE * WHO_CHARACTERS_MAX, comment=WIDE * COMMENT_CHARACTERS_MAX, silence="\ud7ff\ufffe"),
    "every field": FULL,
}


async def test_what_the_decoder_takes_the_table_takes(sink: AlertSink, owner: asyncpg.Connection) -> None:
    decoded: list[AlertEvent] = []
    for event in LONGEST.values():
        body = encode_alert(event)
        assert len(body) <= ALERT_BYTES_MAX
        decoded.append(decode_alert(body, event_subject(event)))
    await sink.write([arrival(event) for event in decoded])
    assert await rows(owner) == by_id(decoded)


async def test_writing_twice_is_the_same_as_once(sink: AlertSink, owner: asyncpg.Connection, figures: Metrics) -> None:
    first, second = transition(1), act(1)
    batches: list[list[AlertEvent]] = [[first, first, second], [second, transition(1, value=0.5), transition(2)]]
    for batch in batches:
        await sink.write([arrival(event) for event in batch])
    assert await rows(owner) == by_id([first, second, transition(2)])
    told = [
        figures.registry.get_sample_value(f"vitalwire_ingest_alert_events{name}_total") for name in ("", "_doubled")
    ]
    assert told == [3, 3]


FIRED: dict[str, Any] = {
    "id_hash": bytes(32), "id": "x", "event": "transition", "incident": "i", "rule": "r", "host": "h", "series": "s",
    "labels": "{}", "kind": "rate", "status": "firing", "level": "warning", "since": BEGAN, "time": BEGAN,
    "received_at": BEGAN,
}  # fmt: skip
ACTED: dict[str, Any] = {
    name: FIRED[name] for name in ("id_hash", "id", "incident", "rule", "host", "series", "time", "received_at")
} | {"event": "act", "act": "commented", "who": "kim", "comment": ""}


@pytest.mark.parametrize(
    "row",
    [
        FIRED | {"id_hash": bytes(31)}, FIRED | {"event": "story"}, FIRED | {"kind": "guess"},
        FIRED | {"status": "pending"}, FIRED | {"level": "fatal"}, FIRED | {"labels": "[]"},
        FIRED | {"labels": None}, FIRED | {"since": None}, FIRED | {"act": "commented"}, FIRED | {"comment": ""},
        ACTED | {"act": "deleted"}, ACTED | {"who": None}, ACTED | {"comment": None}, ACTED | {"labels": "{}"},
        ACTED | {"status": "ok"}, ACTED | {"value": 1.0}, ACTED | {"column": "used_percent"},
    ],
)  # fmt: skip
async def test_what_no_event_says_is_refused(row: dict[str, Any], owner: asyncpg.Connection) -> None:
    await insert(owner, FIRED)
    await insert(owner, ACTED)
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(owner, row | {"id_hash": row["id_hash"][:-1] + b"x" if len(row["id_hash"]) == 32 else b""})


async def insert(connection: asyncpg.Connection, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${at}" for at in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO app.alert_events ({names}) VALUES ({places})", *row.values())


async def test_events_go_by_the_age_of_their_arrival(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    await provision_database(database.owner_url, wanted=Wanted(Retention(alert_events_days=30)))
    fill = """INSERT INTO app.alert_events
    (id_hash, id, event, incident, rule, host, series, act, who, comment, time, received_at)
SELECT sha256(convert_to($1::text || n, 'UTF8')), $1::text || n, 'act', 'i', 'r', 'h', 's', 'commented', 'k', '',
    now() - $2::interval, now() - $3::interval FROM generate_series(1, $4) n"""
    day = timedelta(days=1)
    await owner.execute(fill, "old", timedelta(0), 31 * day, 2 * ROWS_MAX + 7)
    await owner.execute(fill, "young", 900 * day, 29 * day, 5)
    upkeep = await database_connect(database.ingest_url)
    storage = storage_of(await mode_of_database(database))
    assert await expire(upkeep, storage) == {"app.alert_events": 2 * ROWS_MAX + 7}
    assert await expire(upkeep, storage) == {}
    assert await owner.fetchval("SELECT count(*) FROM app.alert_events WHERE id LIKE 'young%'") == 5
    assert await owner.fetchval("SELECT count(*) FROM app.alert_events") == 5


async def test_ingest_reads_nothing_of_what_people_said(
    database: Database, database_connect: DatabaseConnect, sink: AlertSink
) -> None:
    await sink.write([arrival(act(1))])
    ingest = await database_connect(database.ingest_url)
    assert await ingest.fetchval("SELECT count(received_at) FROM app.alert_events") == 1
    for column in ("comment", "who", "*"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ingest.fetch(f"SELECT {column} FROM app.alert_events")


AT_0001 = (
    "DROP TABLE app.alert_events",
    "UPDATE app.schema_version SET version_num = '0001'",
    "ALTER TABLE metrics.schema_state DROP COLUMN alert_events_days",
    "REVOKE USAGE ON SCHEMA app FROM vw_ingest, vw_read",
    "INSERT INTO app.users (username, password_hash, role) VALUES ('kim', 'x', 'admin')",
)
"""What makes an installation one of the version before the history of alerts."""


async def test_an_installation_without_the_table_gets_it_and_keeps_what_it_has(
    database: Database, owner: asyncpg.Connection, sink: AlertSink
) -> None:
    for statement in AT_0001:
        await owner.execute(statement)
    samples = PostgresSink(lambda: asyncpg.connect(database.ingest_url), Metrics(), 10.0)
    assert await samples.provisioned() is None  # ingest waits for provision
    for _ in range(2):
        await provision_database(database.owner_url)
    assert await samples.provisioned() is not None
    samples.close()
    assert await owner.fetchval("SELECT version_num FROM app.schema_version") == "0002"
    assert await owner.fetchval("SELECT username FROM app.users") == "kim"
    assert await owner.fetchval("SELECT alert_events_days FROM metrics.schema_state") == 400
    await sink.write([arrival(transition(1))])
    assert await rows(owner) == by_id([transition(1)])


def incident(name: str, rule: str, *told: tuple[float, str]) -> list[AlertEvent]:
    """Return the events of an incident: after so many minutes from BEGAN a status, a level, or an act."""
    made: list[AlertEvent] = []
    for minutes, what in told:
        said: dict[str, Any] = {
            "id": f"{name} {minutes} {what}", "incident": name, "rule": rule, "time": BEGAN + timedelta(minutes=minutes)
        }  # fmt: skip
        if what in ("acknowledged", "commented"):
            made.append(act(act=what, **said))
        else:
            status, level = ("ok", "critical") if what == "ok" else ("firing", what)
            made.append(transition(status=status, level=level, since=BEGAN, **said))
    return made


BEFORE = -10 * 24 * 60.0
"""Minutes from BEGAN to a time before the range that the page asks for; and once more, to one behind it."""
BEHIND = 21 * 24 * 60.0

INCIDENTS = [
    *incident("a", "disk", (0, "warning"), (1, "critical"), (2, "acknowledged"), (9, "acknowledged"), (5, "ok")),
    *incident("b", "disk", (100, "critical"), (103, "commented"), (115, "ok")),
    *incident("c", "disk", (200, "warning"), (204, "acknowledged")),
    *incident("d", "cpu", (0, "warning"), (1, "commented")),
    *incident("e", "disk", (BEFORE, "warning"), (0, "critical"), (1, "acknowledged"), (2, "ok")),
    *incident("f", "disk", (BEHIND, "warning"), (BEHIND + 1, "acknowledged")),
    *incident("g", "swap", (0, "critical"), (BEHIND, "ok")),
]


async def test_the_page_s_query_tells_how_long_people_and_incidents_took(
    sink: AlertSink, database: Database, database_connect: DatabaseConnect
) -> None:
    text = (ROOT / "docs/storage.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(SELECT rule, .*?)\n```", text, re.DOTALL)
    await sink.write([arrival(event) for event in INCIDENTS])
    reader = await database_connect(database.read_url)
    assert [tuple(row) for row in await reader.fetch(query)] == [
        ("cpu", 1, 0, None, 0, None),
        ("disk", 3, 2, timedelta(minutes=3), 2, timedelta(minutes=10)),
        ("swap", 1, 0, None, 1, timedelta(minutes=BEHIND)),
    ]


QUESTIONS = {
    "of an incident": "incident = 'a'",
    "of a host": "host = 'web-1' ORDER BY time DESC LIMIT 50",
    "the newest": "true ORDER BY time DESC LIMIT 50",
    "what is old": "received_at < now() - interval '400 days'",
}


@pytest.mark.parametrize("condition", QUESTIONS.values(), ids=QUESTIONS)
async def test_no_question_reads_the_whole_table(condition: str, owner: asyncpg.Connection) -> None:
    # With few rows a scan costs less: the plan shows only whether an index could serve.
    await owner.execute("SET enable_seqscan = off; SET enable_sort = off")
    plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN SELECT * FROM app.alert_events WHERE {condition}"))
    assert "Index" in plan
    assert "Seq Scan" not in plan
