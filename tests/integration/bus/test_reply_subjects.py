"""Whatever subject a host names for its answers, nothing is stored there: the broker would not ask who it is."""

from __future__ import annotations

import asyncio
import json
from itertools import count

import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.streams import streams
from shared.subjects import HOSTS_ACCOUNT, host_user, inbox_prefix
from tests.integration.bus.connections import BROKERS_HEADER, speak_as
from tests.integration.conftest import provision_streams
from tests.servers import NatsServer

WEB_2 = host_user("web-2")
SAID = ("metrics.web-2.system", "backfill.web-2.system", "$KV.hosts.web-2")
IN_ANOTHERS_NAME = (
    "metrics.web-1=2Eexample=2Ecom.system", "backfill.web-1=2Eexample=2Ecom.system",
    "$KV.hosts.web-1=2Eexample=2Ecom", "dead.metrics", "dead.alerts", "alerts.cpu.web-2.x", "alerts.cpu.web-2.x.act",
    "$KV.alert_rules.cpu", "$KV.silences.one", "$KV.alert_routes.routes", "$KV.alert_channels.pager",
    "$KV.alert_state.cpu.web-2.x", "$KV.notified.cpu.web-2.x", "$KV.leases.evaluator", "$KV.leases.notifier",
    "$KV.alert_cursor.evaluator", "$KV.alert_cursor.seeded",
)  # fmt: skip
"""A subject of every stream and bucket, and of those that a host writes one of another host."""

ANSWERS_S_MAX = 10.0


def test_every_stream_is_tried() -> None:
    kept = {subject.removesuffix(">") for stream in streams(1, 1) for subject in stream.subjects}
    assert [prefix for prefix in kept if not any(one.startswith(prefix) for one in IN_ANOTHERS_NAME)] == []


async def stands_on(js: JetStreamContext, subject: str) -> object:
    """Return the sequence of what stands last on a subject; None where nothing does."""
    try:
        stream = await js.find_stream_name_by_subject(subject)
        return (await js.get_last_msg(stream, subject)).seq
    except NotFoundError:
        return None


@pytest.mark.parametrize("said", SAID)
async def test_an_answer_to_a_host_is_stored_nowhere(own_bus: NatsServer, said: str) -> None:
    provision_streams(own_bus)
    admin, host = await speak_as(own_bus, "provision"), await speak_as(own_bus, WEB_2)
    js, answers = admin.client.jetstream(), asyncio.Queue[bytes]()
    before = {subject: await stands_on(js, subject) for subject in IN_ANOTHERS_NAME}
    inbox = f"{inbox_prefix(WEB_2)}.answers"
    numbers = count()

    async def take(message: Msg) -> None:
        answers.put_nowait(message.data)

    await host.client.subscribe(inbox, cb=take)
    for reply in (*IN_ANOTHERS_NAME, inbox):
        headers = {"Nats-Msg-Id": f"{said}:{next(numbers)}"}
        await host.client.publish(said, b"its own", reply=reply, headers=headers)
    # The broker takes one after the other: when the last is answered, the others were.
    answer = await asyncio.wait_for(answers.get(), ANSWERS_S_MAX)
    assert b'"stream":' in answer
    assert b'"error"' not in answer
    stored = await js.get_last_msg(await js.find_stream_name_by_subject(said), said)
    assert stored.data == b"its own"
    assert {subject: await stands_on(js, subject) for subject in IN_ANOTHERS_NAME} == before
    for speaker in (admin, host):
        await speaker.client.close()


async def test_what_a_host_says_is_heard_as_it_said_it(own_bus: NatsServer) -> None:
    reader, host = await speak_as(own_bus, "subscriber"), await speak_as(own_bus, WEB_2)
    heard = await reader.client.subscribe("metrics.>")
    await reader.client.flush()
    await host.client.publish("metrics.web-2.system", b"its own", headers={"Nats-Msg-Id": "s:1"})
    message = await heard.next_msg(ANSWERS_S_MAX)
    headers = dict(message.headers or {})
    assert json.loads(headers.pop(BROKERS_HEADER))["acc"] == HOSTS_ACCOUNT
    assert (message.subject, message.data, headers) == ("metrics.web-2.system", b"its own", {"Nats-Msg-Id": "s:1"})
    for speaker in (reader, host):
        await speaker.client.close()
