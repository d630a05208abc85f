"""From what hosts say to what is told: each kind of rule, several series, late samples, bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.alerting.evaluate import Evaluator
from shared.alerts.rule import Rule
from shared.alerts.state import State
from shared.alerts.transition import message_of
from shared.wire.alert import decode_alert, encode_alert, event_subject
from shared.wire.decode import FamilyRows
from tests.unit.alerting.evaluating import Story, cpu, disks, kept, table
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

CPU = rule(name="cpu", warning=80, critical=90)
HELD = rule(name="held", warning=80, critical=90, for_seconds=10)
LOW = rule(name="low", comparison="below", warning=30, critical=20)
DISK = rule(name="disk", family="disk", column="used_percent", warning=80, critical=90)
DISKS = rule(name="disks", family="disk", column="used_percent", aggregate="max", critical=None)
GROWING = rule("rate", name="growing", column="used_bytes", warning=80.0, clear=50, window_seconds=100)
FULL_SOON = rule("forecast", name="soon", window_seconds=100, warning=600)
ODD = rule("deviation", name="odd", column="load_1m_average", warning=4, critical=None, window_seconds=600)


def used(value: float) -> dict[str, FamilyRows]:
    return {"disk": table("disk", [{"mount": "/", "device": "d", "used_bytes": int(value)}], 10)}


def load(value: float) -> dict[str, FamilyRows]:
    return {"cpu": table("cpu", [{"load_1m_average": value}], 10)}


@pytest.mark.parametrize(
    ("judge", "values", "expected"),
    [
        pytest.param(CPU, "50 79.9 80 70", "10 cpu a W, 15 cpu a .", id="a level that is reached counts"),
        pytest.param(CPU, "85 95 88 82 76 74", "0 cpu a W, 5 cpu a C, 15 cpu a W, 25 cpu a .", id="up and down"),
        pytest.param(CPU, "85 - - - - - - 85 10", "0 cpu a W, 40 cpu a .", id="a gap while it fires says nothing"),
        pytest.param(HELD, "85 85 85 10", "10 held a W, 15 held a .", id="a hold"),
        pytest.param(HELD, "85 85 10 85 85", "", id="a hold that is broken"),
        pytest.param(HELD, "85 - - - 85 85 85", "30 held a W", id="a gap begins the hold anew"),
        pytest.param(LOW, "50 25 15 26 40", "5 low a W, 10 low a C, 15 low a W, 20 low a .", id="below"),
        pytest.param(HELD, "95 85 95 95 95", "10 held a W, 20 held a C", id="each level has its own"),
    ],
)
def test_a_threshold(judge: Rule, values: str, expected: str) -> None:
    story = Story([judge])
    for tick, value in enumerate(values.split()):
        if value != "-":
            story.say(5 * tick, cpu(float(value)))
    assert ", ".join(story.told) == expected


@pytest.mark.parametrize(
    ("judge", "said", "expected"),
    [
        pytest.param(
            GROWING, [used(0)] * 6 + [used(5_000)] * 11, ["60 growing a system,/,d W", "160 growing a system,/,d ."],
            id="rate: 5,000 bytes in 60 s, until the jump has left the window",
        ),
        pytest.param(
            FULL_SOON, [{"disk": table("disk", [{"mount": "/", "device": "d", "used_percent": 50 + tick}], 10)}
                        for tick in range(20)], ["100 soon a system,/,d W"],
            id="forecast: a percent in 10 s leaves 400 s once ten points are known",
        ),
        pytest.param(
            ODD, [load(1.0)] * 20 + [load(9.0)] + [load(1.0)] * 2, ["200 odd a W", "210 odd a ."],
            id="deviation: nine where it always was one",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_looks_back(judge: Rule, said: list[dict[str, FamilyRows]], expected: list[str]) -> None:
    story = Story([judge])
    for tick, families in enumerate(said):
        story.say(10 * tick, families)
    assert story.told[: len(expected)] == expected


def test_a_hold_of_a_rule_that_looks_back_begins_anew_where_nobody_remembers_what_was() -> None:
    held = rule("rate", name="growing", column="used_bytes", warning=80.0, clear=50, window_seconds=100, for_seconds=90)
    before, after = Story([held]), Story([held])
    for second in range(0, 70, 10):
        before.say(second, used(100 * second))
    after.evaluator.restored(kept(before.changes), 0)
    for second in range(70, 220, 10):
        after.say(second, used(100 * second))
    place = "growing a system,/,d"
    assert before.all == [f"(50 {place} pending)"]
    assert after.all == [
        f"(70 {place} ok)", *(f"({second} {place} pending)" for second in (120, 150, 180)), f"210 {place} W",
    ]  # fmt: skip


def test_each_series_has_an_alert_of_its_own_and_an_aggregate_one_for_all() -> None:
    story = Story([DISK, DISKS])
    story.say(0, disks(x=50, y=85))
    story.say(10, disks(x=95, y=85))
    story.say(20, disks(x=50, y=50))
    assert story.told == [
        "0 disk a system,/y,y W", "0 disks a W", "10 disk a system,/x,x C",
        "20 disk a system,/x,x .", "20 disk a system,/y,y .", "20 disks a .",
    ]  # fmt: skip


def test_sources_and_hosts_are_told_apart() -> None:
    story = Story([CPU])
    story.say(0, cpu(85))
    story.say(0, cpu(50), source="other")
    story.say(0, cpu(50), host="b")
    story.say(5, cpu(95), source="other")
    assert story.told == ["0 cpu a W", "5 cpu a other C"]


def test_an_override_changes_what_is_too_much_on_a_host() -> None:
    story = Story([rule(name="cpu", warning=80, critical=90, overrides=[{"hosts": ["b*"], "warning": 40}])])
    for host in ("a", "b1"):
        story.say(0, cpu(50), host=host)
    assert story.told == ["0 cpu b1 W"]


@pytest.mark.parametrize(
    ("said", "expected", "late"),
    [
        pytest.param([(0, 0, 50), (10, 10, 50), (5, 10, 95), (15, 15, 50)], [], 1, id="late: not judged, but counted"),
        pytest.param([(0, 0, 95), (0, 0, 50)], ["0 cpu a C"], 1, id="the same time again"),
        pytest.param([(500, 10, 95), (20, 20, 50)], ["10 cpu a C", "20 cpu a ."], 0, id="ahead: judged by arrival"),
        pytest.param([(0, 200, 95), (10, 210, 50)], ["140 cpu a C", "150 cpu a ."], 0, id="behind: a minute at most"),
    ],
)
def test_a_clock_that_is_wrong(said: list[tuple[float, float, float]], expected: list[str], late: int) -> None:
    story = Story([CPU])
    for seq, (second, arrival, value) in enumerate(said, 1):
        story.say(second, cpu(value), arrival=arrival, seq=1 if (second, arrival) == (0, 0) else seq)
    assert story.told == expected
    assert story.evaluator.figures.late_count == late


@pytest.mark.parametrize("second", [pytest.param(10, id="a good clock"), pytest.param(400, id="a clock ahead")])
def test_a_family_in_two_parts_is_one_instant(second: float) -> None:
    story = Story([DISK, DISKS])
    story.say(0, disks(x=50))
    story.say(second, disks(x=85), arrival=10)
    story.say(second, disks(y=95), arrival=10.01)
    assert story.told == ["10 disk a system,/x,x W", "10 disks a W", "10 disk a system,/y,y C"]
    assert story.evaluator.figures.late_count == 0, "the second part is not late, although its aggregate does not count"


def test_a_part_that_is_repeated_is_late() -> None:
    story = Story([DISK])
    story.say(0, disks(x=50), seq=1)
    story.say(0, disks(y=50), seq=2)
    story.say(0, disks(y=50), seq=2)
    assert story.evaluator.figures.late_count == 1


@pytest.mark.parametrize(
    ("gone_after", "expected"),
    [
        pytest.param(3, [], id="three intervals and no more"),
        pytest.param(4, ["20 disk a system,/x,x . series gone"], id="a gap"),
    ],
)
def test_a_series_that_is_gone_is_over(gone_after: int, expected: list[str]) -> None:
    story = Story([DISK])
    story.say(0, disks(x=95, y=50))
    for tick in range(1, gone_after + 1):
        story.say(5 * tick, disks(y=50))
    assert story.told == ["0 disk a system,/x,x C", *expected]


def test_a_series_has_time_to_come_back_where_its_whole_family_was_away() -> None:
    story = Story([DISK])
    story.say(0, disks(x=95, y=50))
    for second in (100, 105, 110, 115, 120):
        story.say(second, disks(y=50))
    assert story.told[1:] == ["120 disk a system,/x,x . series gone"]


def test_what_another_source_says_does_not_end_a_series() -> None:
    story = Story([DISK])
    story.say(0, disks(x=95))
    for tick in range(1, 20):
        story.say(5 * tick, disks(y=50), source="other")
        story.say(5 * tick, cpu(10))
    assert story.told == ["0 disk a system,/x,x C"]


def test_a_series_that_waits_is_kept_again_so_that_a_successor_sees_no_gap() -> None:
    story = Story([rule(name="held", warning=80, critical=90, for_seconds=100)])
    for tick in range(21):
        story.say(5 * tick, cpu(85))
    assert story.all == ["(0 held a pending)", "(30 held a pending)", "(60 held a pending)", "(90 held a pending)",
                         "100 held a W"]  # fmt: skip


def test_no_more_series_and_hosts_are_watched_than_there_is_room_for() -> None:
    story = Story([DISK], Evaluator(series_max=2, hosts_max=1))
    story.say(0, disks(x=95, y=95, z=95))
    story.say(0, disks(x=95), host="b")
    assert story.told == ["0 disk a system,/x,x C", "0 disk a system,/y,y C"]
    figures = story.evaluator.figures
    assert (figures.series_count, figures.unwatched_count, story.evaluator.unwatched_hosts_count) == (2, 1, 1)


def test_no_more_series_of_a_rule_are_watched_on_one_host_than_there_is_room_for() -> None:
    story = Story([DISK])
    story.say(0, disks(**{f"d{number}": 95.0 for number in range(1_001)}))
    story.say(0, disks(x=95), host="b")
    assert (len(story.told), story.told[-1]) == (1_001, "0 disk b system,/x,x C")
    assert story.evaluator.figures.unwatched_count == 1


def test_no_more_sources_are_watched_than_there_is_room_for() -> None:
    story = Story([CPU])
    for number in range(20):
        story.say(0, cpu(95), source=f"s{number}")
    assert len(story.told) == 16
    assert story.evaluator.figures.unwatched_count == 4


def test_a_series_without_a_value_makes_room_where_nothing_is_wrong_with_it() -> None:
    story = Story([DISK], Evaluator(series_max=2))
    story.say(0, disks(x=50, y=95))
    story.second(700)
    story.say(700, disks(z=95))
    assert story.told == ["0 disk a system,/y,y C", "700 disk a system,/z,z C"]
    assert story.evaluator.figures.series_count == 2


def test_every_message_can_be_sent_and_read() -> None:
    story = Story([CPU, DISK, rule("absence", name="silent", critical=15)])
    story.say(0, {**cpu(95), **disks(x=95)})
    story.say(20, cpu(10), host="b")
    for second in range(31):
        story.second(second)
    story.ruled()
    assert len(story.told) == 6
    for change in story.changes:
        message = change.message()
        assert message is not None
        assert decode_alert(encode_alert(message), event_subject(message)) == message
        assert f"alerts.{change.key}" == event_subject(message)
        assert change.alert is not None
        assert change.condition is not None
        assert change.told is not None
        assert message == message_of(change.alert, change.condition, change.told, change.value)


def test_the_end_of_an_alert_of_which_only_the_key_is_known_is_told_from_its_last_message() -> None:
    before = Story([DISK])
    before.say(0, disks(x=95))
    [fired] = before.changes
    last = fired.message()
    assert last is not None
    after = Story([])
    after.evaluator.restored({fired.key: fired.after}, 0)
    after.say(5, disks(x=95))
    after.second(6)
    [over] = after.changes
    assert over.alert is None
    message = over.message(last)
    assert message is not None
    assert (message.status, message.level, message.reason, message.time) == ("ok", "critical", "rule removed", at(6))
    assert (message.labels, message.incident, message.since) == (last.labels, last.incident, last.since)
    assert message.id != last.id
    assert event_subject(message) == event_subject(last)
    assert over.message(None) is None, "nobody was told that it fires"
    assert over.message(message) is None, "its end was told already"


def test_states_are_those_of_what_is_not_over() -> None:
    story = Story([CPU, HELD])
    story.say(0, cpu(85))
    story.say(0, cpu(10), host="b")
    found = story.evaluator.states()
    assert {key: state.status for key, state in found.items()} == {"cpu.a.system": "firing", "held.a.system": "pending"}


def test_values_that_are_well_leave_the_state_that_step_would_have_made() -> None:
    story = Story([HELD])
    for tick, value in enumerate([50, 60, 85]):
        story.say(5 * tick, cpu(value))
    [change] = story.changes
    assert change.before == State("ok", None, change.before.since, at(5))
    assert change.after == State("pending", "warning", at(10), at(10), at(10))
    assert change.after.newest - change.before.newest == timedelta(seconds=5)
