"""Events of alerts on their way into the table: judged, put into columns, written, acked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any, get_args

import msgspec
import pytest

from services.ingest.alerts.arrivals import NEWER_KEPT, Arrival, event_arrays, judge
from services.ingest.alerts.consume import AlertConsumer
from services.ingest.breaker import Breaker
from services.ingest.dead_letters import SetAside
from services.ingest.errors import UnavailableError
from services.ingest.metrics import Metrics
from services.ingest.room import Disk
from services.ingest.storage.alert_events import COLUMNS, events_insert
from shared.alerts.rule import Kind, Level
from shared.wire.alert import (
    IDENTITY_CHARACTERS_MAX,
    Act,
    AlertAct,
    AlertEvent,
    AlertTransition,
    EventName,
    encode_alert,
    event_subject,
)
from tests.contract.alert_messages import EXAMPLES
from tests.unit.ingest.messages import ARRIVED, FakeMessage, ack_subject

FIRING, END, ACT = EXAMPLES["transition"], EXAMPLES["end without a value"], EXAMPLES["act"]


def message(name: str, event: AlertEvent | None = FIRING, orders: list[str] | None = None, **changed: Any) -> Any:
    """Return a message of the stream ALERTS; without an event it holds nonsense."""
    reply = ack_subject(stream="ALERTS", **changed)
    orders = [] if orders is None else orders
    if event is None:
        return FakeMessage(name, b"\xc1", f"alerts.disk.web-{name}.x", reply, orders)
    return FakeMessage(name, encode_alert(event), event_subject(event), reply, orders)


def columns(*messages: Any) -> dict[str, list[Any]]:
    return dict(zip(COLUMNS, event_arrays(judge(messages, ARRIVED).arrivals), strict=True))


def test_every_message_is_either_an_event_or_refused() -> None:
    judged = judge([message("1"), message("2", None), message("3", ACT), message("4", END)], ARRIVED)
    assert [arrival.event for arrival in judged.arrivals] == [FIRING, ACT, END]
    assert [named(refusal.message) for refusal in judged.refusals] == ["2"]
    assert judged.hosts == {"web-1=2Eexample=2Ecom": False, "web-2": True, "db-1": False}


def test_it_is_known_what_waits_and_what_waited_longest() -> None:
    earlier = ARRIVED - timedelta(seconds=30)
    judged = judge([message("1", pending=9), message("2", None, pending=8, arrived=earlier)], ARRIVED)
    assert (judged.pending, judged.oldest) == (8, earlier)


NEWER = msgspec.structs.replace(FIRING, v=2)


def test_an_event_of_a_later_release_waits_for_a_week_and_is_no_fault_of_its_host() -> None:
    second = timedelta(seconds=1)
    ages = {"new": timedelta(0), "waits": NEWER_KEPT - second, "waited": NEWER_KEPT}
    judged = judge(
        [*(message(name, NEWER, arrived=ARRIVED - age) for name, age in ages.items()), message("a", END)], ARRIVED
    )
    assert [named(each) for each in judged.newer] == ["new", "waits"]
    assert [(named(each.message), each.reason) for each in judged.refusals] == [
        ("waited", "expected v 1, got the newer 2")
    ]
    assert [named(each.message) for each in judged.arrivals] == ["a"]
    assert judged.oldest == ARRIVED - NEWER_KEPT
    only_new = judge([message("new", NEWER)], ARRIVED)
    assert (only_new.hosts, only_new.oldest) == ({}, None)


def test_a_transition_fills_its_columns_and_no_others() -> None:
    found = columns(message("1"))
    labels = found.pop("labels")
    assert json.loads(labels[0]) == {"mount": "/", "device": "/dev/vda1"}
    assert isinstance(FIRING, AlertTransition)
    assert {name: cells[0] for name, cells in found.items()} == {
        "id_hash": hashlib.sha256(FIRING.id.encode()).digest(), "id": FIRING.id, "event": "transition",
        "incident": FIRING.incident, "rule": "disk", "host": "web-1.example.com", "source": "system",
        "series": FIRING.series, "kind": "threshold", "family": "disk", "column": "used_percent", "unit": "percent",
        "status": "firing", "level": "critical", "value": 92.5, "threshold": 90.0, "target": None,
        "since": FIRING.since, "time": FIRING.time, "reason": None, "act": None, "who": None, "comment": None,
        "silence": None, "received_at": ARRIVED,
    }  # fmt: skip


def test_an_act_fills_its_columns_and_no_others() -> None:
    found = {name: cells[0] for name, cells in columns(message("1", ACT)).items() if cells[0] is not None}
    assert isinstance(ACT, AlertAct)
    assert found == {
        "id_hash": hashlib.sha256(b"01J9").digest(), "id": "01J9", "event": "act", "incident": ACT.incident,
        "rule": "disk", "host": "web-1.example.com", "series": ACT.series, "time": ACT.time, "act": "acknowledged",
        "who": "kim", "comment": "On it: 로그를 지우는 중입니다.", "received_at": ARRIVED,
    }  # fmt: skip


def test_of_an_event_that_came_twice_the_first_counts() -> None:
    later = msgspec.structs.replace(FIRING, value=1.0)
    assert columns(message("1"), message("2", later), message("3", END))["value"] == [92.5, None]


def test_an_act_takes_no_transition_s_place() -> None:
    act = msgspec.structs.replace(ACT, id=FIRING.id)
    assert columns(message("1", act), message("2"))["event"] == ["act", "transition"]


def test_the_key_of_the_longest_id_fits_an_index() -> None:
    longest = msgspec.structs.replace(FIRING, id="\U0001f525" * IDENTITY_CHARACTERS_MAX)
    assert [len(key) for key in columns(message("1", longest))["id_hash"]] == [32]


def test_labels_become_the_json_that_any_reader_takes() -> None:
    odd = {"": "\x01\x7f\u2028", '"': "\\u0000", "\ud7ff\ue000\U0010ffff": "{}"}
    labels = columns(message("1", msgspec.structs.replace(FIRING, labels=odd)))["labels"]
    assert json.loads(labels[0]) == odd


def test_what_the_wire_says_the_table_says_by_the_same_names() -> None:
    said = {*AlertTransition.__struct_fields__, *AlertAct.__struct_fields__} - {"v"}
    assert set(COLUMNS) - said == {"id_hash", "event", "received_at"}
    assert said <= set(COLUMNS)


@pytest.mark.parametrize(
    ("column", "words"),
    [("event", EventName), ("kind", Kind), ("level", Level), ("act", Act)],
)
def test_the_table_takes_every_word_of_the_wire(column: str, words: Any) -> None:
    text = "\n".join(import_module("services.ingest.migrations.versions.0002_alert_events").STATEMENTS)
    (listed,) = re.findall(rf"CHECK \({column} IN \(([^)]*)\)\)", text)
    assert [word.strip("' ") for word in listed.split(",")] == list(get_args(words))


def test_storing_needs_no_right_to_read() -> None:
    statement = events_insert()
    assert statement.endswith("ON CONFLICT DO NOTHING")
    assert "RETURNING" not in statement


@dataclass
class FakeSink:
    """Writes, or is away so many times; closes its connection when it is told to."""

    orders: list[str]
    away_times: int = 0

    async def write(self, arrivals: Sequence[Arrival]) -> None:
        if self.away_times > 0:
            self.away_times -= 1
            raise UnavailableError("away")
        self.orders.append("write " + "".join(named(arrival.message) for arrival in arrivals))

    async def ask(self) -> None:
        self.orders.append("ask")

    def close(self) -> None:
        self.orders.append("close")


@dataclass
class FakeJetStream:
    """Takes what is set aside."""

    orders: list[str]

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        self.orders.append(f"publish {subject} {headers['Vitalwire-Sequence']}")


@dataclass
class Stage:
    """A consumer among fakes, which is asked to stop as it fetches the last batch."""

    batches: list[list[Any]]
    orders: list[str]
    away_times: int = 0
    metrics: Metrics = field(default_factory=Metrics)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self) -> str:
        breaker = Breaker()
        sink: Any = FakeSink(self.orders, self.away_times)
        jetstream: Any = FakeJetStream(self.orders)
        aside = SetAside(jetstream, lambda: 10_000, breaker, self.metrics.alerts, lambda: 0.0)
        now = ARRIVED + timedelta(seconds=3)
        consumer = AlertConsumer(self._fetch, sink, aside, breaker, self.metrics, lambda: now)
        await asyncio.wait_for(consumer.run(self.stop, Disk(None, 5.0, self.metrics)), 5)
        return ", ".join(self.orders)

    async def _fetch(self) -> list[Any]:
        batch = self.batches.pop(0)
        if not self.batches:
            self.stop.set()
        return batch

    def figure(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"vitalwire_ingest_{name}")


def named(delivered: object) -> str:
    assert isinstance(delivered, FakeMessage)
    return delivered.name


async def test_written_then_acked_and_what_was_fetched_before_the_stop_too() -> None:
    orders: list[str] = []
    stage = Stage([[message("a", orders=orders)], [message("b", ACT, orders), message("c", END, orders)]], orders)
    assert await stage.play() == "write a, ack a, write bc, ack b, ack c"
    assert stage.figure("alert_events_lag_seconds") == 3.0


async def test_what_cannot_be_used_is_set_aside_and_the_rest_is_stored() -> None:
    orders: list[str] = []
    stage = Stage([[message("1", None, orders, sequence=41), message("b", orders=orders)]], orders)
    assert await stage.play() == "write b, ack b, publish dead.alerts 41, term 1"
    assert (stage.figure("alert_events_refused_total"), stage.figure("refused_total")) == (1.0, 0.0)


async def test_an_event_of_a_later_release_is_not_answered_and_what_can_be_read_is_stored() -> None:
    orders: list[str] = []
    stage = Stage([[message("1", NEWER, orders), message("b", orders=orders)]], orders)
    assert await stage.play() == "write b, ack b"
    assert (stage.figure("alert_events_held_total"), stage.figure("alert_events_breaker_open")) == (1.0, 0.0)


async def test_nothing_is_acked_that_was_not_written() -> None:
    orders: list[str] = []
    stage = Stage([[message("a", orders=orders)]], orders, away_times=2)
    assert await stage.play() == "in progress a"
    assert stage.figure("alert_events_dropped_total") == 1.0


async def test_what_the_database_takes_at_the_second_try_is_acked() -> None:
    orders: list[str] = []
    stage = Stage([[message("a", orders=orders)]], orders, away_times=1)
    assert await stage.play() == "in progress a, write a, ack a"
    assert stage.figure("alert_events_dropped_total") == 0.0


async def test_while_nothing_comes_no_connection_of_the_database_is_held() -> None:
    orders: list[str] = []
    assert await Stage([[message("a", orders=orders)], [], []], orders).play() == "write a, ack a, close, close"


async def test_what_most_hosts_alerts_say_is_held() -> None:
    orders: list[str] = []
    refused = [message(name, None, orders) for name in "123"]
    stage = Stage([[*refused, message("b", orders=orders)]], orders)
    assert await stage.play() == "write b, ack b"
    assert stage.figure("alert_events_held_total") == 3.0
    assert stage.figure("alert_events_breaker_open") == 1.0
