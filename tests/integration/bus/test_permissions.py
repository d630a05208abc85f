"""Every verb tried as every user on a real server: what the contract allows works, all else is refused."""

from __future__ import annotations

import asyncio

import nats.errors
import pytest

from shared.subjects import ROLES, SIMULATOR, host_user
from tests.integration.bus.connections import speak_as
from tests.servers import NatsServer

WEB_1, WEB_2 = host_user("web-1.example.com"), host_user("web-2")
DEAD_LETTERS = "dead_letters"
USERS = [*ROLES, SIMULATOR, WEB_1, WEB_2]

MAY_PUBLISH: dict[str, set[str]] = {
    "metrics.web-1=2Eexample=2Ecom.system": {WEB_1, SIMULATOR, DEAD_LETTERS},
    "metrics.web-1=2Eexample=2Ecom.another": {WEB_1, SIMULATOR, DEAD_LETTERS},
    "metrics.web-1=2Eexample=2Ecom": {SIMULATOR},
    "metrics.web-1.system": {SIMULATOR, DEAD_LETTERS},
    "metrics.web-2.system": {WEB_2, SIMULATOR, DEAD_LETTERS},
    "metrics.web-3.a.b": {SIMULATOR},
    "backfill.web-3": {SIMULATOR},
    "backfill.web-3.a.b": {SIMULATOR},
    "metrics.web-3.system": {SIMULATOR, DEAD_LETTERS},
    "backfill.web-1=2Eexample=2Ecom.system": {WEB_1, SIMULATOR, DEAD_LETTERS},
    "backfill.web-2.system": {WEB_2, SIMULATOR, DEAD_LETTERS},
    "$KV.hosts.web-1=2Eexample=2Ecom": {WEB_1, SIMULATOR},
    "$KV.hosts.web-2": {WEB_2, SIMULATOR},
    "$KV.hosts.web-3": {SIMULATOR},
    "$KV.hosts.web-3.more": set(),
    "$KV.other.web-2": set(),
    "alerts.cpu_high.web-2.x": {"alerting"},
    "alerts.cpu_high.web-2.x.act": {"api"},
    "alerts.cpu_high.web-2.x.other": set(),
    "alerts.cpu_high.web-2": set(),
    "control.web-2.processes": set(),
    "dead.metrics": {"ingest"},
    "dead.alerts": {"ingest", "notifier"},
    "$KV.alert_rules.cpu": {"provision", "api"},
    "$KV.alert_rules.cpu.more": set(),
    "$KV.silences.one": {"api"},
    "$KV.alert_routes.routes": {"api"},
    "$KV.alert_routes.other": set(),
    "$KV.alert_channels.pager": {"api"},
    "$KV.alert_state.cpu.web-2.x": {"alerting"},
    "$KV.alert_state.cpu": set(),
    "$KV.notified.cpu.web-2.x": {"notifier"},
    "$KV.notified.cpu": set(),
    "$KV.leases.evaluator": {"alerting"},
    "$KV.leases.notifier": {"notifier"},
    "$KV.leases.evaluator.standby": {"alerting"},
    "$KV.leases.notifier.standby": {"notifier"},
    "$KV.leases.other": set(),
    "$KV.leases.other.standby": set(),
    "$KV.alert_cursor.evaluator": {"alerting"},
    "$KV.alert_cursor.seeded": {"provision"},
    "$KV.alert_cursor.other": set(),
    "anything": set(),
    "_INBOX_api.1": {"notifier"},
    "_INBOX_api.1.2": {"notifier"},
    "notifier.test.pager": {"api"},
    "notifier.test.pager.more": set(),
    "notifier.other.pager": set(),
    "_INBOX_ingest.1": set(),
    f"_INBOX_{WEB_2}.1": set(),
    "$SYS.REQ.SERVER.PING": set(),
    "$JS.API.INFO": {"provision"},
    "$JS.API.STREAM.CREATE.METRICS": {"provision"},
    "$JS.API.STREAM.UPDATE.METRICS": {"provision"},
    "$JS.API.STREAM.DELETE.METRICS": {"provision"},
    "$JS.API.STREAM.PURGE.METRICS": {"provision"},
    "$JS.API.STREAM.MSG.GET.METRICS": {"provision", "api"},
    "$JS.API.STREAM.MSG.GET.BACKFILL": {"provision", "api"},
    "$JS.API.STREAM.MSG.GET.DEAD": {"provision", DEAD_LETTERS},
    "$JS.API.STREAM.MSG.GET.KV_hosts": {"provision"},
    "$JS.API.STREAM.MSG.DELETE.METRICS": {"provision"},
    "$JS.API.STREAM.INFO.METRICS": {"provision", "ingest", "alerting", "api", DEAD_LETTERS},
    "$JS.API.STREAM.INFO.BACKFILL": {"provision", "ingest", "api", DEAD_LETTERS},
    "$JS.API.STREAM.INFO.DEAD": {"provision", DEAD_LETTERS},
    "$JS.API.STREAM.MSG.DELETE.DEAD": {"provision", DEAD_LETTERS},
    "$JS.API.STREAM.MSG.DELETE.BACKFILL": {"provision"},
    "$JS.API.STREAM.PURGE.DEAD": {"provision"},
    "$JS.API.STREAM.UPDATE.DEAD": {"provision"},
    "$JS.API.STREAM.DELETE.DEAD": {"provision"},
    "$JS.API.DIRECT.GET.DEAD": {"provision"},
    "$JS.API.CONSUMER.CREATE.DEAD": {"provision"},
    "$JS.API.CONSUMER.CREATE.DEAD.any": {"provision"},
    "$JS.API.CONSUMER.DURABLE.CREATE.DEAD.any": {"provision"},
    "$JS.API.STREAM.INFO.KV_hosts": {"provision", "api"},
    "$JS.API.DIRECT.GET.METRICS": {"provision"},
    "$JS.API.CONSUMER.INFO.METRICS.ingest": {"provision", "ingest", "api", DEAD_LETTERS},
    "$JS.API.CONSUMER.INFO.BACKFILL.ingest": {"provision", "ingest", "api", DEAD_LETTERS},
    "$JS.API.CONSUMER.INFO.METRICS.live": {"provision"},
    "$JS.API.CONSUMER.MSG.NEXT.METRICS.ingest": {"provision", "ingest"},
    "$JS.API.CONSUMER.MSG.NEXT.BACKFILL.ingest": {"provision", "ingest"},
    "$JS.API.CONSUMER.MSG.NEXT.METRICS.other": {"provision", "alerting", "api"},
    "$JS.API.CONSUMER.CREATE.METRICS": {"provision"},
    "$JS.API.CONSUMER.CREATE.METRICS.live": {"provision", "alerting", "api"},
    "$JS.API.CONSUMER.CREATE.METRICS.live.metrics.web-2.system": {"provision", "alerting", "api"},
    "$JS.API.CONSUMER.CREATE.METRICS.ingest": {"provision"},
    "$JS.API.CONSUMER.CREATE.METRICS.ingest.metrics.web-2.system": {"provision"},
    "$JS.API.CONSUMER.CREATE.BACKFILL.live": {"provision"},
    "$JS.API.CONSUMER.CREATE.KV_hosts.live": {"provision", "alerting", "notifier", "api"},
    "$JS.API.CONSUMER.DURABLE.CREATE.METRICS.ingest": {"provision"},
    "$JS.API.CONSUMER.DELETE.METRICS.live": {"provision", "alerting", "api"},
    "$JS.API.CONSUMER.DELETE.METRICS.ingest": {"provision"},
    "$JS.ACK.METRICS.ingest.1.1.1.1.0": {"ingest"},
    "$JS.ACK.BACKFILL.ingest.1.1.1.1.0": {"ingest"},
    "$JS.ACK.METRICS.other.1.1.1.1.0": set(),
    "$JS.ACK.ALERTS.ingest.1.1.1.1.0": {"ingest"},
    "$JS.ACK.ALERTS.other.1.1.1.1.0": set(),
}
"""Subject → the users that may publish on it."""

CONSUMERS_OF: dict[str, set[str]] = {
    "ALERTS": {"notifier"},
    "KV_alert_rules": {"alerting", "notifier"},
    "KV_silences": {"notifier"},
    "KV_alert_routes": {"notifier"},
    "KV_alert_channels": {"notifier"},
    "KV_alert_state": {"alerting"},
    "KV_notified": {"notifier"},
    "KV_leases": set(),
    "KV_alert_cursor": set(),
}
"""Stream of alerting → the users that may read it by consumers of their own, beside provision."""

ASKED: dict[str, set[str]] = {
    "STREAM.INFO.ALERTS": {"api", "ingest"},
    "CONSUMER.INFO.ALERTS.ingest": {"ingest"},
    "STREAM.MSG.GET.ALERTS": {"api"},
    "CONSUMER.CREATE.ALERTS.own.alerts.*.*.*": {"notifier"},
    "CONSUMER.CREATE.ALERTS.own.alerts.*.*.>": {"notifier"},
    "STREAM.INFO.KV_alert_rules": {"api"},
    "STREAM.INFO.KV_silences": {"api"},
    "STREAM.INFO.KV_alert_routes": {"api"},
    "STREAM.INFO.KV_alert_channels": {"api"},
    "STREAM.MSG.GET.KV_alert_rules": {"api"},
    "STREAM.MSG.GET.KV_silences": {"api"},
    "STREAM.MSG.GET.KV_alert_routes": {"api"},
    "STREAM.MSG.GET.KV_leases": {"api"},
    "DIRECT.GET.ALERTS.alerts.disk.web-2.x": {"alerting"},
    "DIRECT.GET.ALERTS.alerts.disk.web-2.x.act": set(),
    # A `*` of a permission allows a `>` that is asked for: so none can hold anybody to transitions.
    "DIRECT.GET.ALERTS.alerts.*.*.>": {"alerting"},
    "DIRECT.GET.KV_leases.$KV.leases.evaluator": {"alerting"},
    "DIRECT.GET.KV_leases.$KV.leases.notifier": {"notifier"},
    "DIRECT.GET.KV_alert_cursor.$KV.alert_cursor.evaluator": {"alerting"},
    "DIRECT.GET.KV_alert_cursor.$KV.alert_cursor.seeded": set(),
    "DIRECT.GET.KV_alert_channels.$KV.alert_channels.pager": set(),
    "DIRECT.GET.KV_alert_rules.$KV.alert_rules.cpu": set(),
}
"""What else can be asked about streams of alerting → the users that may ask it, beside provision."""


def of_alerting() -> dict[str, set[str]]:
    """Return every request about a stream of alerting → the users that may make it; most may nobody but provision."""
    table: dict[str, set[str]] = dict(ASKED)
    for stream, users in CONSUMERS_OF.items():
        for name in ("own", "own.alerts.disk.web-2.x"):
            table[f"CONSUMER.CREATE.{stream}.{name}"] = users
        for verb in ("DELETE", "MSG.NEXT"):
            table[f"CONSUMER.{verb}.{stream}.own"] = users
        for verb in ("CREATE", "DELETE", "MSG.NEXT"):
            table[f"CONSUMER.{verb}.{stream}.ingest"] = set() if stream == "ALERTS" else users
        for request in ("CONSUMER.INFO.{}.own", "CONSUMER.DURABLE.CREATE.{}.own", "CONSUMER.CREATE.{}",
                        "STREAM.CREATE.{}", "STREAM.UPDATE.{}", "STREAM.DELETE.{}", "STREAM.PURGE.{}",
                        "STREAM.MSG.DELETE.{}", "STREAM.INFO.{}", "STREAM.MSG.GET.{}", "DIRECT.GET.{}"):  # fmt: skip
            table.setdefault(request.format(stream), set())
    table["CONSUMER.MSG.NEXT.ALERTS.ingest"] = {"ingest"}
    return {f"$JS.API.{request}": {"provision", *users} for request, users in table.items()}


MAY_PUBLISH |= of_alerting()

MAY_HEAR: dict[str, set[str]] = {
    "metrics.>": {"api", "subscriber"},
    "metrics.web-1=2Eexample=2Ecom.system": {"api", "subscriber"},
    "metrics.*.system": {"api", "subscriber"},
    "backfill.>": set(),
    "alerts.>": {"subscriber"},
    "alerts.*.*.*": {"api", "subscriber"},
    "alerts.*.*.*.act": {"api", "subscriber"},
    "dead.>": set(),
    "$KV.hosts.>": {"api"},
    "$KV.hosts.web-2": {"api"},
    "$KV.alert_rules.>": {"api"},
    "$KV.silences.>": {"api"},
    "$KV.alert_routes.>": {"api"},
    "$KV.alert_channels.>": set(),
    "$KV.alert_channels.pager": set(),
    "$KV.alert_state.>": set(),
    "$KV.notified.>": set(),
    "$KV.leases.>": set(),
    "$KV.alert_cursor.>": set(),
    "$KV.>": set(),
    "notifier.test.*": {"notifier"},
    "notifier.test.pager": {"notifier"},
    "notifier.>": set(),
    "control.web-1=2Eexample=2Ecom.processes": {WEB_1},
    "control.web-2.>": {WEB_2},
    "control.>": set(),
    ">": set(),
    "*.>": set(),
    "_INBOX.>": set(),
    "$JS.>": set(),
    "$SYS.>": set(),
    **{f"_INBOX_{user}.>": {user} for user in USERS},
}
"""Subject → the users that may subscribe to it."""


def refused_to(user: str, table: dict[str, set[str]]) -> set[str]:
    return {subject for subject, users in table.items() if user not in users}


@pytest.mark.parametrize("user", USERS)
async def test_publishing(bare_bus: NatsServer, user: str) -> None:
    speaker = await speak_as(bare_bus, user)
    assert await speaker.publish_each(list(MAY_PUBLISH)) == refused_to(user, MAY_PUBLISH)
    await speaker.client.close()


@pytest.mark.parametrize("user", USERS)
async def test_subscribing(bare_bus: NatsServer, user: str) -> None:
    speaker = await speak_as(bare_bus, user)
    assert await speaker.subscribe_each(list(MAY_HEAR)) == refused_to(user, MAY_HEAR)
    await speaker.client.close()


async def test_a_refused_message_reaches_nobody(bare_bus: NatsServer) -> None:
    reader = await speak_as(bare_bus, "subscriber")
    heard = await reader.client.subscribe("metrics.>")
    await reader.client.flush()
    host = await speak_as(bare_bus, WEB_1)
    await host.client.publish("metrics.web-2.system", b"forged")
    await host.client.publish("metrics.web-1=2Eexample=2Ecom.system", b"own")
    await host.client.flush()
    assert (await heard.next_msg(5)).data == b"own"
    for speaker in (reader, host):
        await speaker.client.close()


@pytest.mark.parametrize("user", [None, "subscriber", "host-web-9"])
async def test_nobody_enters_without_the_right_password(bare_bus: NatsServer, user: str | None) -> None:
    with pytest.raises(nats.errors.Error, match="Authorization"):
        await speak_as(bare_bus, user, password="wrong")


async def test_a_reload_adds_a_host_without_cutting_others_and_cuts_a_removed_one_at_once(
    own_bus: NatsServer,
) -> None:
    staying, leaving = await speak_as(own_bus, WEB_1), await speak_as(own_bus, WEB_2)
    own_bus.hosts = ("web-1.example.com", "web-3")
    own_bus.reload()
    added = await speak_as(own_bus, host_user("web-3"))
    assert await added.publish_each(["metrics.web-3.system", "metrics.web-2.system"]) == {"metrics.web-2.system"}
    await asyncio.wait_for(leaving.closed.wait(), 5)
    await staying.client.flush()
    assert staying.disconnects_count == 0
    with pytest.raises(nats.errors.Error, match="Authorization"):
        await speak_as(own_bus, WEB_2)
    for speaker in (staying, added):
        await speaker.client.close()
