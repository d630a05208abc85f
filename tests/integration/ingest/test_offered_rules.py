"""The rules that the product ships come into their bucket once, whatever becomes of them there."""

from __future__ import annotations

import logging

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.ingest.provision import provision_bus
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.provisioning.offered_rules import offer_rules
from services.ingest.settings import ProvisionSettings
from shared.alerts.rule import RULES_MAX, Rule
from shared.alerts.rule_encoding import decode_rule, encode_rule
from shared.runtime.default_rules import default_rules
from shared.subjects import (
    ALERT_CURSOR_BUCKET,
    ALERT_RULES_BUCKET,
    SEEDED_KEY,
    bucket_stream,
    bucket_subject,
    token,
)
from tests.integration.conftest import BusConnect
from tests.servers import NatsServer
from tests.unit.shared.alerts.rules import rule

RULES = {each.name: each for each in default_rules()}
DELETED = {"KV-Operation": "DEL"}
MARKER = bucket_subject(ALERT_CURSOR_BUCKET, SEEDED_KEY)
MIB = 1024**2


@pytest_asyncio.fixture
async def person(own_bus: NatsServer, bus_connect: BusConnect) -> JetStreamContext:
    """Somebody who changes rules by the API; the bus is provisioned already."""
    return (await bus_connect(own_bus, "api")).jetstream()


def subject_of(name: str) -> str:
    return bucket_subject(ALERT_RULES_BUCKET, token(name))


async def kept(admin: Client) -> dict[str, Rule | None]:
    """Return the rules in the bucket by name; None for one that was deleted."""
    jetstream, stream = admin.jetstream(), bucket_stream(ALERT_RULES_BUCKET)
    found: dict[str, Rule | None] = {}
    state = (await jetstream.stream_info(stream)).state
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            message = await jetstream.get_msg(stream, sequence)
        except NotFoundError:
            continue
        name = (message.subject or "").rpartition(".")[2]
        found[name] = decode_rule(message.data, name) if message.data else None
    return found


async def provision_again(server: NatsServer) -> None:
    password = server.passwords["provision"]
    await provision_bus(ProvisionSettings((server.url,), password, "", metrics_bytes_max=64 * MIB))


async def test_a_new_installation_begins_with_all_of_them(own_bus: NatsServer, admin_client: Client) -> None:
    assert await kept(admin_client) == RULES


async def test_what_somebody_changed_or_deleted_stays_so(
    own_bus: NatsServer, admin_client: Client, person: JetStreamContext
) -> None:
    changed = rule(name="memory", family="memory", column="used_percent", warning=50)
    await person.publish(subject_of("cpu"), b"", headers=DELETED)
    await person.publish(subject_of("memory"), encode_rule(changed))
    await provision_again(own_bus)
    assert await kept(admin_client) == {**RULES, "cpu": None, "memory": changed}


async def test_a_rule_of_a_later_release_comes_once(admin_client: Client, person: JetStreamContext) -> None:
    later = [*RULES.values(), rule(name="later")]
    assert await offer_rules(admin_client, later) == ["later"]
    assert (await kept(admin_client))["later"] == later[-1]
    await person.publish(subject_of("later"), b"", headers=DELETED)
    assert await offer_rules(admin_client, later) == []
    assert (await kept(admin_client))["later"] is None


async def test_a_run_that_was_killed_before_it_noted_anything_is_repeated(
    admin_client: Client, person: JetStreamContext
) -> None:
    changed = rule(name="memory", family="memory", column="used_percent", warning=50)
    await person.publish(subject_of("cpu"), b"", headers=DELETED)
    await person.publish(subject_of("memory"), encode_rule(changed))
    await admin_client.jetstream().publish(MARKER, b"", headers=DELETED)
    assert await offer_rules(admin_client, list(RULES.values())) == list(RULES)
    assert await kept(admin_client) == {**RULES, "cpu": None, "memory": changed}
    assert await offer_rules(admin_client, list(RULES.values())) == []


async def test_a_full_bucket_gets_them_once_there_is_room(
    admin_client: Client, person: JetStreamContext, caplog: pytest.LogCaptureFixture
) -> None:
    own = [f"own-{number}" for number in range(RULES_MAX - len(RULES))]
    for name in own:
        await person.publish(subject_of(name), encode_rule(rule(name=name)))
    caplog.set_level(logging.WARNING)
    assert await offer_rules(admin_client, [rule(name="later")]) == []
    assert [record.getMessage() for record in caplog.records] == ["no room for default rules"]
    assert len(await kept(admin_client)) == RULES_MAX
    await admin_client.jetstream().purge_stream(bucket_stream(ALERT_RULES_BUCKET), subject=subject_of(own[0]))
    assert await offer_rules(admin_client, [rule(name="later")]) == ["later"]


async def test_a_note_that_cannot_be_read_gives_a_sentence(admin_client: Client) -> None:
    await admin_client.jetstream().publish(MARKER, b"\xc1")
    with pytest.raises(ProvisionError, match=r"the key seeded of the bucket alert_cursor .* delete it"):
        await offer_rules(admin_client, list(RULES.values()))
