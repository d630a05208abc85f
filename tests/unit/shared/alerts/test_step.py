"""Where an alert stands after each value: warning at 7, critical at 9, two back is back, a tick every 10 s."""

from __future__ import annotations

import math

import pytest

from shared.alerts.history import EMPTY
from shared.alerts.measure import measure
from shared.alerts.state import UNSEEN, State, is_kept_too_old, is_worth_keeping
from shared.alerts.step import believed, ended, gap_max, is_gone, step, unjudged
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import INTERVAL_S, at, condition, letter, states, timeline, told

ONLY_WARNING = {"critical": None}
ONLY_CRITICAL = {"warning": None}
BELOW = {"above": False, "warning": 3, "critical": 1}


@pytest.mark.parametrize(
    ("hold_s", "values", "expected"),
    [
        pytest.param(0, "1 2 3", ". . .", id="nothing"),
        pytest.param(0, "8 1", "W .", id="at once without a hold"),
        pytest.param(0, "7 4", "W .", id="a level that is reached counts"),
        pytest.param(0, "6.999 6.999", ". .", id="just short of the level"),
        pytest.param(0, "9 4", "C .", id="critical that is reached counts"),
        pytest.param(0, "1 9 1 9", ". C . C", id="critical at once"),
        pytest.param(0, "8 9 8", "W C C", id="critical stays above its way back"),
        pytest.param(0, "9 7 6.999", "C C W", id="critical stays at its way back, then warning"),
        pytest.param(0, "9 6 5 4.999", "C W W .", id="down by the stairs"),
        pytest.param(0, "9 4", "C .", id="down at once"),
        pytest.param(0, "7 6 5 6 4 6", "W W W W . .", id="warning stays until two back"),
        pytest.param(0, "8 5 8", "W W W", id="a dip within the way back is no news"),
        pytest.param(0, "8 - - - - 8", "W W", id="a gap while firing is no news"),
        pytest.param(0, "8 - - - - 1", "W .", id="the first value after a gap may end it"),
        pytest.param(0, "8 9 1 8", "W C . W", id="up and away and back"),
        pytest.param(20, "9 9 1 9", "p p . p", id="a dip restarts the hold"),
        pytest.param(20, "8 8 8", "p p W", id="a hold that is full to the second"),
        pytest.param(21, "8 8 8 8", "p p p W", id="a hold that is a second short"),
        pytest.param(20, "8 8 6.9 8 8 8", "p p . p p W", id="a dip short of the way back restarts the hold too"),
        pytest.param(20, "9 9 9", "p p C", id="critical all along fires as critical"),
        pytest.param(20, "8 9 8 9 8", "p p W W W", id="peaks within a warning are no critical"),
        pytest.param(20, "8 8 9 9 9", "p p W W C", id="critical has a hold of its own"),
        pytest.param(20, "8 9 9 9", "p p W C", id="critical a tick after warning"),
        pytest.param(20, "9 8 8", "p p W", id="what began critical and fell is a warning"),
        pytest.param(20, "8 8 8 9 9 8 9 9 9", "p p W W W W W W C", id="a dip restarts the hold of critical"),
        pytest.param(20, "9 9 9 6 8 9 9 9", "p p C W W W W C", id="a second critical is held again"),
        pytest.param(20, "9 9 9 8 9 8 9", "p p C C C C C", id="critical that fires stays without a hold"),
        pytest.param(20, "9 9 9 1 9 9 9", "p p C . p p C", id="again from the beginning"),
        pytest.param(20, "8 - 8", "p W", id="one missing tick is no gap"),
        pytest.param(30, "8 - - 8", "p W", id="exactly three intervals are no gap"),
        pytest.param(40, "8 8@30.001 8@50 8@60 8@70.001", "p p p p W", id="more than three intervals restart the hold"),
        pytest.param(30, "8 - - - 8 8 8 8", "p p p p W", id="a gap restarts the hold"),
        pytest.param(20, "8 8 - - - - 8 8 8", "p p p p W", id="a gap just before the hold is full"),
        pytest.param(20, "8 8 8 - - - - 9 9 9", "p p W W W C", id="a gap restarts the hold of critical"),
        pytest.param(20, "1 - - - - 8 8 8", ". p p W", id="a gap before the hold"),
        pytest.param(20, "8 8 9@10 8", "p p x W", id="a repeated sample does not count"),
        pytest.param(20, "8 8 1@10 8", "p p x W", id="nor does another value of the same time"),
        pytest.param(20, "8 8 1@5 8@20", "p p x W", id="nor a late one"),
        pytest.param(20, "1 1 9@5 9@6 9@7 1@30", ". . x x x .", id="late samples fire nothing"),
        pytest.param(0, "8 1@10 8@5", "W . x", id="a late sample fires nothing without a hold"),
        pytest.param(0, "8 8 1@5", "W W x", id="a late sample ends nothing"),
        pytest.param(20, "8 8 1@9.999999 8@20", "p p x W", id="late by a microsecond"),
        pytest.param(0, "nan 8 nan inf -inf 8", "x W x x x W", id="no number is no value"),
        pytest.param(20, "8 nan 8", "p x W", id="no number is no dip"),
        pytest.param(0, "1e300 -1e300", "C .", id="huge numbers"),
        pytest.param(86_400, "9 9 9", "p p p", id="a hold of a day"),
    ],
)
def test_both_levels(hold_s: float, values: str, expected: str) -> None:
    assert timeline(condition(hold_s), values) == expected


@pytest.mark.parametrize(
    ("hold_s", "changes", "values", "expected"),
    [
        pytest.param(0, ONLY_WARNING, "9 6 4", "W W .", id="only warning"),
        pytest.param(20, ONLY_WARNING, "9 9 9", "p p W", id="only warning, held"),
        pytest.param(0, ONLY_CRITICAL, "8 9 7 6", ". C C .", id="only critical"),
        pytest.param(20, ONLY_CRITICAL, "9 9 9 8 6", "p p C C .", id="only critical, held"),
        pytest.param(20, ONLY_CRITICAL, "8 9 9 9", ". p p C", id="only critical waits for critical"),
        pytest.param(0, BELOW, "5 3 1 3 4 5.001", ". W C C W .", id="below"),
        pytest.param(0, BELOW, "3.001 3", ". W", id="below counts from the level on"),
        pytest.param(0, BELOW, "3 5 5.001", "W W .", id="below stays until two back"),
        pytest.param(20, BELOW, "2 2 4 2 2 2", "p p . p p W", id="below, a dip upwards restarts the hold"),
        pytest.param(0, {"clear": 0}, "7 6.999", "W .", id="no way back to go"),
        pytest.param(0, {"clear": 0}, "9 8.999 6.999", "C W .", id="no way back to go, two levels"),
        pytest.param(0, {"clear": 0, "warning": 7, "critical": 7}, "7 6", "C .", id="both levels the same"),
        pytest.param(20, {"clear": 0}, "7 7 7 6 7", "p p W . p", id="no way back to go, held"),
        pytest.param(0, {"clear": 5}, "9 5 3 1", "C C W .", id="a way back longer than between the levels"),
    ],
)
def test_other_conditions(hold_s: float, changes: dict[str, float], values: str, expected: str) -> None:
    assert timeline(condition(hold_s, **changes), values) == expected  # type: ignore[arg-type]


def test_since_is_when_the_status_began_and_the_incident_when_its_level_was_reached() -> None:
    found = states(condition(20), "1 8 8 8 9 9 9 6 4")
    assert [(state.since - at(0)).total_seconds() for state in found[1:]] == [10, 10, 30, 30, 30, 60, 70, 80]
    told_of = [(each.status, each.level, each.since, each.time) for each in told(found)]
    assert told_of == [
        ("firing", "warning", at(10), at(30)),
        ("firing", "critical", at(10), at(60)),
        ("firing", "warning", at(10), at(70)),
        ("ok", "warning", at(10), at(80)),
    ]


def test_a_new_incident_is_another_one() -> None:
    first, over, second, _ = told(states(condition(), "8 1 8 1"))
    assert (first.since, over.since, second.since) == (at(0), at(0), at(20))


def test_waiting_to_fire_is_not_told() -> None:
    assert told(states(condition(20), "8 8 1 8")) == []


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        pytest.param("1 1", "no no", id="ok all along"),
        pytest.param("1 8 8 8 8", "no yes no yes no", id="a hold begins, is full, and nothing more"),
        pytest.param("8 8 8 6 8 6", "yes no yes no no no", id="to and fro within the way back"),
        pytest.param("8 8 8 9 8", "yes no yes yes yes", id="the hold of critical too"),
    ],
)
def test_only_what_another_evaluator_needs_is_kept(values: str, kept: str) -> None:
    found = states(condition(20), values)
    pairs = zip([UNSEEN, *found], found, strict=False)
    assert " ".join("yes" if is_worth_keeping(before, after) else "no" for before, after in pairs) == kept


@pytest.mark.parametrize(
    ("values", "again"),
    [
        pytest.param("1 1 1 1 1 1", ". . . . . .", id="no hold, nothing to lose"),
        pytest.param("8 8 8 8 8 8 8", "k . . k . . k", id="each 30 s while a hold runs"),
        pytest.param("8 8 - 8@31 8 8 8 8", "k . k . . . k", id="at the first sample after 30 s"),
        pytest.param("8 8 8 9 8 8 8", "k . . k k . .", id="not 30 s after it was kept for another reason"),
        pytest.param("8 8 8 8 8 8 8 8 8 8", "k . . k . . k . . k", id="until it fires at 90 s"),
        pytest.param("8 8 8 8 8 8 8 8 8 8 8 8 8 8", "k . . k . . k . . k . . . .", id="a warning that fires: no more"),
        pytest.param("8 8 8 8 8 8 8 8 8 9 9 9 9 9", "k . . k . . k . . k . . k .", id="a hold of critical meanwhile"),
    ],
)
def test_a_hold_is_kept_again_before_it_is_too_old(values: str, again: str) -> None:
    state, kept, letters = UNSEEN, UNSEEN, []
    for after in states(condition(90), values):
        must = is_worth_keeping(state, after) or is_kept_too_old(kept.newest, after)
        letters.append("k" if must else ".")
        state, kept = after, after if must else kept
    assert " ".join(letters) == again


def test_whoever_goes_on_from_a_kept_hold_reads_again_what_came_since() -> None:
    values = "8 8 8 8 8 8 8"
    kept = states(condition(60), values)[0]
    beginning_anew = step(condition(60), kept, 8, at(60), INTERVAL_S)
    assert (beginning_anew.status, beginning_anew.since) == ("pending", at(60))
    assert states(condition(60), values, kept)[-1] == states(condition(60), values)[-1]
    assert letter(states(condition(60), values, kept)[-1]) == "W"


def test_a_sample_that_did_not_count_keeps_nothing() -> None:
    (state,) = states(condition(), "8")
    assert not is_worth_keeping(state, step(condition(), state, 1, at(0), INTERVAL_S))


def test_what_is_no_longer_looked_at_is_over_and_stays_over_for_late_samples() -> None:
    (firing,) = states(condition(), "8")
    over = ended(firing, at(60))
    (change,) = told([over], firing)
    assert (change.status, change.level, change.since, change.time) == ("ok", "warning", at(0), at(60))
    assert step(condition(), over, 9, at(59), INTERVAL_S) is over
    assert step(condition(), over, 9, at(61), INTERVAL_S).status == "firing"


def test_ending_what_is_ok_changes_nothing() -> None:
    (fine,) = states(condition(), "1")
    assert ended(fine, at(60)) is fine


def test_ending_before_the_newest_sample_does_not_go_back() -> None:
    (firing,) = states(condition(), "8@50")
    over = ended(firing, at(20))
    assert (over.newest, over.since) == (at(50), at(50))
    (change,) = told([over], firing)
    assert change.since <= change.time, "nothing ends before it began"


@pytest.mark.parametrize(
    ("values", "until_s", "after"),
    [
        pytest.param("1 1", 20, "ok", id="what is well stays well"),
        pytest.param("8 8", 20, "ok", id="a hold begins anew: nobody knows what was between"),
        pytest.param("8 8 8", 30, "firing", id="what fires goes on"),
    ],
)
def test_a_sample_that_gives_no_number_is_seen_all_the_same(values: str, until_s: float, after: str) -> None:
    before = states(condition(20), values)[-1]
    found = unjudged(before, at(until_s))
    assert (found.status, found.newest) == (after, at(until_s))
    assert told([found], before) == []
    assert unjudged(found, at(until_s)) is found
    assert unjudged(found, at(until_s - 1)) is found


def test_a_hold_of_critical_begins_anew_after_a_sample_that_gives_no_number() -> None:
    before = states(condition(20), "8 8 8 9")[-1]
    after = step(condition(20), unjudged(before, at(40)), 9, at(50), INTERVAL_S)
    assert (after.level, after.critical_since, after.incident_since) == ("warning", at(50), at(0))


def test_an_alert_that_fires_is_not_gone_while_too_little_is_known_after_a_start() -> None:
    judge, history, state = rule("rate", window_seconds=600), EMPTY, states(condition(), "8")[0]
    for tick in range(6, 40):
        now = at(tick * INTERVAL_S)
        history, number = measure(judge, history, 50.0, now.timestamp())
        state = unjudged(state, now) if number is None else step(condition(), state, number, now, INTERVAL_S)
        assert not is_gone(state, now, INTERVAL_S)
        assert letter(state) == ("W" if tick < 36 else "."), "judged once half the window was seen"


@pytest.mark.parametrize(
    ("heard_s", "interval_s", "gone"),
    [(15, 1, False), (15.1, 1, True), (30, 10, False), (30.1, 10, True), (180, 60, False), (181, 60, True)],
)
def test_a_series_is_gone_after_a_gap(heard_s: float, interval_s: float, gone: bool) -> None:
    assert is_gone(State("firing", "warning", at(0), at(0)), at(heard_s), interval_s) is gone


@pytest.mark.parametrize(("interval_s", "seconds"), [(1, 15), (5, 15), (5.1, 15.3), (60, 180)])
def test_a_gap_is_three_intervals_and_15_s_at_least(interval_s: float, seconds: float) -> None:
    assert gap_max(interval_s).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("time_s", "arrival_s", "believed_s"),
    [
        pytest.param(100, 100.5, 100, id="a usual sample"),
        pytest.param(100, 160, 100, id="as late as a live one may be"),
        pytest.param(100, 200, 140, id="a clock far behind"),
        pytest.param(400, 100, 100, id="a clock far ahead"),
        pytest.param(100.001, 100, 100, id="a clock slightly ahead"),
    ],
)
def test_a_clock_is_believed_as_far_as_the_broker_allows(time_s: float, arrival_s: float, believed_s: float) -> None:
    assert believed(at(time_s), at(arrival_s)) == at(believed_s)


@pytest.mark.parametrize(
    ("offsets_s", "blocked_max"),
    [
        pytest.param([0] * 20, 0, id="a good clock"),
        pytest.param([0] * 5 + [240] * 5 + [0] * 10, 0, id="far ahead and back"),
        pytest.param([240] * 20, 0, id="far ahead all along"),
        pytest.param([-3600] * 20, 0, id="far behind all along"),
        pytest.param([0] * 5 + [-3600] * 20, 6, id="set back by an hour: blocked for a minute at most"),
        pytest.param([0] * 5 + [-25] * 20, 2, id="set back a little: blocked for as much"),
        pytest.param([0] * 5 + [7200] + [0] * 10, 0, id="one sample from the future"),
    ],
)
def test_a_wrong_clock_blocks_no_series_for_long(offsets_s: list[float], blocked_max: int) -> None:
    state, blocked = UNSEEN, 0
    for tick, offset_s in enumerate(offsets_s):
        arrival = at(1_000_000 + tick * 10)
        time = at(1_000_000 + tick * 10 - 0.2 + offset_s)
        after = step(condition(), state, 8, believed(time, arrival), INTERVAL_S)
        blocked += after is state
        state = after
    assert blocked <= blocked_max
    assert math.isclose((at(1_000_000 + (len(offsets_s) - 1) * 10) - state.newest).total_seconds(), 30, abs_tol=30.5)
