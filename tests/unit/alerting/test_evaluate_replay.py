"""An evaluator that begins with what another has kept tells exactly what the other would have told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.change import Change, Position
from services.alerting.evaluate import Evaluator
from services.alerting.outbox import Outbox
from services.alerting.restoring import begin_at
from shared.wire.decode import SampleSet
from tests.unit.alerting.evaluating import cpu, disks, kept
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

RULES = (
    rule(name="cpu", warning=80, critical=90),
    rule(name="held", warning=80, critical=90, for_seconds=40),
    rule(name="low", comparison="below", warning=30, critical=None, for_seconds=10),
    rule(name="disk", family="disk", column="used_percent", warning=80, critical=90, for_seconds=15),
    rule(name="disks", family="disk", column="used_percent", aggregate="max", warning=80, critical=None),
)
PERCENT = (10.0, 28.0, 34.0, 50.0, 76.0, 82.0, 87.0, 95.0)


@dataclass(frozen=True)
class Said:
    """What one host said: how long after the message before it arrived, and how late it was."""

    after_s: int
    late_s: int
    host: str
    percent: float
    disks: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Arrived:
    """The same with its place in the stream."""

    sample_set: SampleSet
    position: Position


said = st.builds(
    Said,
    after_s=st.sampled_from([1, 1, 2, 3, 5, 5, 5, 14, 20]),
    late_s=st.sampled_from([0, 0, 0, 0, 1, 4, 20, 55, 90]),
    host=st.sampled_from("aab"),
    percent=st.sampled_from(PERCENT),
    disks=st.dictionaries(st.sampled_from("xyz"), st.sampled_from(PERCENT), max_size=3).map(lambda d: tuple(d.items())),
)


def arrived(stream: list[Said]) -> list[Arrived]:
    second, found = 0, []
    for sequence, each in enumerate(stream, 1):
        second += each.after_s
        families = cpu(each.percent) | (disks(**dict(each.disks)) if each.disks else {})
        sample_set = SampleSet(each.host, "system", "s", sequence, at(second - each.late_s), None, families, ())
        found.append(Arrived(sample_set, Position(sequence, at(second))))
    return found


def decided(evaluator: Evaluator, stream: list[Arrived]) -> list[Change]:
    evaluator.rules_changed(RULES, at(0))
    changes: list[Change] = []
    for each in stream:
        changes += evaluator.sample_set(each.sample_set, each.position.arrival, each.position.sequence)
    return changes


def told(changes: list[Change]) -> dict[str, list[str]]:
    """Return the ids that each alert published, in order; one that comes twice in a row is published once."""
    found: dict[str, list[str]] = {}
    for change in changes:
        message = change.message()
        if message is not None:
            found.setdefault(change.key, []).append(message.id)
    return {key: [name for name, _ in groupby(names)] for key, names in found.items()}


def successor(stream: list[Arrived], published: list[Change], cursor: int) -> list[Change]:
    """Return what an evaluator adds that begins with what another has published and kept, and with its cursor."""
    states = kept(published)
    place = stream[cursor - 1].position if cursor else None
    begin = begin_at(place, states.values(), stream[-1].position.arrival) if place else at(-1_000)
    evaluator = Evaluator()
    evaluator.restored(states, cursor)
    outbox = Outbox(cursor)
    for change in decided(evaluator, [each for each in stream if each.position.arrival >= begin]):
        outbox.add_sampled([change], change.position)
    outbox.kept(states)
    return outbox.front(len(outbox))


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(st.lists(said, min_size=1, max_size=90), st.data())
def test_a_successor_tells_exactly_what_was_not_told(stream: list[Said], data: st.DataObject) -> None:
    everything = arrived(stream)
    whole = decided(Evaluator(), everything)
    cursor = data.draw(st.integers(0, len(everything)), "cursor")
    # What was told ends anywhere behind the cursor: the other one was killed between any two of its steps.
    before = [change for change in whole if change.position.sequence <= cursor]
    published = whole[: data.draw(st.integers(len(before), len(whole)), "published")]
    assert told([*published, *successor(everything, published, cursor)]) == told(whole)


def test_a_sample_that_is_late_is_late_for_a_successor_too() -> None:
    everything = arrived([Said(5, 0, "a", 10.0, ()), Said(5, 0, "b", 10.0, ()), Said(1, 20, "a", 95.0, ())])
    assert told(decided(Evaluator(), everything)) == {}
    assert told(successor(everything, [], cursor=2)) == {}


@settings(max_examples=50, deadline=timedelta(seconds=2))
@given(st.lists(said, max_size=60))
def test_two_that_hear_the_same_decide_the_same(stream: list[Said]) -> None:
    everything = arrived(stream)
    assert decided(Evaluator(), everything) == decided(Evaluator(), everything)


@settings(max_examples=100, deadline=timedelta(seconds=2))
@given(st.lists(said, max_size=60))
def test_incidents_begin_and_end_in_turn(stream: list[Said]) -> None:
    firing: dict[str, bool] = {}
    for change in decided(Evaluator(), arrived(stream)):
        if change.told is not None:
            assert change.told.is_firing or firing[change.key], "only what fires can be over"
            firing[change.key] = change.told.is_firing
