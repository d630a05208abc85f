"""What is published behind its fence and what is kept, in which order, and what a second attempt adds."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from nats.errors import TimeoutError as BusTimeoutError

from services.alerting.change import Change
from services.alerting.fenced import FencedError
from services.alerting.metrics import Metrics
from services.alerting.publish import NEWEST_MAX, Newest, NotHeldError, Publisher
from shared.wire.alert_state import decode_state
from tests.unit.alerting.evaluating import Story, cpu
from tests.unit.alerting.fake_bus import Subjects
from tests.unit.shared.alerts.rules import rule

CPU = rule(name="cpu", warning=80, critical=90)


@dataclass
class Bus:
    orders: list[str] = field(default_factory=list)
    is_held: bool = True

    def __post_init__(self) -> None:
        self.alerts, self.states = Subjects("alert", self.orders), Subjects("state", self.orders)
        self.metrics = Metrics()
        self.publisher = Publisher(self.alerts, self.states, lambda: self.is_held, self.metrics)

    @property
    def ids(self) -> list[str]:
        """What was published, without the place."""
        return [identity.split(":", 3)[3] for _, _, identity in self.alerts.kept]

    def figure(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name)


def changes(*percent: float, host: str = "a") -> list[Change]:
    story = Story([CPU])
    for tick, value in enumerate(percent):
        story.say(5 * tick, cpu(value), host=host)
    return story.changes


FIRED, OVER = "firing:critical:20261121T120000.000000Z", "ok:critical:20261121T120005.000000Z"


async def test_the_transition_goes_first_and_then_the_state() -> None:
    bus = Bus()
    await bus.publisher.tell(changes(95, 10))
    assert bus.orders == ["ask alert", "alert", "state", "alert", "state for a day"]
    assert bus.ids == [FIRED, OVER]
    assert [subject for subject, _, _ in bus.states.kept] == ["$KV.alert_state.cpu.a.system"] * 2
    assert decode_state(bus.states.kept[0][1]).status == "firing"


async def test_what_only_a_successor_needs_is_only_kept() -> None:
    bus, story = Bus(), Story([rule(name="held", warning=80, critical=90, for_seconds=60)])
    story.say(0, cpu(85))
    await bus.publisher.tell(story.changes)
    assert bus.orders == ["state"]


async def test_several_alerts_do_not_wait_for_each_other() -> None:
    bus = Bus()
    await bus.publisher.tell([*changes(95), *changes(95, host="b")])
    assert bus.orders == ["ask alert", "ask alert", "alert", "alert", "state", "state"]


async def test_telling_the_same_again_adds_nothing() -> None:
    bus, found = Bus(), changes(95)
    await bus.publisher.tell(found)
    await bus.publisher.tell(found)
    bus.publisher.forget()
    await bus.publisher.tell(found)
    assert bus.ids == [FIRED]


async def test_an_answer_that_is_lost_is_asked_for() -> None:
    bus, found = Bus(), changes(95, 10)
    bus.alerts.unanswered = 1
    with pytest.raises(BusTimeoutError):
        await bus.publisher.tell(found)
    await bus.publisher.tell(found)
    assert bus.ids == [FIRED, OVER]


async def test_a_message_that_is_lost_is_sent_again() -> None:
    bus, found = Bus(), changes(95)
    bus.alerts.lost = 1
    with pytest.raises(BusTimeoutError):
        await bus.publisher.tell(found)
    await bus.publisher.tell(found)
    assert bus.ids == [FIRED]


async def test_what_a_predecessor_published_is_not_published_again() -> None:
    bus, found = Bus(), changes(95, 10)
    await bus.publisher.tell(found[:1])
    bus.alerts.forget_ids()
    successor = Publisher(bus.alerts, bus.states, lambda: True, Metrics())
    await successor.tell(found)
    assert bus.ids == ["", OVER]


async def test_where_somebody_else_has_published_since_it_steps_back() -> None:
    bus, found = Bus(), changes(95, 10)
    await bus.publisher.tell(found[:1])
    bus.alerts.kept.append(("alerts.cpu.a.system", b"another", "x:x:x:other"))
    with pytest.raises(FencedError):
        await bus.publisher.tell(found[1:])
    assert bus.ids == [FIRED, "other"]
    assert bus.figure("vitalwire_alerting_fenced_total") == 1
    bus.publisher.forget()
    await bus.publisher.tell(found[1:])
    assert bus.ids == [FIRED, "other", OVER], "after it took over anew"


async def test_where_somebody_else_has_published_the_same_all_is_well() -> None:
    bus, found = Bus(), changes(95, 10)
    await bus.publisher.tell(found[:1])
    other = Publisher(bus.alerts, bus.states, lambda: True, Metrics())
    await other.tell(found)
    bus.alerts.forget_ids()
    await bus.publisher.tell(found[1:])
    assert len(bus.alerts.kept) == 2


async def test_without_the_lease_nothing_is_told() -> None:
    bus = Bus(is_held=False)
    with pytest.raises(NotHeldError):
        await bus.publisher.tell(changes(95))
    assert (bus.alerts.kept, bus.states.kept) == ([], [])


async def test_a_fence_counts_more_than_a_bus_that_is_silent() -> None:
    bus = Bus()
    await bus.publisher.tell(changes(95))
    bus.alerts.kept.append(("alerts.cpu.a.system", b"another", "x:x:x:other"))
    bus.states.lost = 1
    with pytest.raises(FencedError):
        await bus.publisher.tell([*changes(95, 10)[1:], *changes(95, host="b")])


async def test_a_state_that_cannot_be_kept_keeps_nobody_from_being_told() -> None:
    bus = Bus()
    bus.states.refused = True
    await bus.publisher.tell(changes(95, 10))
    assert bus.ids == [FIRED, OVER]


async def test_an_end_of_which_only_the_key_is_known_is_told_once() -> None:
    bus, before = Bus(), Story([CPU])
    before.say(0, cpu(95))
    await bus.publisher.tell(before.changes)
    after = Story([])
    after.evaluator.restored({before.changes[0].key: before.changes[0].after}, 0)
    after.second(60)
    bus.publisher.forget()
    for _ in range(2):
        await bus.publisher.tell(after.changes)
    assert bus.ids == [FIRED, "ok:critical:20261121T120100.000000Z"]


async def test_what_is_remembered_is_bounded() -> None:
    publisher = Publisher(Subjects("alert", []), Subjects("state", []), lambda: True, Metrics())
    for number in range(NEWEST_MAX + 10):
        publisher._remember(str(number), Newest(1, None))
    assert len(publisher._newest) == NEWEST_MAX
    assert "9" not in publisher._newest
