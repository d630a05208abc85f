"""One of two evaluators ends at any moment: the other tells what is missing, and nothing twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from services.alerting.change import Change, Position
from services.alerting.decisions import Decisions
from services.alerting.duty import Duty
from services.alerting.kept import Kept
from services.alerting.lease import Lease
from services.alerting.metrics import Metrics
from services.alerting.publish import Publisher
from services.alerting.stream_look import StreamLook
from shared.alerts.rule import Rule
from shared.wire.decode import SampleSet
from tests.unit.alerting.evaluating import cpu
from tests.unit.alerting.fake_bus import Broker, Subjects, Wire
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

CPU = rule(name="cpu", warning=80, critical=None)
SILENT = rule("absence", name="silent", critical=15)


@dataclass
class Stage:
    """What evaluators share."""

    orders: list[str] = field(default_factory=list)
    broker: Broker = field(default_factory=Broker)

    def __post_init__(self) -> None:
        self.alerts, self.states, self.cursors = (Subjects(name, self.orders) for name in ("alert", "state", "cursor"))

    @property
    def told(self) -> list[str]:
        """What was published: the status of each, with its second."""
        return [f"{name.split(':')[3]} {name.split(':')[5][13:15]}" for _, _, name in self.alerts.kept]


class Evaluator:
    """One of them; it is fed by the test."""

    def __init__(self, stage: Stage, name: str, *rules: Rule) -> None:
        self.decisions, metrics = Decisions(), Metrics()
        self.lease = Lease(Wire(stage.broker, name.encode()), "evaluator", name, lambda: stage.broker.now)
        publisher = Publisher(stage.alerts, stage.states, lambda: self.lease.is_held, metrics)
        self.kept = Kept(stage.states, stage.cursors)
        self.duty = Duty(self.decisions, self.lease, publisher, self.kept, metrics)
        self.decisions.add(self.decisions.evaluator.rules_changed(rules or (CPU,), at(0)))

    def hear(self, sequence: int, percent: float, host: str = "a") -> None:
        sample_set = SampleSet(host, "system", "s", sequence, at(sequence), None, cpu(percent, 1), ())
        self.decisions.add_sampled(self.decisions.evaluator.sample_set(sample_set, at(sequence), sequence))

    def second(self, second: float) -> None:
        self.decisions.add(self.decisions.evaluator.second(at(second), True, True))

    def seconds(self, first: int, last: int) -> None:
        for second in range(first, last + 1):
            self.second(second)

    async def take_over(self) -> None:
        assert await self.lease.turn()
        await self.duty.take_over()

    @property
    def waiting(self) -> list[Change]:
        return self.decisions.outbox.front(100)


def two(*rules: Rule) -> tuple[Stage, Evaluator, Evaluator]:
    stage = Stage()
    return stage, Evaluator(stage, "a", *rules), Evaluator(stage, "b", *rules)


async def test_one_tells_and_the_other_drops_what_is_told() -> None:
    stage, active, standby = two()
    await active.take_over()
    for sequence, percent in enumerate((10, 95, 10, 95), 1):
        active.hear(sequence, percent)
        standby.hear(sequence, percent)
    assert await active.duty.tell_waiting()
    assert stage.told == ["firing 02", "ok 03", "firing 04"]
    assert len(standby.waiting) == 3
    await standby.duty.follow()
    assert (standby.waiting, len(stage.cursors.kept)) == ([], 1)


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        pytest.param("nothing", 0, id="before anything"),
        pytest.param("alerts", 1, id="between the transition and its state"),
        pytest.param("states", 1, id="between the state and the next transition"),
        pytest.param("cursor", 3, id="before the cursor"),
    ],
)
async def test_one_is_killed(fault: str, stored: int) -> None:
    stage, active, standby = two()
    await active.take_over()
    for sequence, percent in enumerate((10, 95, 10, 95), 1):
        active.hear(sequence, percent)
        standby.hear(sequence, percent)
    if fault == "alerts":
        stage.alerts.unanswered = 1
    elif fault == "states":
        stage.states.unanswered = 1
    elif fault == "cursor":
        stage.cursors.lost = 1
    if fault != "nothing":
        assert not await active.duty.tell_waiting()
    assert len(stage.told) == stored
    stage.broker.now += 20
    await standby.take_over()
    standby.hear(5, 10)
    assert await standby.duty.tell_waiting()
    assert stage.told == ["firing 02", "ok 03", "firing 04", "ok 05"]


async def test_one_that_wakes_with_its_lease_over_tells_nothing() -> None:
    stage, active, standby = two()
    await active.take_over()
    for each in (active, standby):
        each.hear(1, 95)
    stage.broker.now += 20
    assert not await active.duty.tell_waiting()
    assert (stage.told, active.duty.is_active) == ([], False)
    await standby.take_over()
    assert await standby.duty.tell_waiting()
    assert stage.told == ["firing 01"]


async def test_one_that_finds_somebody_else_there_takes_over_anew() -> None:
    stage, active, _ = two()
    await active.take_over()
    active.hear(1, 95)
    assert await active.duty.tell_waiting()
    stage.alerts.kept.append(("alerts.cpu.a.system", b"another", "x:x:x:other:x:20261121T120099"))
    active.hear(2, 10)
    assert not await active.duty.tell_waiting()
    assert not active.duty.is_active
    await active.take_over()
    assert await active.duty.tell_waiting()
    assert stage.told[-1] == "ok 02"


async def test_a_silence_is_told_where_no_sample_set_moves_the_cursor() -> None:
    stage, active, standby = two(SILENT)
    await active.take_over()
    for each in (active, standby):
        each.hear(1, 10)
        each.second(1)
    assert await active.duty.tell_waiting()
    await standby.duty.follow()
    for each in (active, standby):
        each.seconds(2, 20)
    assert len(stage.cursors.kept) == 1
    assert await active.duty.tell_waiting()
    assert stage.told == ["firing 16"]
    await standby.duty.follow()
    stage.broker.now += 20
    await standby.take_over()
    standby.second(21)
    standby.hear(30, 10)
    assert await standby.duty.tell_waiting()
    assert stage.told == ["firing 16", "ok 30"]


async def test_a_silence_that_its_decider_never_told_is_told_by_the_next() -> None:
    stage, active, standby = two(SILENT)
    await active.take_over()
    for each in (active, standby):
        each.hear(1, 10)
        each.second(1)
    assert await active.duty.tell_waiting()
    for each in (active, standby):
        each.seconds(2, 20)
    await standby.duty.follow()
    stage.broker.now += 20
    await standby.take_over()
    standby.second(21)
    assert await standby.duty.tell_waiting()
    assert stage.told == ["firing 16"]


async def test_at_its_end_one_tells_what_is_left_and_lets_another_take_over() -> None:
    stage, active, standby = two()
    await active.take_over()
    for each in (active, standby):
        each.hear(1, 95)
    await active.duty.end()
    assert stage.told == ["firing 01"]
    await standby.take_over()
    assert standby.waiting == []


async def test_the_end_does_not_wait_for_a_bus_that_is_silent() -> None:
    stage, active, _ = two()
    await active.take_over()
    active.hear(1, 95)
    stage.alerts.lost = 1
    await active.duty.end()
    assert (stage.told, active.duty.is_active, active.lease.is_held) == ([], False, False)


async def test_a_cursor_of_another_stream_means_nothing() -> None:
    stage, before, after = two()
    await before.take_over()
    before.hear(50, 95)
    assert await before.duty.tell_waiting()
    await before.lease.give_up()
    assert await after.kept.cursor_in(StreamLook("later", 0, None)) is None
    after.hear(1, 10)
    after.decisions.evaluator.restored(await after.kept.states(), 0)
    after.hear(51, 10)
    await after.take_over()
    assert await after.duty.tell_waiting()
    assert stage.told == ["firing 50", "ok 51"]


async def test_a_cursor_beyond_the_end_of_the_stream_means_nothing_until_it_is_moved() -> None:
    _, before, after = two()
    await before.take_over()
    before.hear(50, 95)
    assert await before.duty.tell_waiting()
    found = [await after.kept.cursor(), await after.kept.cursor_in(StreamLook("", 20, None)), await after.kept.cursor()]
    assert found == [Position(50, at(50)), None, None]
    await before.kept.move_cursor(Position(21, at(60)))
    assert await after.kept.cursor() == Position(21, at(60))
