"""Alerts through the wire: what fires is listed and told live, and what people do reaches the bus once."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection

from services.api.alerts.allowance import COMMENTS
from shared.wire.alert import AlertAct, AlertTransition, decode_alert, encode_alert, event_subject
from tests.integration.api.alerting import SOON_S, Caller, Evaluator, calling, listening, told
from tests.integration.api.server import ApiServer, bearer, log_in, send
from tests.integration.conftest import BusConnect, database_on, provision_streams, run_sql
from tests.servers import NatsServer, temporary_directory
from tests.unit.api.alert_events import transition
from tests.waiting import holds

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def own_bus() -> Iterator[NatsServer]:
    """A bus on which nobody else speaks of alerts."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture(scope="module")
def api(own_bus: NatsServer, postgres_url: str, template_database: str) -> Iterator[ApiServer]:
    """A running API on that bus and a database of its own."""
    name = f"vw_alerts_{secrets.token_hex(4)}"
    run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    directory = temporary_directory("alerts")
    server = ApiServer(directory, own_bus, database_on(postgres_url, name))
    server.start()
    yield server
    if server.process is not None:
        server.stop()
    shutil.rmtree(directory, ignore_errors=True)
    run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def tokens(api: ApiServer) -> dict[str, str]:
    """Role → access token."""
    admin = log_in(api)
    for role in ("viewer", "operator"):
        body = {"username": f"an-{role}", "password": PASSWORD, "role": role}
        assert send("POST", f"{api.url}/api/v1/users", json=body, headers=bearer(admin)).status_code == 201
    return {"admin": admin, **{role: log_in(api, f"an-{role}", PASSWORD) for role in ("viewer", "operator")}}


@pytest_asyncio.fixture
async def operator(api: ApiServer, tokens: dict[str, str]) -> AsyncIterator[Caller]:
    async with calling(api, tokens["operator"]) as caller:
        yield caller


@pytest_asyncio.fixture
async def evaluator(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Evaluator]:
    yield Evaluator(await bus_connect(own_bus, "alerting"))


@pytest_asyncio.fixture
async def live(api: ApiServer, tokens: dict[str, str]) -> AsyncIterator[ClientConnection]:
    async with listening(api, tokens["viewer"]) as client:
        yield client


def own(name: str, *changes: str) -> list[AlertTransition]:
    """Return transitions of a host that no other test has: fires, then becomes what is named."""
    host = f"{name}-{secrets.token_hex(3)}"
    made = [transition(host)]
    for second, change in enumerate(changes, 1):
        if change == "ok":
            made.append(transition(host, "ok", made[-1].level, time_s=second))
        else:
            made.append(transition(host, level=change, time_s=second))  # type: ignore[arg-type]
    return made


async def fire(caller: Caller, host: str) -> None:
    """Return once an alert on a host is listed."""

    async def is_so() -> bool:
        return bool(await caller.firing(host=host))

    await holds(is_so, f"an alert on {host}", SOON_S)


async def acts_on(bus_connect: BusConnect, bus: NatsServer, of: AlertTransition) -> list[AlertAct]:
    """Return what the stream holds of acts on an alert, read by who may read everything."""
    streams = (await bus_connect(bus, "provision")).jetstream()
    subject = f"{event_subject(of)}.act"
    found: list[AlertAct] = []
    info = await streams.stream_info("ALERTS", subjects_filter=subject)
    count = (info.state.subjects or {}).get(subject, 0)
    sequence = 1
    for _ in range(count):
        message = await streams.get_msg("ALERTS", seq=sequence, subject=subject, next=True)
        event = decode_alert(message.data or b"", message.subject or "")
        assert isinstance(event, AlertAct)
        found.append(event)
        sequence = (message.seq or 0) + 1
    return found


async def test_what_fires_is_listed_and_told_live_until_it_is_over(
    evaluator: Evaluator, operator: Caller, live: ClientConnection
) -> None:
    fires, worse, over = own("web", "critical", "ok")
    await evaluator.say(fires)
    first = await told(live, fires.host, status="firing")
    assert (first["level"], first["since"]) == ("warning", "2026-11-21T12:00:00Z")
    (listed,) = await operator.firing(host=fires.host)
    assert {"type": "alert", **listed} == first
    await evaluator.say(worse)
    await told(live, fires.host, level="critical")
    assert [alert["level"] for alert in await operator.firing(host=fires.host)] == ["critical"]
    await evaluator.say(over)
    await told(live, fires.host, status="ok")
    assert await operator.firing(host=fires.host) == []


async def test_acknowledging_reaches_the_bus_once_and_shows_everywhere(
    own_bus: NatsServer, bus_connect: BusConnect, evaluator: Evaluator, operator: Caller, live: ClientConnection
) -> None:
    fires, over = own("ack", "ok")
    await evaluator.say(fires)
    await told(live, fires.host)
    answers = await asyncio.gather(*(operator.act(fires.incident, comment="on it") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    acknowledged = answers[0].json()["acknowledged"]
    assert (acknowledged["who"], acknowledged["comment"]) == ("an-operator", "on it")
    assert (await operator.act(fires.incident)).json()["acknowledged"] == acknowledged
    await told(live, fires.host, acknowledged=acknowledged)
    (listed,) = await operator.firing(host=fires.host)
    assert listed["acknowledged"] == acknowledged
    said = await acts_on(bus_connect, own_bus, fires)
    assert [act.who for act in said if act.act == "acknowledged"] == ["an-operator"]
    await evaluator.say(over)
    await told(live, fires.host, status="ok", acknowledged=acknowledged)
    assert (await operator.act(fires.incident)).status_code == 409
    assert (await operator.act(fires.incident, "comment", comment="it was the cable")).status_code == 200
    assert len(await acts_on(bus_connect, own_bus, fires)) == len(said) + 1


async def test_it_stands_in_the_audit(
    api: ApiServer, tokens: dict[str, str], evaluator: Evaluator, operator: Caller, live: ClientConnection
) -> None:
    (fires,) = own("audit")
    await evaluator.say(fires)
    await told(live, fires.host)
    await operator.act(fires.incident, comment="on it")
    answer = send("GET", f"{api.url}/api/v1/audit?limit=5", headers=bearer(tokens["admin"])).json()
    (entry,) = [entry for entry in answer["entries"] if entry["target"] == fires.incident]
    assert (entry["actor"], entry["action"], entry["detail"]) == ("an-operator", "alert acknowledged", "on it")


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("viewer", 403), ("operator", 404), ("admin", 404)])
@pytest.mark.parametrize("what", ["acknowledge", "comment"])
def test_who_may_act(api: ApiServer, tokens: dict[str, str], what: str, role: str | None, status: int) -> None:
    headers = {} if role is None else bearer(tokens[role])
    path = f"{api.url}/api/v1/alerts/no-such-incident/{what}"
    assert send("POST", path, json={"comment": "x"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("comment", {}, "comment"),
        ("comment", {"comment": ""}, "comment"),
        ("comment", {"comment": "x" * 2_001}, "comment"),
        ("comment", {"comment": 5}, "comment"),
        ("comment", {"comment": "a\0b"}, "comment"),
        ("comment", {"comment": "x", "who": "somebody else"}, "who"),
        ("acknowledge", {"comment": "x" * 2_001}, "comment"),
        ("acknowledge", {"silence": "1h"}, "silence"),
        ("acknowledge", [], None),
    ],
)
async def test_a_bad_act_is_refused_by_field(operator: Caller, what: str, body: object, field: str | None) -> None:
    answer = await operator.http.post(f"/api/v1/alerts/any-incident/{what}", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"level": "fatal"}, "level"),
        ({"order": "oldest"}, "order"),
        ({"rule": ""}, "rule"),
        ({"host": "x" * 300}, "host"),
        ({"limit": 0}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"status": "firing"}, "status"),
    ],
)
async def test_a_bad_question_is_refused_by_field(operator: Caller, parameters: dict[str, str], field: str) -> None:
    answer = await operator.get(**parameters)
    assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


HOSTILE_HOST = "<img/src=x/onerror=alert(1)>{}"
HOSTILE = "</script><b>{0.__class__}\n\r\t\N{RIGHT-TO-LEFT OVERRIDE}%s${x}"


async def test_hostile_names_come_back_as_they_are_in_plain_json(
    evaluator: Evaluator, operator: Caller, live: ClientConnection
) -> None:
    said = transition(HOSTILE_HOST, rule="<b>{}\n", labels={HOSTILE: HOSTILE}, id="hostile", incident="hostile-1")
    await evaluator.say(said)
    heard = await told(live, HOSTILE_HOST)
    answer = await operator.get(host=HOSTILE_HOST)
    assert answer.headers["content-type"] == "application/json"
    (listed,) = answer.json()["alerts"]
    assert {"type": "alert", **listed} == heard
    assert (listed["host"], listed["rule"], listed["labels"]) == (HOSTILE_HOST, "<b>{}\n", {HOSTILE: HOSTILE})
    commented = await operator.act("hostile-1", comment=HOSTILE)
    assert commented.json()["acknowledged"]["comment"] == HOSTILE
    assert (await operator.firing(rule="<b>*"))[0]["incident"] == "hostile-1"


async def test_what_is_no_event_disturbs_nobody(
    own_bus: NatsServer, bus_connect: BusConnect, evaluator: Evaluator, operator: Caller
) -> None:
    streams = evaluator.client.jetstream()
    (fires,) = own("after")
    await streams.publish("alerts.disk.web-1.junk", b"\xc1")
    await streams.publish("alerts.disk.web-1.other", encode_alert(fires))
    forged = AlertAct(
        id="forged", incident=fires.incident, rule="cpu", host=fires.host, series=fires.series, act="acknowledged",
        who="mallory", time=fires.time,
    )  # fmt: skip
    await (await bus_connect(own_bus, "api")).jetstream().publish(f"{event_subject(fires)}.act", encode_alert(forged))
    await evaluator.say(fires)
    await fire(operator, fires.host)
    (listed,) = await operator.firing(host=fires.host)
    assert listed["acknowledged"] is None


async def test_an_api_that_starts_later_knows_what_fires_and_who_has_it(
    api: ApiServer, evaluator: Evaluator, operator: Caller
) -> None:
    fires, worse, *_ = own("restart", "critical", "ok")
    others = own("restart-over", "ok")
    await evaluator.say(fires, *others)
    await fire(operator, fires.host)
    assert (await operator.act(fires.incident, comment="mine")).status_code == 200
    assert (await operator.act(fires.incident, "comment", comment="still mine")).status_code == 200
    await evaluator.say(worse)
    await asyncio.to_thread(api.stop)
    await asyncio.to_thread(api.start)
    (listed,) = await operator.firing(host="restart-*")
    assert (listed["host"], listed["level"], listed["comments_count"]) == (fires.host, "critical", 1)
    assert (listed["acknowledged"]["who"], listed["acknowledged"]["comment"]) == ("an-operator", "mine")
    assert "Traceback" not in api.log.read_text()


async def test_who_comments_without_end_is_told_when_to_go_on_and_may_acknowledge_meanwhile(
    api: ApiServer, tokens: dict[str, str], evaluator: Evaluator
) -> None:
    fires, other = own("loud")[0], own("storm")[0]
    await evaluator.say(fires, other)
    async with calling(api, tokens["admin"]) as caller:
        for alert in (fires, other):
            await fire(caller, alert.host)
        answers = [await caller.act(fires.incident, "comment", comment=f"{n}") for n in range(COMMENTS.at_once_max + 3)]
        refused = [answer for answer in answers if answer.status_code != 200]
        # While they were made, one more came to be allowed now and then.
        assert 1 <= len(refused) <= 3
        assert all((answer.status_code, answer.json()["code"]) == (429, "limited") for answer in refused)
        assert refused[0].headers["Retry-After"] == "20"
        assert (await caller.act(other.incident, comment="")).status_code == 200
        (listed,) = await caller.firing(host=fires.host)
        assert listed["comments_count"] == len(answers) - len(refused)
