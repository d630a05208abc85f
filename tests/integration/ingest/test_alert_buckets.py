"""Buckets of alerting on a real bus: what any client finds there, what their bounds refuse, and what goes by itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from services.ingest.provisioning.streams import make_stream
from shared.streams import LEASE_S_MAX, Stream, streams
from shared.subjects import (
    ALERT_CHANNELS_BUCKET,
    ALERT_CURSOR_BUCKET,
    ALERT_ROUTES_BUCKET,
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    ALERTS,
    EVALUATOR_KEY,
    LEASES_BUCKET,
    NOTIFIED_BUCKET,
    NOTIFIER_KEY,
    ROUTES_KEY,
    SILENCES_BUCKET,
    alert_key,
    alert_subject,
    bucket_stream,
    bucket_subject,
)
from tests.integration.conftest import BusConnect
from tests.servers import NatsServer
from tests.waiting import holds

MADE = {stream.name: stream for stream in streams(1, 1)}
EXPECTED = "Nats-Expected-Last-Subject-Sequence"
KEY = alert_key("disk", "web-1", "system")
WRITERS = {
    ALERT_RULES_BUCKET: ("api", "disk"),
    SILENCES_BUCKET: ("api", "one"),
    ALERT_ROUTES_BUCKET: ("api", ROUTES_KEY),
    ALERT_CHANNELS_BUCKET: ("api", "pager"),
    ALERT_STATE_BUCKET: ("alerting", KEY),
    NOTIFIED_BUCKET: ("notifier", KEY),
    LEASES_BUCKET: ("alerting", EVALUATOR_KEY),
    ALERT_CURSOR_BUCKET: ("alerting", EVALUATOR_KEY),
}
"""Bucket → who writes it, and one of its keys."""


@pytest.mark.parametrize("bucket", WRITERS)
async def test_a_bucket_is_one_that_any_client_knows_and_refuses_what_is_too_much(
    own_bus: NatsServer, admin_client: Client, bus_connect: BusConnect, bucket: str
) -> None:
    user, key = WRITERS[bucket]
    jetstream = (await bus_connect(own_bus, user)).jetstream()
    subject, largest = bucket_subject(bucket, key), MADE[bucket_stream(bucket)].message_bytes_max
    for body in (b"first", b"x" * largest):
        await jetstream.publish(subject, body)
    for body, headers, refused in (
        (b"x" * (largest + 1), None, "message size exceeds maximum"),
        (b"", {"Nats-Rollup": "all"}, "rollup not permitted"),
    ):
        with pytest.raises(APIError, match=refused):
            await jetstream.publish(subject, body, headers=headers)
    known = await admin_client.jetstream().key_value(bucket)
    assert (await known.status()).history == 1
    assert len((await known.get(key)).value or b"") == largest


async def test_what_the_broker_keeps_is_what_is_defined(own_bus: NatsServer, admin_client: Client) -> None:
    for name in (ALERTS, *map(bucket_stream, WRITERS)):
        config = (await admin_client.jetstream().stream_info(name)).config
        made = MADE[name]
        bounds = (config.max_bytes, config.max_age, config.max_msg_size)
        assert (bool(config.allow_direct), bool(config.allow_msg_ttl)) == (made.direct, made.may_expire), name
        assert bounds == (made.bytes_max, made.age_s_max, made.message_bytes_max), name


async def publish(jetstream: JetStreamContext, key: str, expected: int, body: bytes = b"holder") -> int:
    """Publish a lease where its last sequence is the expected one; return the new one, 0 where it is another."""
    headers = {EXPECTED: str(expected)}
    try:
        return (await jetstream.publish(bucket_subject(LEASES_BUCKET, key), body, headers=headers)).seq
    except APIError as error:
        if error.err_code not in (10071, 10164):
            raise
        return 0


async def is_gone(jetstream: JetStreamContext, stream: str, subject: str) -> bool:
    try:
        await jetstream.get_last_msg(stream, subject, direct=True)
    except NotFoundError:
        return True
    return False


async def test_a_lease_is_held_by_who_renews_it_and_can_be_taken_once_nobody_does(
    own_bus: NatsServer, admin_client: Client, bus_connect: BusConnect
) -> None:
    leases: Stream = MADE[bucket_stream(LEASES_BUCKET)]
    assert (leases.age_s_max, leases.duplicate_window_s) == (LEASE_S_MAX, LEASE_S_MAX)
    await make_stream(admin_client, replace(leases, age_s_max=1, duplicate_window_s=1))
    one, other = [(await bus_connect(own_bus, "alerting")).jetstream() for _ in range(2)]
    held = await publish(one, EVALUATOR_KEY, 0)
    assert held > 0
    assert await publish(other, EVALUATOR_KEY, 0) == 0, "two hold it"
    renewed = await publish(one, EVALUATOR_KEY, held)
    assert renewed > held
    assert await publish(other, EVALUATOR_KEY, held) == 0, "taken by what was the last sequence before"
    gone = partial(is_gone, other, leases.name, bucket_subject(LEASES_BUCKET, EVALUATOR_KEY))
    await holds(gone, "the end of a lease", 10)
    taken = await publish(other, EVALUATOR_KEY, 0)
    assert taken > renewed
    assert await publish(one, EVALUATOR_KEY, renewed) == 0, "the one before still holds it"


async def test_a_lease_that_is_given_up_can_be_taken_at_once(own_bus: NatsServer, bus_connect: BusConnect) -> None:
    notifier = (await bus_connect(own_bus, "notifier")).jetstream()
    held = await publish(notifier, NOTIFIER_KEY, 0)
    marker = {EXPECTED: str(held), "KV-Operation": "DEL"}
    given_up = (await notifier.publish(bucket_subject(LEASES_BUCKET, NOTIFIER_KEY), b"", headers=marker)).seq
    subject = bucket_subject(LEASES_BUCKET, NOTIFIER_KEY)
    last = await notifier.get_last_msg(bucket_stream(LEASES_BUCKET), subject, direct=True)
    assert (last.seq, (last.headers or {})["KV-Operation"]) == (given_up, "DEL")
    assert await publish(notifier, NOTIFIER_KEY, given_up) > given_up


async def test_a_state_that_names_its_end_goes_by_itself_and_the_others_stay(
    own_bus: NatsServer, admin_client: Client, bus_connect: BusConnect
) -> None:
    alerting = (await bus_connect(own_bus, "alerting")).jetstream()
    staying = bucket_subject(ALERT_STATE_BUCKET, alert_key("disk", "web-1", "other"))
    leaving = bucket_subject(ALERT_STATE_BUCKET, KEY)
    await alerting.publish(staying, b"state")
    await alerting.publish(leaving, b"state", msg_ttl=1)
    stream, jetstream = bucket_stream(ALERT_STATE_BUCKET), admin_client.jetstream()
    await holds(partial(is_gone, jetstream, stream, leaving), "the end of a state", 20)
    assert (await jetstream.get_last_msg(stream, staying)).data == b"state"


async def test_an_alert_is_told_by_one_of_two_who_go_by_the_same_last_transition(
    own_bus: NatsServer, bus_connect: BusConnect
) -> None:
    one, other = [(await bus_connect(own_bus, "alerting")).jetstream() for _ in range(2)]
    subject = alert_subject("disk", "web-1", "system")
    fired = await one.publish(subject, b"fired", headers={"Nats-Msg-Id": "a", EXPECTED: "0"})
    with pytest.raises(APIError, match="wrong last sequence"):
        await other.publish(subject, b"fired otherwise", headers={"Nats-Msg-Id": "b", EXPECTED: "0"})
    # Also the same one is refused: whoever reads what stands there finds its own id.
    with pytest.raises(APIError, match="wrong last sequence"):
        await other.publish(subject, b"fired", headers={"Nats-Msg-Id": "a", EXPECTED: "0"})
    again = await other.publish(subject, b"fired", headers={"Nats-Msg-Id": "a", EXPECTED: str(fired.seq)})
    assert (again.duplicate, again.seq) == (True, fired.seq)
    last = await other.get_last_msg(ALERTS, subject, direct=True)
    assert (last.seq, last.data) == (fired.seq, b"fired")
