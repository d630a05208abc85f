"""Rules, tags and hosts that change while alerts fire, and an evaluator that takes over from another."""

from __future__ import annotations

from typing import Any

import pytest

from services.alerting.change import Change
from services.alerting.evaluate import Evaluator
from shared.alerts.rule import Rule
from shared.alerts.state import State
from tests.unit.alerting.evaluating import Story, cpu, disks, kept, words
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

CPU = rule(name="cpu", warning=80, critical=90)
DISK = rule(name="disk", family="disk", column="used_percent", warning=80, critical=90)


def changed(**changes: Any) -> Rule:
    return rule(**{"name": "cpu", "warning": 80, "critical": 90, **changes})


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param([], ["7 cpu a . rule removed"], id="removed"),
        pytest.param([changed(enabled=False)], ["7 cpu a . rule changed"], id="switched off"),
        pytest.param([changed(hosts=["b*"])], ["7 cpu a . rule changed"], id="for other hosts"),
        pytest.param(
            [changed(overrides=[{"hosts": ["a"], "enabled": False}])],
            ["7 cpu a . rule changed"],
            id="not for this host",
        ),
        pytest.param([changed(column="user_percent")], ["7 cpu a . rule changed"], id="looks at something else"),
        pytest.param([changed(description="other")], [], id="said otherwise"),
        pytest.param([changed(warning=84)], [], id="a level that it still reaches"),
        pytest.param([changed(warning=88)], [], id="a level that it has not left, by the way back"),
        pytest.param([changed(critical=85)], ["10 cpu a C"], id="worse by a new level"),
        pytest.param([changed(warning=91, critical=99)], ["10 cpu a ."], id="no longer too much"),
        pytest.param([changed(), changed(name="more")], ["10 more a W"], id="another rule beside it"),
    ],
)
def test_a_rule_that_changes_while_it_fires(later: list[Rule], expected: list[str]) -> None:
    story = Story([CPU])
    story.say(5, cpu(85))
    story.ruled(*later, second=7)
    story.say(10, cpu(85))
    assert story.told == ["5 cpu a W", *expected]


def test_a_rule_that_comes_back_begins_anew() -> None:
    story = Story([CPU])
    story.say(5, cpu(85))
    story.ruled(second=7)
    story.ruled(CPU, second=8)
    story.say(10, cpu(85))
    assert story.told == ["5 cpu a W", "7 cpu a . rule removed", "10 cpu a W"]
    assert story.evaluator.figures.series_count == 1


def test_families_are_those_that_a_rule_names() -> None:
    story = Story([CPU, DISK, rule("absence", name="silent")])
    assert story.evaluator.families == {"cpu", "disk"}
    story.ruled(CPU)
    assert story.evaluator.families == {"cpu"}


def test_a_rule_looks_at_hosts_with_its_tags() -> None:
    story = Story([rule(name="cpu", warning=80, critical=90, tags={"role": ["db", "web*"]})])
    story.hosted("a", {"role": "db"})
    story.hosted("b", {"role": "mail"})
    for host in ("a", "b", "c"):
        story.say(0, cpu(85), host=host)
    assert story.told == ["0 cpu a W"]
    story.hosted("a", {"role": "mail"}, second=2)
    story.hosted("b", {"role": "web-1"}, second=2)
    story.hosted("c", {"role": "db"}, second=2)
    for host in ("a", "b", "c"):
        story.say(5, cpu(85), host=host)
    assert story.told[1:] == ["2 cpu a . rule changed", "5 cpu b W", "5 cpu c W"]


def test_tags_that_stay_the_same_change_nothing() -> None:
    story = Story([rule(name="cpu", warning=80, critical=90, tags={"role": ["db"]})])
    story.hosted("a", {"role": "db"})
    story.say(0, cpu(85))
    story.hosted("a", {"role": "db"}, second=2)
    story.say(5, cpu(85))
    assert story.told == ["0 cpu a W"]


def test_the_alerts_of_a_host_that_is_removed_are_over_until_it_speaks_again() -> None:
    story = Story([CPU, DISK])
    story.hosted("a", {})
    story.say(0, {**cpu(85), **disks(x=95)})
    story.hosted("a", None, second=3)
    assert (story.evaluator.hosts_count, story.evaluator.figures.series_count) == (0, 0)
    story.say(5, cpu(85))
    assert story.told[2:] == ["3 cpu a . series gone", "3 disk a system,/x,x . series gone", "5 cpu a W"]


def test_no_more_tags_are_known_than_there_is_room_for_hosts() -> None:
    story = Story([])
    story.evaluator._hosts_max = 2
    for number in range(5):
        story.hosted(f"h{number}", {"role": "db"})
    assert len(story.evaluator._tags) == 2


def story_after(before: Story, *rules: Rule, known_until: int = 0) -> Story:
    """Return the story of an evaluator that begins with what another has kept."""
    after = Story(list(rules or before.rules))
    after.evaluator.restored(kept(before.changes), known_until)
    return after


def test_an_alert_goes_on_where_another_evaluator_left_it() -> None:
    before = Story([CPU])
    before.say(0, cpu(95))
    after = story_after(before)
    after.say(60, cpu(95))
    after.say(65, cpu(10))
    assert after.told == ["65 cpu a ."]
    assert after.changes[0].told is not None
    assert after.changes[0].told.since == at(0), "it is the incident that began then"


def test_a_hold_goes_on_where_another_evaluator_left_it() -> None:
    held = rule(name="held", warning=80, critical=90, for_seconds=20)
    before = Story([held])
    for second in (0, 5, 10):
        before.say(second, cpu(85))
    after = story_after(before)
    for second in (0, 5, 10, 15, 20):
        after.say(second, cpu(85))
    assert after.told == ["20 held a W"]
    assert after.evaluator.figures.late_count == 1, "the sample that the kept state is of comes again"


def test_what_is_read_again_is_not_called_late() -> None:
    before = Story([CPU])
    before.say(0, cpu(95))
    after = story_after(before, known_until=1)
    after.say(0, cpu(95))
    assert (after.told, after.evaluator.figures.late_count) == ([], 0)


def test_what_looked_new_before_the_cursor_is_taken_back_there() -> None:
    story = Story([CPU])
    story.evaluator.restored({}, 2)
    story.say(0, cpu(95))
    story.say(10, cpu(88))
    assert story.told == ["0 cpu a C"], "nobody publishes what is before the cursor"
    story.say(15, cpu(86))
    assert story.told == ["0 cpu a C", "15 cpu a W"]


def test_a_series_of_an_earlier_evaluator_is_watched_where_there_is_no_room_for_all() -> None:
    before = Story([DISK])
    before.say(0, disks(last=95))
    after, others = story_after(before), {f"d{number}": 50.0 for number in range(1_000)}
    for second in range(5, 30, 5):
        after.say(second, disks(**others, last=95))
    after.say(30, disks(**others, last=10))
    assert after.told == ["30 disk a system,/last,last ."]
    assert after.evaluator.figures.series_count == 1_000


def test_a_series_that_is_gone_since_is_over_after_a_gap() -> None:
    before = Story([DISK])
    before.say(0, disks(x=95, y=95))
    after = story_after(before)
    for second in range(100, 125, 5):
        after.say(second, disks(y=95))
    assert after.told == ["120 disk a system,/x,x . series gone"]
    assert after.evaluator.states().keys() == {before.changes[1].key}


def test_an_alert_that_fires_is_watched_although_there_is_no_more_room() -> None:
    before = Story([DISK])
    before.say(0, disks(x=95))
    after = Story([DISK], Evaluator(series_max=1))
    after.evaluator.restored(kept(before.changes), 0)
    after.say(5, disks(y=50, x=95))
    after.say(10, disks(y=50, x=10))
    assert after.told == ["10 disk a system,/x,x ."]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param([DISK], [], id="the host has not spoken: who knows"),
        pytest.param([], ["50 disk a system,/x,x . rule removed"], id="the rule is gone"),
        pytest.param(
            [rule(name="disk", family="disk", column="used_percent", hosts=["b"])],
            ["50 disk a system,/x,x . rule changed"], id="it looks at other hosts",
        ),
    ],
)  # fmt: skip
def test_what_no_rule_looks_at_any_more_is_over(rules: list[Rule], expected: list[str]) -> None:
    before = Story([DISK])
    before.say(0, disks(x=95))
    after = Story(rules)
    after.evaluator.restored(kept(before.changes), 0)
    after.second(50)
    assert after.told == expected
    after.second(51)
    assert after.told == expected, "it is told once"


def test_a_host_that_is_removed_before_it_spoke_again_is_over() -> None:
    before = Story([DISK])
    before.say(0, disks(x=95))
    after = story_after(before)
    after.hosted("a", None, second=40)
    assert after.told == ["40 disk a system,/x,x . series gone"]


def test_whoever_takes_over_adopts_what_the_other_decided_and_lets_go_of_what_it_never_did() -> None:
    story = Story([CPU, DISK])
    story.say(0, {**cpu(95), **disks(x=95, y=50)})
    firing = State("firing", "warning", at(1), at(1), incident_since=at(1))
    story.evaluator.adopted({key_of(story, "cpu"): firing, "disk.a.gone": firing}, ())
    assert {key: state.level for key, state in story.evaluator.states().items()} == {
        key_of(story, "cpu"): "warning",
        "disk.a.gone": "warning",
    }
    story.say(5, {**cpu(10), **disks(x=95, y=50)})
    assert story.told[2:] == ["5 cpu a .", "5 disk a system,/x,x C"]


def test_whoever_takes_over_keeps_what_it_has_yet_to_tell() -> None:
    story = Story([CPU])
    story.say(0, cpu(95))
    key = key_of(story, "cpu")
    story.evaluator.adopted({key: State("ok", None, at(-5), at(-5))}, {key})
    story.say(5, cpu(95))
    assert story.told == ["0 cpu a C"]


def key_of(story: Story, name: str) -> str:
    return next(change.key for change in story.changes if change.key.startswith(name))


@pytest.mark.parametrize("key", ["", "cpu", "a.b.c.d", "cpu.=ZZ.x", "..", "=41.a.x"])
def test_a_key_that_is_none_is_passed_over(key: str) -> None:
    story = Story([CPU])
    story.evaluator.restored({key: State("firing", "warning", at(0), at(0), incident_since=at(0))}, 0)
    story.second(10)
    assert story.changes == []


def test_a_change_knows_its_place_in_the_stream() -> None:
    story = Story([CPU])
    story.say(0, cpu(10))
    story.say(5, cpu(95), arrival=6)
    found: list[Change] = story.changes
    assert [(each.position.sequence, each.position.arrival, words(each)) for each in found] == [(2, at(6), "5 cpu a C")]
