"""Alerts on their way to live clients: who gets them, the snapshot, each change, and one who is slow."""

from __future__ import annotations

import itertools
import json
from typing import Literal

from services.api.alerts.active import ActiveAlerts
from services.api.live.latest import Latest
from services.api.live.relay import Client, Relay
from services.api.live.slot import Slot
from services.api.live.wishes import Wish
from services.api.observations import Observations
from services.api.scope import Scope
from shared.wire.alert import AlertEvent
from tests.unit.api.alert_events import act, stored, transition

SCOPE = Scope("kim")
PLACES = itertools.count(1)
"""Places in a stream, for all tests one after the other."""

ALERTS = Wish(types=("alert",))


def relay_of(active: ActiveAlerts) -> Relay:
    return Relay(Latest(), Observations(), active)


def took(client: Client) -> str:
    """Return dropped, and host/status/level of each message that waits for a client."""
    dropped, batches = client.slot.take(client.wish or Wish())
    messages = [json.loads(frame) for batch in batches for frame in batch.frames()]
    assert all(message["type"] == "alert" for message in messages)
    told = [f"{message['host']}/{message['status']}/{message['level']}" for message in messages]
    return " ".join([str(dropped), *told])


def say(active: ActiveAlerts, *events: AlertEvent) -> None:
    for event in events:
        active.take(event, stored(event, next(PLACES)))


def test_who_asks_for_alerts_gets_those_that_fire_and_then_each_change() -> None:
    active = ActiveAlerts()
    relay, clients = relay_of(active), [Client(Slot(), "s") for _ in range(3)]
    say(active, transition("web-1"), transition("web-2"), transition("web-2", "ok", time_s=1))
    for client, wish in zip(clients, (ALERTS, Wish(("db-*",), ("alert",)), Wish()), strict=True):
        relay.join(client, wish, SCOPE)
    assert [took(client) for client in clients] == ["0 web-1/firing/warning", "0", "0"]
    say(active, transition("web-1", level="critical", time_s=2), transition("db-1"))
    relay.turn()
    assert [took(client) for client in clients] == [
        "0 web-1/firing/critical db-1/firing/warning", "0 db-1/firing/warning", "0",
    ]  # fmt: skip
    say(active, transition("web-1", "ok", "critical", time_s=3))
    relay.turn()
    assert [took(client) for client in clients] == ["0 web-1/ok/critical", "0", "0"]
    relay.turn()
    assert [took(client) for client in clients] == ["0", "0", "0"]


def test_what_people_do_is_a_change() -> None:
    active = ActiveAlerts()
    relay, client = relay_of(active), Client(Slot(), "s")
    say(active, transition("web-1"))
    relay.join(client, ALERTS, SCOPE)
    client.slot.clear()
    say(active, act(transition("web-1"), who="lee"))
    relay.turn()
    _, (batch,) = client.slot.take(ALERTS)
    (frame,) = batch.frames()
    assert json.loads(frame)["acknowledged"]["who"] == "lee"


def test_a_snapshot_is_not_sent_again_as_a_change() -> None:
    active = ActiveAlerts()
    relay, client = relay_of(active), Client(Slot(), "s")
    say(active, transition("web-1"))
    relay.join(client, ALERTS, SCOPE)
    relay.turn()
    assert took(client) == "0 web-1/firing/warning"


def test_a_slow_client_skips_to_the_newest_of_each_alert_and_is_told_how_much_it_missed() -> None:
    active = ActiveAlerts()
    relay, client = relay_of(active), Client(Slot(bytes_max=10), "s")
    relay.join(client, ALERTS, SCOPE)
    levels: tuple[Literal["warning", "critical"], ...] = ("warning", "critical", "warning")
    for second, level in enumerate(levels):
        say(active, transition("web-1", level=level, time_s=second), transition(f"db-{second}"))
        relay.turn()
    assert took(client) == "2 web-1/firing/warning db-0/firing/warning db-1/firing/warning db-2/firing/warning"


def test_a_snapshot_of_very_many_alerts_is_encoded_once_for_all_clients() -> None:
    active = ActiveAlerts()
    relay, clients = relay_of(active), [Client(Slot(), "s") for _ in range(2)]
    say(active, *(transition(f"web-{number}") for number in range(50)))
    taken = []
    for client in clients:
        relay.join(client, ALERTS, SCOPE)
        (batch,) = client.slot.take(ALERTS)[1]
        taken.append([message.json() for message in batch.readings])
    assert all(one is other for one, other in zip(*taken, strict=True))
