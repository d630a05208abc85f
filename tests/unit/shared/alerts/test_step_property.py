"""Whatever finite values come, in whatever order, a state stays one that can be told and never goes back in time."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.condition import Condition
from shared.alerts.state import UNSEEN, State, is_worth_keeping, transition
from shared.alerts.step import ended, step, unjudged
from tests.unit.shared.alerts.timelines import at, condition, told

Samples = list[tuple[int, float]]

conditions = st.builds(
    condition,
    st.sampled_from([0.0, 10.0, 25.0, 60.0]),
    st.sampled_from([None, 7.0]),
    st.just(9.0),
    st.sampled_from([0.0, 2.0, 5.0]),
) | st.builds(condition, st.just(20.0), st.just(3.0), st.sampled_from([None, 1.0]), st.just(1.0), st.just(False))
values = st.sampled_from([0.0, 1.0, 3.0, 4.9, 5.0, 6.9, 7.0, 8.0, 9.0, 10.0]) | st.floats(-1e300, 1e300)
samples = st.lists(st.tuples(st.integers(0, 400), values), max_size=40)


def walked(judge: Condition, found: Samples, first: State = UNSEEN) -> list[State]:
    state, states = first, []
    for second, value in found:
        state = step(judge, state, value, at(second), 5.0)
        states.append(state)
    return states


@settings(max_examples=200)
@given(conditions, samples)
def test_a_state_is_whole_and_its_times_never_go_back(judge: Condition, found: Samples) -> None:
    for before, after in pairwise([UNSEEN, *walked(judge, found)]):
        assert after.newest >= before.newest
        assert after.since <= after.newest
        assert (after.level is None) is (after.status == "ok")
        assert (after.incident_since is not None) is (after.status == "firing")
        if after.incident_since is not None:
            assert after.incident_since <= after.since


@settings(max_examples=200)
@given(conditions, samples, st.integers(0, 40))
def test_replaying_a_beginning_changes_nothing(judge: Condition, found: Samples, length: int) -> None:
    once = walked(judge, found)
    again = walked(judge, found[:length], once[-1] if once else UNSEEN)
    assert all(state is once[-1] for state in again)
    if length <= len(found) and length:
        assert walked(judge, [*found[:length], *found])[-1] == once[-1]


@settings(max_examples=200)
@given(conditions, samples)
def test_an_incident_begins_once_and_ends_once(judge: Condition, found: Samples) -> None:
    changes = told(walked(judge, found))
    assert [change.status for change in changes[:1]] in ([], ["firing"])
    for one, other in pairwise(changes):
        assert one.time < other.time
        if one.is_firing:
            assert one.since == other.since, "an incident lasts until its end"
            assert not other.is_firing or one.level != other.level
        else:
            assert other.is_firing
            assert other.since > one.since


@settings(max_examples=200)
@given(conditions, samples)
def test_without_samples_out_of_order_a_hold_was_full_before_anything_fired(judge: Condition, found: Samples) -> None:
    ordered = sorted(dict(found).items())
    for change in told(walked(judge, ordered))[:1]:
        assert change.time - change.since >= judge.hold
        level = judge.critical if change.level == "critical" else judge.warning
        within = [value for second, value in ordered if change.since <= at(second) <= change.time]
        assert all(judge.reaches(level, value) for value in within)


@settings(max_examples=100)
@given(conditions, samples, st.floats(allow_nan=True, allow_infinity=True), st.integers(-1_000, 1_000))
def test_nothing_raises_and_nothing_told_is_not_kept(
    judge: Condition, found: Samples, value: float, second: int
) -> None:
    state = (walked(judge, found) or [UNSEEN])[-1]
    after = step(judge, state, value, at(second), 5.0)
    assert math.isfinite(value) or after is state
    for later in (after, ended(state, at(second)), unjudged(state, at(second))):
        change = transition(state, later)
        if change is not None:
            assert is_worth_keeping(state, later)
            assert change.since <= change.time
    assert transition(state, unjudged(state, at(second))) is None
    assert ended(after, after.newest + timedelta(seconds=1)).status == "ok"
