"""Rules, silences and routes over HTTP on a real bus: what is kept there, who was faster, and who is in the audit."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgpack
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.alerts.routing import decode_routing
from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import decode_rule, rule_from
from shared.alerts.silence import decode_silence
from tests.integration.api.server import ADMIN_PASSWORD, ApiServer, bearer, log_in, send
from tests.integration.conftest import BusConnect
from tests.servers import NatsServer
from tests.waiting import holds

OPERATOR = "an-operator"
OVERRIDDEN = ("warning", "critical")


@pytest.fixture(scope="module")
def token(api: ApiServer) -> str:
    """An operator's token."""
    body = {"username": OPERATOR, "password": ADMIN_PASSWORD, "role": "operator"}
    assert send("POST", f"{api.url}/api/v1/users", json=body, headers=bearer(log_in(api))).status_code == 201
    return log_in(api, OPERATOR, ADMIN_PASSWORD)


@pytest_asyncio.fixture
async def http(api: ApiServer, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's client."""
    url = f"{api.url}/api/v1"
    async with httpx.AsyncClient(verify=False, base_url=url, headers=bearer(token), timeout=20) as client:
        yield client


async def ask(http: httpx.AsyncClient, method: str, path: str, status: int = 200, **options: Any) -> Any:
    """Return what is answered with this status."""
    answer = await http.request(method, path, **options)
    assert answer.status_code == status, (method, path, answer.text)
    return answer.json() if answer.content else None


def behind(revision: int) -> dict[str, Any]:
    """Return the options of a request that says which revision the caller has seen."""
    return {"params": {"revision": revision}}


ALL: dict[str, Any] = {"params": {"limit": 1_000}}


@pytest_asyncio.fixture
async def admin(bus: NatsServer, bus_connect: BusConnect) -> Client:
    """One who may read everything on the bus."""
    return await bus_connect(bus, "provision")


@pytest.fixture
def name() -> str:
    """A name that no other test uses: the bus is that of all."""
    return f"r-{secrets.token_hex(6)}"


async def value_of(admin: Client, bucket: str, key: str) -> bytes | None:
    """Return what stands under a key; None where nothing does, or where it was deleted."""
    try:
        message = await admin.jetstream().get_last_msg(f"KV_{bucket}", f"$KV.{bucket}.{key}")
    except NotFoundError:
        return None
    return message.data or None


async def rule_on(admin: Client, name: str) -> Rule | None:
    body = await value_of(admin, "alert_rules", name)
    return None if body is None else decode_rule(body, name)


def content(**changes: Any) -> dict[str, Any]:
    return {"family": "cpu", "column": "total_percent", "warning": 80, "critical": 90, **changes}


def audit_of(api: ApiServer, target: str, token: str | None = None) -> list[tuple[str, str]]:
    """Return who did what to something, newest first; nothing where the audit cannot be read."""
    answer = send("GET", f"{api.url}/api/v1/audit?limit=100", headers=bearer(token or log_in(api)))
    entries = answer.json().get("entries", [])
    return [(entry["actor"], entry["action"]) for entry in entries if entry["target"] == target]


async def test_a_rule_is_in_the_bucket_as_alerting_reads_it_until_it_is_deleted(
    api: ApiServer, http: httpx.AsyncClient, admin: Client, name: str
) -> None:
    path = f"/rules/{name}"
    body = content(overrides=[{"hosts": ["db-*"], "enabled": False}], description="당직")
    made = await ask(http, "PUT", path, json=body, **behind(0))
    assert await rule_on(admin, name) == rule_from({**body, "name": name})
    assert await ask(http, "GET", path) == made
    assert (made["rule"]["overrides"], made["rule"]["enabled"]) == ([{"hosts": ["db-*"], "enabled": False}], True)
    assert made in (await ask(http, "GET", "/rules", **ALL))["rules"]
    packed = await http.get(path, headers={"Accept": "application/msgpack"})
    assert (packed.headers["content-type"], msgpack.unpackb(packed.content)) == ("application/msgpack", made)
    off = await ask(http, "PUT", path, json={**made["rule"], "enabled": False}, **behind(made["revision"]))
    found = await rule_on(admin, name)
    assert found is not None
    assert found.enabled is False
    refused = await ask(http, "PUT", path, 409, json=body)
    assert (refused["code"], refused["field"]) == ("conflict", "revision")
    assert f"expected {off['revision']}, that of what stands there, got none" in refused["detail"]
    await ask(http, "DELETE", path, 409, **behind(made["revision"]))
    await ask(http, "DELETE", path, 204, **behind(off["revision"]))
    assert await rule_on(admin, name) is None
    await ask(http, "GET", path, 404)
    assert name not in [rule["name"] for rule in (await ask(http, "GET", "/rules", **ALL))["rules"]]
    await ask(http, "PUT", path, json=body)
    assert audit_of(api, name) == [
        (OPERATOR, "rule created"), (OPERATOR, "rule deleted"), (OPERATOR, "rule changed"), (OPERATOR, "rule created"),
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["made", "made unseen", "changed"])
async def test_of_two_who_write_behind_the_same_revision_one_is_told(
    http: httpx.AsyncClient, admin: Client, name: str, first: str
) -> None:
    path, known = f"/rules/{name}", {} if first == "made unseen" else behind(0)
    if first == "changed":
        known = behind((await ask(http, "PUT", path, json=content()))["revision"])
    both = (http.put(path, json=content(warning=warning), **known) for warning in (71, 72))
    answers = {answer.status_code: answer.json() for answer in await asyncio.gather(*both)}
    assert sorted(answers) == [200, 409]
    assert (answers[409]["code"], answers[409]["field"]) == ("conflict", "revision")
    found = await rule_on(admin, name)
    assert found is not None
    assert found.warning == answers[200]["rule"]["warning"]


async def test_a_bad_rule_gives_every_problem_and_changes_nothing(
    api: ApiServer, http: httpx.AsyncClient, admin: Client, name: str
) -> None:
    await ask(http, "PUT", f"/rules/{name}", json=content())
    before = await value_of(admin, "alert_rules", name)
    bad = content(warning=101, critical=102, target=5, overrides=[{"hosts": ["a"], "warning": -2, "critical": -1}])
    told = await ask(http, "PUT", f"/rules/{name}", 400, json=bad)
    assert (told["code"], told["field"]) == ("bad_parameter", "target")
    fields = [problem["field"] for problem in told["problems"]]
    assert fields == ["target", "warning", "critical", *(f"overrides[0].{level}" for level in OVERRIDDEN)]
    assert all(problem["detail"] in told["detail"] for problem in told["problems"])
    assert await value_of(admin, "alert_rules", name) == before
    assert audit_of(api, name) == [(OPERATOR, "rule created")]


@pytest.mark.parametrize(
    ("path", "sent", "says"),
    [
        ("/rules/Mine!", b"{}", "name: expected lower case letters"),
        ("/rules/mine", b"[]", "The body: expected a JSON object, got a list"),
        ("/rules/mine", b"", "The body: expected a JSON object, got nothing"),
        ("/rules/mine", b"{", "The body: expected JSON; it cannot be read"),
        ("/rules/mine?revision=-1", b"{}", "revision: expected a whole number from 0 to"),
        ("/rules/mine?revision=x", b"{}", "revision: expected a whole number from 0 to"),
        ("/rules/mine?rev=1", b"{}", "rev: there is no such parameter"),
        ("/silences/one", b'{"reason": "work"}', "end: expected a time, got none"),
        ("/routes", b'{"routes": 5}', "routes: Expected `array`, got `int`"),
    ],
)
async def test_what_cannot_be_used_is_told(http: httpx.AsyncClient, path: str, sent: bytes, says: str) -> None:
    assert says in (await ask(http, "PUT", path, 400, content=sent))["detail"]


async def test_a_silence_is_made_ended_and_kept(api: ApiServer, http: httpx.AsyncClient, admin: Client) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    body = {"hosts": ["web-*"], "rules": ["cpu"], "end": end.isoformat(), "reason": "new disks"}
    made = await ask(http, "POST", "/silences", 201, json=body)
    path = f"/silences/{made['id']}"
    kept = await value_of(admin, "silences", made["id"])
    assert kept is not None
    silence = decode_silence(kept)
    assert (silence.who, silence.reason, silence.end, silence.hosts) == (OPERATOR, "new disks", end, ("web-*",))
    assert made["state"] == "active"
    assert made in (await ask(http, "GET", "/silences", **ALL))["silences"]
    await ask(http, "PUT", path, 409, json=body, **behind(0))
    await ask(http, "PUT", path, 409, json=body)
    await ask(http, "DELETE", path, 204, **behind(made["revision"]))
    over = await ask(http, "GET", path)
    assert (over["state"], over["silence"]["who"], over["silence"]["reason"]) == ("over", OPERATOR, "new disks")
    for wanted in ("true", "false"):
        listed = await ask(http, "GET", "/silences", params={"limit": 1_000, "over": wanted})
        assert (made["id"] in [each["id"] for each in listed["silences"]]) is (wanted == "true")
    assert audit_of(api, made["id"]) == [(OPERATOR, "silence ended"), (OPERATOR, "silence created")]
    assert (await ask(http, "POST", "/silences", 400, json={"reason": "for ever"}))["field"] == "end"


async def test_routes_are_replaced_behind_what_is_known(http: httpx.AsyncClient, admin: Client) -> None:
    revision = (await ask(http, "GET", "/routes"))["revision"]
    body = {"routes": [{"channels": ["ops"], "hours": [22, 6], "zone": "Asia/Seoul"}], "resend_every_seconds": 600}
    made = await ask(http, "PUT", "/routes", json=body, **behind(revision))
    kept = await value_of(admin, "alert_routes", "routes")
    assert kept is not None
    routing = decode_routing(kept)
    assert (routing.routes[0].hours, routing.routes[0].zone) == ((22, 6), "Asia/Seoul")
    assert routing.resend_every_seconds == 600
    assert await ask(http, "GET", "/routes") == made
    await ask(http, "PUT", "/routes", 409, json=body, **behind(revision))
    assert f"(?revision={made['revision']})" in (await ask(http, "PUT", "/routes", 409, json=body))["detail"]
    bad = {"routes": [{"channels": []}], "resend_every_seconds": 1}
    told = await ask(http, "PUT", "/routes", 400, json=bad)
    assert [problem["field"] for problem in told["problems"]] == ["routes[0].channels", "resend_every_seconds"]
    assert await ask(http, "GET", "/routes") == made


async def run_on(postgres_url: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_while_the_database_is_away_rules_and_silences_are_written_and_the_audit_follows(
    api: ApiServer, http: httpx.AsyncClient, admin: Client, postgres_url: str, name: str
) -> None:
    database, admin_token = api.database.name, log_in(api)
    await run_on(postgres_url, f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    try:
        ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        await run_on(postgres_url, ending)
        begun = time.monotonic()
        await ask(http, "PUT", f"/rules/{name}", json=content())
        assert time.monotonic() - begun < 10
        assert await rule_on(admin, name) is not None
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        await ask(http, "PUT", f"/silences/{name}", json={"end": end, "reason": "work"})
        assert await value_of(admin, "silences", name) is not None
        late = [event for event in api.events() if event["event"] == "not in the audit yet"]
        assert [(event["actor"], event["action"]) for event in late if event["target"] == name] == [
            (OPERATOR, "rule created"), (OPERATOR, "silence created"),
        ]  # fmt: skip
    finally:
        await run_on(postgres_url, f"ALTER DATABASE {database} CONNECTION LIMIT -1")

    async def is_entered() -> bool:
        return len(await asyncio.to_thread(audit_of, api, name, admin_token)) == 2

    await holds(is_entered, "the audit of what was done", 60)
    assert audit_of(api, name) == [(OPERATOR, "silence created"), (OPERATOR, "rule created")]
