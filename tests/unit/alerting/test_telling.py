"""Who is told what and when, as timelines in seconds: many alerts, rules, silences, routes and restarts together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.alerting.telling import Notifier, Surroundings
from shared.alerts.notified import Notified
from shared.alerts.policy import Escalation, Policy
from shared.alerts.route import Route
from shared.subjects import alert_key
from tests.unit.alerting.timeline import EVERYTHING, START, Timeline, around, at, spoken, transition
from tests.unit.shared.alerts.rules import rule

HOUR_S = 3_600.0


def key(name: str = "cpu", host: str = "a") -> str:
    return alert_key(name, host, "series")


def test_sixty_hosts_are_one_message_that_counts_those_it_does_not_name() -> None:
    said = Timeline().run("; ".join(f"0 cpu h{number:02} C" for number in range(60)))
    assert said.endswith("h49 and 10 more")
    assert said.count("ops") == 1


def test_a_transition_that_comes_twice_is_told_once_and_holds_nothing_up() -> None:
    line = Timeline()
    said = line.fire("cpu", "a", "C", at(0))
    line.notifier.heard(said, at(0))
    line.notifier.heard(said, at(0.15))
    assert spoken(telling for _, telling in line.notifier.decide(at(0.2))) == ["ops: cpu C a"]


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    line = Timeline()
    line.notifier.heard(line.fire("cpu", "a", "C", at(HOUR_S)), at(HOUR_S))
    assert line.notifier.decide(at(HOUR_S)) == []
    assert line.notifier.pause(at(0)) <= timedelta(seconds=1)
    assert spoken(telling for _, telling in line.notifier.decide(at(0))) == ["ops: cpu C a"]


def test_a_clock_that_is_set_back_does_not_stop_the_rounds() -> None:
    line = Timeline()
    assert line.run("0 mute a; 0 cpu a C", until=HOUR_S) == ""
    line.surroundings.silences.clear()
    assert line.notifier.pause(at(60)) == timedelta(0)
    assert spoken(telling for _, telling in line.notifier.decide(at(60))) == ["ops: cpu C a"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0 mute a; 1 cpu a C; 9.5 unmute a", "10 ops: cpu C a", id="a silence that ends while it fires"),
        pytest.param("0 mute a; 1 cpu a C; 5 cpu a R; 9 unmute a", "", id="a silence that outlasts it"),
        pytest.param("0 mute a; 1 cpu b C", "1.2 ops: cpu C b", id="of another host"),
        pytest.param("0 cpu a C; 1 mute a; 5 cpu a R", "0.2 ops: cpu C a; 5.2 ops: cpu R a", id="an end passes"),
        pytest.param(
            "0 cpu a W; 1 mute a; 5 cpu a C; 9 unmute a", "0.2 ops: cpu W a; 9 ops: cpu C a", id="worse waits"
        ),
        pytest.param(
            "0 host_silent a C; 1 cpu a C; 9 host_silent a R",
            "1.5 ops: host_silent C a; 9 ops: cpu C a; 9.2 ops: host_silent R a",
            id="a silent host mutes what is said about it",
        ),
        pytest.param(
            "0 host_silent a C; 2 cpu b C", "1.5 ops: host_silent C a; 2.2 ops: cpu C b", id="but of no other host"
        ),
        pytest.param(
            "0 host_silent a C; 1 agent_silent a C; 2 host_silent a R; 3 cpu a C; 5 agent_silent a R",
            "1.5 ops: host_silent C a; 2.2 ops: host_silent R a; 2.5 ops: agent_silent C a; "
            "5 ops: cpu C a; 5.2 ops: agent_silent R a",
            id="until no rule says that it is silent",
        ),
        pytest.param(
            "0 bus_silent bus C; 1 host_silent a C; 1 cpu b C; 5 host_silent a R; 9 bus_silent bus R",
            "0.2 ops: bus_silent C bus; 9 ops: cpu C b; 9.2 ops: bus_silent R bus",
            id="a silent bus mutes everything else",
        ),
        pytest.param(
            "0 host_silent a C; 0.1 cpu a C; 9 cpu a R; 10 host_silent a R",
            "1.5 ops: host_silent C a; 10.2 ops: host_silent R a",
            id="in the same moment",
        ),
    ],
)
def test_what_mutes(words: str, expected: str) -> None:
    assert Timeline().run(words) == expected


RESEND = Policy(resend_every=timedelta(seconds=600))
ESCALATE = Policy(escalations=(Escalation(after_seconds=600, channels=("boss",)),))
TWO = "ops boss"


@pytest.mark.parametrize(
    ("policy", "words", "expected"),
    [
        pytest.param(RESEND, "0 cpu a C", "0.2 ops: cpu C a; 600.2 ops: again cpu C a", id="a reminder"),
        pytest.param(RESEND, "0 cpu a C; 5 ack cpu a", "0.2 ops: cpu C a", id="not of what is acknowledged"),
        pytest.param(RESEND, "0 cpu a C; 0.1 ack cpu a", "0.2 ops: cpu C a", id="acknowledged before it was told"),
        pytest.param(
            RESEND,
            "0 cpu a C; 5 ack cpu a; 9 cpu a R; 310 cpu a C",
            "0.2 ops: cpu C a; 9.2 ops: cpu R a; 310.2 ops: cpu C a; 910.2 ops: again cpu C a",
            id="another incident is not acknowledged",
        ),
        pytest.param(
            RESEND,
            "0 cpu a C; 5 ack cpu a; 9 cpu a R; 200 cpu a C",
            "0.2 ops: cpu C a; 9.2 ops: cpu R a; 300.2 ops: cpu C a; 901 ops: again cpu C a",
            id="nor is one within the window",
        ),
        pytest.param(
            RESEND, "0 cpu a W; 5 ack cpu a; 9 cpu a C", "0.2 ops: cpu W a; 9.2 ops: cpu C a", id="worse all the same"
        ),
        pytest.param(
            RESEND,
            "0 cpu a C; 0.1 cpu b C",
            "0.3 ops: cpu C a b; 600.3 ops: again cpu C a b",
            id="reminders are grouped too",
        ),
        pytest.param(ESCALATE, "0 cpu a C", "0.2 ops: cpu C a; 600.2 boss: unheard cpu C a", id="a step of escalation"),
        pytest.param(ESCALATE, "0 cpu a C; 9 ack cpu a", "0.2 ops: cpu C a", id="not of what is acknowledged too"),
        pytest.param(
            ESCALATE,
            "0 cpu a C; 700 cpu a R",
            "0.2 ops: cpu C a; 600.2 boss: unheard cpu C a; 700.2 ops+boss: cpu R a",
            id="whoever was told hears of the end",
        ),
        pytest.param(
            ESCALATE, "0 mute a; 1 cpu a C; 900 unmute a", "900 ops: cpu C a", id="counted from the first word"
        ),
    ],
)
def test_reminders_and_escalation(policy: Policy, words: str, expected: str) -> None:
    line = Timeline(around(policy=policy, channels=TWO))
    # Asked each second, a reminder comes within one.
    said = [word.split(" ", 1) for word in line.run(words, until=1_190).split("; ")]
    wanted = [word.split(" ", 1) for word in expected.split("; ")]
    assert [text for _, text in said] == [text for _, text in wanted]
    assert all(0 <= float(one) - float(other) <= 1 for (one, _), (other, _) in zip(said, wanted, strict=True))


def test_a_step_that_was_passed_by_comes_with_the_news() -> None:
    late = Policy(escalations=(Escalation(after_seconds=600, channels=("boss",), levels=("critical",)),))
    said = Timeline(around(policy=late, channels=TWO)).run("0 cpu a W; 700 cpu a C", until=705)
    assert said == "0.2 ops: cpu W a; 700.2 boss: unheard cpu C a; 700.2 ops: cpu C a"


@pytest.mark.parametrize("act", ["commented", "silenced"])
def test_only_an_acknowledgement_ends_reminders(act: str) -> None:
    line = Timeline(around(policy=RESEND))
    assert line.run("0 cpu a C", until=10) == "0.2 ops: cpu C a"
    line.notifier.acted(line.act("cpu", "a", at(10), act))
    assert line.notifier.decide(at(700)) != []


OF_CRITICAL = Route(channels=("boss",), levels=("critical",))


@pytest.mark.parametrize(
    ("routes", "words", "until", "expected"),
    [
        pytest.param((), "0 cpu a C", 30, "", id="no route at all"),
        pytest.param((Route(channels=("gone",)),), "0 cpu a C", 30, "", id="a channel that there is not"),
        pytest.param(
            (Route(channels=("gone", "ops")),), "0 cpu a C", 30, "0.2 ops: cpu C a", id="one that there is beside it"
        ),
        pytest.param(
            (EVERYTHING, OF_CRITICAL),
            "0 cpu a W; 9 cpu a C; 400 cpu a W; 500 cpu a R",
            600,
            "0.2 ops: cpu W a; 9.2 ops+boss: cpu C a; 400.2 ops: cpu W a; 500.2 ops+boss: cpu R a",
            id="who heard of the worst hears of the end",
        ),
        pytest.param(
            (Route(channels=("ops",), hours=(13, 18)),), "0 cpu a C", 3_700, "3600 ops: cpu C a", id="when it opens"
        ),
        pytest.param(
            (Route(channels=("ops",), hours=(13, 18)),), "0 cpu a C; 9 cpu a R", 3_700, "", id="over when it opens"
        ),
        pytest.param(
            (Route(channels=("ops",), hours=(9, 13)),),
            "0 cpu a C; 3700 cpu a R",
            3_800,
            "0.2 ops: cpu C a; 3700.2 ops: cpu R a",
            id="the end comes after hours too",
        ),
    ],
)
def test_routes(routes: tuple[Route, ...], words: str, until: float, expected: str) -> None:
    line = Timeline(Surroundings(routes=routes, channels={"ops", "boss"}))
    assert line.run(words, until) == expected


def test_what_a_rule_names_and_tags_of_hosts_decide() -> None:
    tagged = Route(channels=("ops",), tags={"rack": ("7",)})
    line = Timeline(around(tagged, channels=TWO))
    line.surroundings.tags = {"a": {"rack": "7"}, "b": {"rack": "8"}}
    line.surroundings.rules = {"disk": rule(name="disk", channels={"critical": ["boss"]})}
    assert line.run("0 cpu a C; 0 cpu b C; 0 disk b C") == "0.2 boss: disk C b; 0.2 ops: cpu C a"


def told_firing(seconds: float, **changes: Any) -> Notified:
    first = at(seconds)
    return msgspec.structs.replace(Notified("firing", "critical", first, first, first, first), **changes)


def restarted(told: dict[str, Notified], *newest: Any, policy: Policy | None = None) -> Timeline:
    line = Timeline(around(policy=policy, channels=TWO), told)
    for each in newest:
        line.notifier.heard(each, at(0))
    return line


def fired(since: float, status: Any = "firing", level: Any = "critical", time: float = -10) -> Any:
    return transition("cpu", "a", status, level, at(since), at(time))


@pytest.mark.parametrize(
    ("told", "newest", "expected"),
    [
        pytest.param(None, fired(-10), "0.2 ops: cpu C a", id="never told"),
        pytest.param(told_firing(-10), fired(-10), "", id="told already"),
        pytest.param(told_firing(-60), fired(-60, "ok"), "0.2 ops: cpu R a", id="over since"),
        pytest.param(None, fired(-60, "ok"), "", id="over, and never told"),
        pytest.param(told_firing(-60, status="ok"), fired(-60, "ok"), "", id="over, and told"),
        pytest.param(told_firing(-60, level="warning"), fired(-60), "0.2 ops: cpu C a", id="worse since"),
        pytest.param(told_firing(-60, status="ok"), fired(-5), "", id="again, within the window"),
        pytest.param(told_firing(-9_000, status="ok"), fired(-5), "0.2 ops: cpu C a", id="again, after the window"),
        pytest.param(told_firing(-90_000), fired(-90_000, "ok", time=-89_000), "2 ops: cpu R a", id="over for a day"),
    ],
)
def test_after_a_restart_the_newest_transition_alone_decides(told: Any, newest: Any, expected: str) -> None:
    assert restarted({} if told is None else {key(): told}, newest).run("") == expected


def test_after_a_restart_reminders_go_on_where_they_were() -> None:
    line = restarted({key(): told_firing(-500)}, fired(-500), policy=RESEND)
    assert line.run("", until=102) == "100 ops: again cpu C a"


def test_after_a_restart_an_acknowledged_incident_stays_so() -> None:
    line = restarted({key(): told_firing(-500, is_acknowledged=True)}, fired(-500), policy=RESEND)
    assert line.run("", until=2_000) == ""


def test_after_a_restart_a_silent_host_still_mutes() -> None:
    silent = transition("host_silent", "a", "firing", "critical", at(-60), at(-60))
    line = restarted({key("host_silent"): told_firing(-60)}, fired(-10), silent)
    assert line.run("") == ""


def test_an_end_that_no_route_hears_of_is_let_go_after_a_day() -> None:
    line = Timeline(around(Route(channels=("gone",))), {key(): told_firing(-60)})
    line.notifier.heard(fired(-60, "ok"), at(0))
    day_s = 86_400.0
    assert line.notifier.decide(at(day_s - 20)) == []
    assert len(line.notifier) == 1
    assert line.notifier.decide(at(day_s)) == []
    assert len(line.notifier) == 0


@pytest.mark.parametrize(
    ("words", "until", "kept"),
    [
        pytest.param("0 cpu a C", 0.1, {}, id="nothing before it is told"),
        pytest.param("0 cpu a C", 1, {key(): ("firing", False)}, id="told"),
        pytest.param("0 cpu a C; 5 ack cpu a", 9, {key(): ("firing", True)}, id="acknowledged"),
        pytest.param("0 cpu a C; 5 cpu a R", 9, {key(): ("ok", False)}, id="over"),
        pytest.param("0 cpu a C; 5 cpu a R", 299, {key(): ("ok", False)}, id="remembered for its window"),
        pytest.param("0 cpu a C; 5 cpu a R", 302, {key(): None}, id="forgotten after it"),
        pytest.param("0 mute a; 0 cpu a C", 9, {}, id="silenced"),
    ],
)
def test_what_is_to_be_kept(words: str, until: float, kept: dict[str, Any]) -> None:
    line = Timeline(around(policy=RESEND))
    line.run(words, until)
    found = {name: each and (each.status, each.is_acknowledged) for name, each in line.last().items()}
    assert found == kept


def test_what_is_kept_is_not_to_be_kept_again_until_it_changes() -> None:
    line = Timeline()
    line.run("0 cpu a C", 1)
    [(name, told)] = line.notifier.unkept()
    assert line.notifier.unkept({name}) == []
    line.notifier.kept(name, told)
    assert line.notifier.unkept() == []
    line.notifier.heard(line.fire("cpu", "a", "R", at(5)), at(5))
    line.notifier.decide(at(6))
    [(_, over)] = line.notifier.unkept()
    line.notifier.kept(name, told)  # the answer to an earlier write
    assert line.notifier.unkept() == [(name, over)]


def test_what_was_kept_is_removed_once_it_is_forgotten() -> None:
    line = Timeline()
    line.run("0 cpu a C; 5 cpu a R", 10)
    for name, told in line.notifier.unkept():
        line.notifier.kept(name, told)
    line.run("", 302)
    assert line.notifier.unkept() == [(key(), None)]
    line.notifier.kept(key(), None)
    assert line.notifier.unkept() == []


def test_asking_for_ever_changes_nothing() -> None:
    """An acknowledged alert gives a new object each time it is asked; writing it each second would fill the bus."""
    line = Timeline()
    line.run("0 cpu a C; 1 ack cpu a", 3)
    for name, told in line.notifier.unkept():
        line.notifier.kept(name, told)
    line.run("", 60)
    assert line.notifier.unkept() == []


def test_alerts_beyond_the_bound_are_counted_and_those_that_were_told_end() -> None:
    line = Timeline(alerts_max=2)
    said = line.run("0 cpu a C; 0 cpu b C; 0 cpu c C; 0 cpu d C; 5 cpu a R; 5 cpu c R; 400 cpu d C", 500)
    assert said == "0.2 ops: cpu C a b; 5.2 ops: cpu R a; 400.2 ops: cpu C d"
    assert line.notifier.left_out_count == 2


def test_ends_of_what_nobody_was_told_of_take_no_room() -> None:
    notifier = Notifier(around())
    for number in range(100):
        notifier.heard(transition("cpu", f"h{number}", "ok", "critical", at(-9), at(-5)), at(0))
    assert len(notifier) == 0


def test_nothing_is_left_once_all_is_over() -> None:
    line = Timeline()
    line.run("0 cpu a C; 1 host_silent a C; 2 bus_silent bus C; 9 bus_silent bus R; 9 host_silent a R; 9 cpu a R", 400)
    assert len(line.notifier) == 0
    assert set(line.last().values()) == {None}
    state = {name: value for name, value in vars(line.notifier).items() if isinstance(value, dict | set)}
    assert {name for name, value in state.items() if value} == {"_unkept"}


def test_the_pause_is_the_time_until_something_is_due() -> None:
    line = Timeline()
    line.notifier.decide(at(0))
    assert line.notifier.pause(at(0.25)) == timedelta(seconds=0.75)
    line.notifier.heard(line.fire("cpu", "a", "C", at(0.25)), at(0.25))
    assert line.notifier.pause(at(0.25)) == timedelta(seconds=0.2)
    assert line.notifier.pause(at(0.46)) == timedelta(0)  # the time of gathering has passed since it was asked
    assert line.notifier.pause(START + timedelta(days=1)) == timedelta(0)


def test_a_reminder_waits_for_its_route() -> None:
    night = Route(channels=("ops",), hours=(12, 13))
    line = Timeline(around(night, policy=Policy(resend_every=timedelta(hours=2))))
    assert line.run("0 cpu a C", until=3 * HOUR_S) == "0.2 ops: cpu C a"
    tomorrow = datetime(2026, 11, 24, 12, 0, 1, tzinfo=START.tzinfo)
    assert spoken(telling for _, telling in line.notifier.decide(tomorrow)) == ["ops: again cpu C a"]
