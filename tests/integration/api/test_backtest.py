"""Drafts of rules tried on stored history through the wire: kinds of rules, hosts, limits, and what is refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgpack
import pytest

from tests.integration.api.server import ApiServer, bearer, log_in
from tests.integration.api.stored import START, span, store_cpu
from tests.integration.conftest import Database
from tests.unit.shared.alerts.rules import content

_CPU = """INSERT INTO metrics.cpu (time, host, source, total_percent, user_percent, system_percent, idle_percent,
    cores_count)
SELECT $1::timestamptz + make_interval(secs => step), $2::text, 'system',
    CASE WHEN step BETWEEN 600 AND 899 THEN 80.1 WHEN step BETWEEN 1000 AND 1050 THEN 99 ELSE 10 END, 1, 1, 1, 4
FROM generate_series(0, 3599) AS step"""
_DISK = """INSERT INTO metrics.disk (time, host, source, mount, device, total_bytes, used_bytes, available_bytes,
    used_percent)
SELECT $1::timestamptz + make_interval(secs => step), $2::text, 'system', mount, 'd', 100, step, 0,
    CASE WHEN mount = '/data' THEN 92.5 ELSE 10 END
FROM generate_series(0, 3590, 10) AS step, unnest(ARRAY['/', '/data']) AS mount
WHERE mount = '/' OR step < 1800"""
_PROCESS = """INSERT INTO metrics.process (time, host, source, pid, name, cpu_percent, resident_bytes, memory_percent)
SELECT now() - make_interval(secs => 600 - step), $1::text, 'system', 7, 'db',
    CASE WHEN step < 300 THEN 5 ELSE 95 END, 1, 1
FROM generate_series(0, 595, 5) AS step"""
_LEDGER = """INSERT INTO metrics.sample_sets (time, host, source, session, seq, received_at, stream_sequence)
SELECT said, $2::text, 'system', 'a', step + 1, said + interval '50 milliseconds', step
FROM generate_series(0, 3599) AS step, LATERAL (SELECT $1::timestamptz + make_interval(secs => step) AS said) AS told
WHERE NOT step BETWEEN $3 AND $4"""
_MARK = """INSERT INTO metrics.rollup_dirty (bucket_seconds, time, host)
SELECT DISTINCT 60, date_bin(interval '1 minute', time, timestamptz '2000-01-03 00:00+00'), host
FROM (SELECT time, host FROM metrics.cpu UNION ALL SELECT time, host FROM metrics.disk) AS written"""


async def store(database: Database) -> None:
    """Store an hour of yesterday of web-1, with one incident of the processor and one of a file system that goes."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(_CPU, START, "web-1")
        await connection.execute(_DISK, START, "web-1")
        await connection.execute(_PROCESS, "web-1")
        await connection.execute(_LEDGER, START, "web-1", 1_000, 1_299)
        await connection.execute(_LEDGER, START, "db-1", -1, -1)
        if await connection.fetchval("SELECT to_regclass('metrics.rollup_dirty') IS NOT NULL"):
            await connection.execute(_MARK)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    asyncio.run(store(api.database))
    with httpx.Client(verify=False, base_url=f"{api.url}/api/v1", headers=bearer(log_in(api)), timeout=60) as client:
        yield client


def tried(http: httpx.Client, rule: dict[str, Any], **wish: Any) -> dict[str, Any]:
    answer = http.post("/rules/backtest", json={"rule": rule, **span(3_600), **wish})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - START).total_seconds()


def test_a_draft_is_tried_on_samples(http: httpx.Client) -> None:
    body = tried(http, content(warning=80.1, for_seconds=60))
    (incident,) = body["incidents"]
    assert [seconds(incident[field]) for field in ("since", "fired_at", "until")] == [600, 660, 900]
    assert (incident["host"], incident["source"], incident["series"], incident["labels"]) == (
        "web-1", "system", "system", {},
    )  # fmt: skip
    assert (incident["level"], incident["seconds"], incident["value"], incident["peak"]) == ("warning", 300, 80.1, 80.1)
    assert body["total"] | {"rows": 0} == {
        "hosts": 1, "hosts_with_incidents": 1, "incidents": 1, "critical": 0, "seconds": 300.0, "rows": 0,
    }  # fmt: skip
    assert body["hosts"] == [{"host": "web-1", "incidents": 1, "critical": 0, "seconds": 300.0}]
    (part,) = body["parts"]
    # Not where jobs of the database make rollups.
    assert (part["resolution"], part["is_exact"]) == ("raw", part["statement"].startswith("Exact:"))


def test_series_have_their_labels_and_say_why_they_ended(http: httpx.Client) -> None:
    (incident,) = tried(http, content(family="disk", column="used_percent"))["incidents"]
    assert (incident["labels"], incident["level"]) == ({"mount": "/data", "device": "d"}, "critical")
    assert (incident["reason"], seconds(incident["until"])) == ("series gone", 1_830)


def test_a_family_without_rollups_is_read_while_its_samples_are_kept(http: httpx.Client) -> None:
    body = tried(http, content(family="process", column="cpu_percent"), start="-1h", end=None)
    (incident,) = body["incidents"]
    assert (incident["labels"], incident["until"], incident["level"]) == ({"pid": "7", "name": "db"}, None, "critical")


def test_a_rule_of_absence_is_tried_on_arrivals(http: httpx.Client) -> None:
    body = tried(http, content("absence", critical=60), host=["web-*"])
    (incident,) = body["incidents"]
    assert [seconds(incident[field]) for field in ("since", "until")] == [1_059.05, 1_300.05]
    assert (incident["value"], incident["peak"], incident["series"]) == (60, 301, "host")
    assert [part["resolution"] for part in body["parts"]] == ["ledger"]


def test_a_rule_that_looks_back_reads_its_window_before_the_range(http: httpx.Client) -> None:
    rule = content("rate", column="used_bytes", warning=0.5, window_seconds=600)
    (first, _) = tried(http, rule, start=(START + timedelta(seconds=900)).isoformat())["incidents"]
    assert seconds(first["since"]) <= 900


def test_hosts_are_narrowed_by_the_rule_and_by_the_caller(http: httpx.Client) -> None:
    assert tried(http, content(hosts=["db-*"]))["hosts"] == []
    assert tried(http, content(), host=["db-*"])["hosts"] == []
    assert [host["host"] for host in tried(http, content(), host=["web-?"])["hosts"]] == ["web-1"]


def test_msgpack_says_the_same(http: httpx.Client) -> None:
    wish = {"rule": content(), **span(3_600)}
    packed = http.post("/rules/backtest", json=wish, headers={"Accept": "application/msgpack"})
    assert msgpack.unpackb(packed.content) == http.post("/rules/backtest", json=wish).json()


def test_history_that_is_not_kept_any_more_is_said_to_be_unknown(http: httpx.Client) -> None:
    body = tried(http, content(), start="-400d", end=None)
    assert [part["resolution"] for part in body["parts"]] == [None, "1h", "5m", "1m", "raw"]
    assert (body["parts"][0]["is_exact"], body["total"]["incidents"]) == (False, 2)


@pytest.mark.parametrize(
    ("wish", "field", "says"),
    [
        ({"rule": content(name="BAD", column="nothing")}, "rule", "rule: name: expected .*; column: expected a gauge"),
        ({"rule": "cpu"}, "rule", "rule: expected an object, got 'cpu'"),
        ({}, "rule", "rule: expected an object, got nothing"),
        ({"rule": content(), "start": "yesterday"}, "start", "start: expected an instant"),
        ({"rule": content(), "host": ["a\0b"]}, "host", "host: expected a name or glob"),
        ({"rule": content(), "hosts": []}, "hosts", "hosts: there is no such field"),
    ],
)
def test_what_cannot_be_tried_is_refused(http: httpx.Client, wish: dict[str, Any], field: str, says: str) -> None:
    answer = http.post("/rules/backtest", json=wish)
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (400, "bad_parameter", field), body
    assert re.match(says, body["detail"]), body["detail"]


def test_too_many_hosts_are_refused_with_what_to_do(api: ApiServer, http: httpx.Client) -> None:
    asyncio.run(store_cpu(api.database, 1, [f"many-{number}" for number in range(201)]))
    answer = http.post("/rules/backtest", json={"rule": content(), **span(3_600)})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "too_much", "host")
    assert "at most 200 hosts" in answer.json()["detail"]
    assert len(tried(http, content(), host=["many-1*"])["hosts"]) == 111
