"""What is told of an alert, as timelines in minutes: transitions in, words to people out; the window is 5 minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.suppress import (
    Restraint,
    acknowledged,
    due,
    is_done,
    is_inhibited,
    muted,
    next_word,
    told,
)
from shared.alerts.notified import Notified
from shared.alerts.policy import Escalation, Policy
from shared.alerts.rule import Level
from shared.alerts.state import Transition

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
STEP_S = 30
LEVELS: dict[str, Level] = {"W": "warning", "C": "critical"}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@dataclass
class Notifier:
    """Asks what is due every half minute, and writes down what it told."""

    policy: Policy
    last: Notified | None = None
    newest: Transition | None = None
    acknowledged: datetime | None = None
    log: list[str] = field(default_factory=list)

    def hear(self, letter: str, now: datetime) -> None:
        firing = self.newest is not None and self.newest.is_firing
        since = self.newest.since if self.newest is not None and firing else now
        if letter == "R":
            level = self.newest.level if self.newest is not None else "warning"
            self.newest = Transition("ok", level, since, now)
        elif letter == "A" and self.newest is not None:
            self.acknowledged = self.newest.since
        elif letter in LEVELS:
            self.newest = Transition("firing", LEVELS[letter], since, now)

    def speak(self, now: datetime, is_muted: bool) -> None:
        for _ in range(10):  # more words at once are a fault, and would never end
            if self.newest is None:
                return
            restraint = Restraint(is_muted, self.acknowledged)
            self.last, word = next_word(self.last, self.newest, now, self.policy, restraint)
            if word is None:
                return
            said = {"reminder": "again", "escalation": "+".join(word.channels)}.get(word.what)
            news = "R" if self.newest.status == "ok" else self.newest.level[0].upper()
            self.log.append(f"{(now - START).total_seconds() / 60:g} {said or news}")


def timeline(words: str, policy: Policy, minutes: float = 30) -> str:
    """Return what is told, as `0 W, 5 R`. In: `0W 1R 2A`; `(` and `)` begin and end a silence, as in `1( 9)`."""
    events = sorted((float(word[:-1]), at_, word[-1]) for at_, word in enumerate(words.split()))
    notifier, is_muted = Notifier(policy), False
    for tick in range(int(minutes * 60 / STEP_S) + 1):
        minute = tick * STEP_S / 60
        for _, _, letter in [event for event in events if minute - STEP_S / 60 < event[0] <= minute]:
            is_muted = letter == "(" or (is_muted and letter != ")")
            notifier.hear(letter, at(minute))
            notifier.speak(at(minute), is_muted)
        notifier.speak(at(minute), is_muted)
    return ", ".join(notifier.log)


RESEND = Policy(resend_every=timedelta(minutes=10))
ESCALATE = Policy(
    escalations=(
        Escalation(after_seconds=600, channels=("second",)),
        Escalation(after_seconds=1_200, channels=("boss", "sms"), levels=("critical",)),
    )
)
WORST_FIRST = Policy(
    escalations=(
        Escalation(after_seconds=600, channels=("boss",), levels=("critical",)),
        Escalation(after_seconds=1_200, channels=("second",)),
    )
)
BOTH = Policy(resend_every=timedelta(minutes=10), escalations=ESCALATE.escalations)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0W 1R 2W 3R", "0 W, 1 R", id="F R F R: fire and resolve"),
        pytest.param("0W 1R 2W", "0 W, 1 R, 5 W", id="F R F: fire, resolve, and one more at the window's end"),
        pytest.param("0W 1C", "0 W, 1 C", id="W C: both at once"),
        pytest.param("0C 1R 2C", "0 C, 1 R, 5 C", id="critical again is held too"),
        pytest.param("0W 1R 2C", "0 W, 1 R, 2 C", id="worse than before is never held"),
        pytest.param("0C 1R 2W", "0 C, 1 R, 5 W", id="less than before is held"),
        pytest.param("0C 1W", "0 C, 5 W", id="C W: less is told at the window's end"),
        pytest.param("0C 1W 2C", "0 C", id="C W C: what was told is still so"),
        pytest.param("0C 1W 6C", "0 C, 5 W, 6 C", id="C W, told, C: worse again"),
        pytest.param("0C 1W 2R", "0 C, 2 R", id="C W R: the end at once"),
        pytest.param("0W 4.5R 5W", "0 W, 4.5 R, 5 W", id="the window runs from the firing, not from its end"),
        pytest.param("0W 4R 4.5W", "0 W, 4 R, 5 W", id="held for half a minute"),
        pytest.param("0W 6R 7W", "0 W, 6 R, 7 W", id="after the window at once"),
        pytest.param("0W 1R 2W 3R 4W", "0 W, 1 R, 5 W", id="F R F R F: one more at the window's end"),
        pytest.param("0W 1R 2W 3R 4W 6R 7W", "0 W, 1 R, 5 W, 6 R, 10 W", id="each firing has its window"),
        pytest.param("0W 1R 2W 3C", "0 W, 1 R, 3 C", id="a held one that becomes worse passes"),
        pytest.param("0W 1R 2C 3R 4W", "0 W, 1 R, 2 C, 3 R, 7 W", id="less than the worst of the window is held"),
        pytest.param("0R", "", id="the end of what nobody knows of"),
        pytest.param("0W 0R", "0 W, 0 R", id="within one tick"),
        pytest.param("0W 10R", "0 W, 10 R", id="the end, late"),
        pytest.param("0W 1R 2R", "0 W, 1 R", id="the end is told once"),
        pytest.param("0W 1W", "0 W", id="the same again"),
    ],
)  # fmt: skip
def test_within_the_window(words: str, expected: str) -> None:
    assert timeline(words, Policy()) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0( 1W 9)", "9 W", id="a silence that ends while it fires"),
        pytest.param("0( 1W 2R 9)", "", id="a silence that outlasts it"),
        pytest.param("0W 1( 2R 9)", "0 W, 2 R", id="the end of what was told passes a silence"),
        pytest.param("0W 1( 2C 9)", "0 W, 9 C", id="worse waits for the end of a silence"),
        pytest.param("0W 1( 2C 3R 9)", "0 W, 3 R", id="worse, and over within a silence"),
        pytest.param("0W 1( 2R 3W 9)", "0 W, 2 R, 9 W", id="again within a silence"),
        pytest.param("0W 1R 2( 3W 4)", "0 W, 1 R, 5 W", id="a silence within the window changes nothing"),
        pytest.param("0( 1W 2) 3( 4)", "2 W", id="another silence"),
        pytest.param("0( 1C 2W 9)", "9 W", id="only the last of a silence is told"),
    ],
)
def test_silences(words: str, expected: str) -> None:
    assert timeline(words, Policy()) == expected


@pytest.mark.parametrize(
    ("policy", "words", "expected"),
    [
        pytest.param(RESEND, "0W", "0 W, 10 again, 20 again, 30 again", id="every ten minutes"),
        pytest.param(RESEND, "0W 12R", "0 W, 10 again, 12 R", id="until it is over"),
        pytest.param(RESEND, "0W 12A", "0 W, 10 again", id="or acknowledged"),
        pytest.param(RESEND, "0W 5C", "0 W, 5 C, 15 again, 25 again", id="news count as reminders"),
        pytest.param(RESEND, "0W 9( 15)", "0 W, 15 again, 25 again", id="not within a silence"),
        pytest.param(RESEND, "0W 1A 2C", "0 W, 2 C", id="what becomes worse is told whoever acknowledged"),
        pytest.param(RESEND, "0W 1A 2R", "0 W, 2 R", id="and so is the end"),
        pytest.param(RESEND, "0W 1A 2R 8W", "0 W, 2 R, 8 W, 18 again, 28 again", id="of one incident"),
        pytest.param(RESEND, "0W 1R 2W 3A", "0 W, 1 R, 5 W", id="or acknowledged while it is held"),
        pytest.param(RESEND, "0W 1R 2W 3A 4C", "0 W, 1 R, 4 C", id="held, acknowledged, and worse"),
        pytest.param(RESEND, "0W 1R 2W 3A 4R 8W", "0 W, 1 R, 8 W, 18 again, 28 again", id="held, and over untold"),
        pytest.param(RESEND, "0( 1W 2A 3)", "3 W", id="or acknowledged within a silence"),
        pytest.param(ESCALATE, "0C 1R 2C 3A", "0 C, 1 R, 5 C", id="nor passed over"),
        pytest.param(ESCALATE, "0C", "0 C, 10 second, 20 boss+sms", id="step by step"),
        pytest.param(ESCALATE, "0C 15A", "0 C, 10 second", id="until acknowledged"),
        pytest.param(ESCALATE, "0C 5R", "0 C, 5 R", id="or over"),
        pytest.param(ESCALATE, "0W", "0 W, 10 second", id="a step only of critical"),
        pytest.param(ESCALATE, "0W 25C", "0 W, 10 second, 25 C, 25 boss+sms", id="a step passed by is made up for"),
        pytest.param(WORST_FIRST, "0W 25C", "0 W, 20 second, 25 C, 25 boss", id="and so is one before others"),
        pytest.param(WORST_FIRST, "0W 25C 26W 27C", "0 W, 20 second, 25 C, 25 boss", id="but only once"),
        pytest.param(ESCALATE, "0C 12R 18C", "0 C, 10 second, 12 R, 18 C, 28 second", id="each incident anew"),
        pytest.param(ESCALATE, "0C 9( 22)", "0 C, 22 second, 22 boss+sms", id="after a silence"),
        pytest.param(ESCALATE, "0( 5C 7)", "7 C, 17 second, 27 boss+sms", id="counted from the first word"),
        pytest.param(BOTH, "0C", "0 C, 10 second, 10 again, 20 boss+sms, 20 again, 30 again", id="both"),
    ],
)  # fmt: skip
def test_reminders_and_escalation(policy: Policy, words: str, expected: str) -> None:
    assert timeline(words, policy) == expected


@pytest.mark.parametrize(
    ("rule", "kind", "host", "silent", "bus", "inhibited"),
    [
        ("cpu", "threshold", "a", {"a"}, False, True),
        ("cpu", "threshold", "b", {"a"}, False, False),
        ("host_silent", "absence", "a", {"a"}, False, False),
        ("host_silent", "absence", "a", {"a"}, True, True),
        ("cpu", "deviation", "b", set(), True, True),
        ("bus_silent", "absence", "bus", {"bus"}, True, False),
    ],
)
def test_a_greater_alert_mutes_lesser_ones(
    rule: str, kind: Any, host: str, silent: set[str], bus: bool, inhibited: bool
) -> None:
    assert is_inhibited(rule, kind, host, silent, bus) is inhibited


def test_a_verdict_is_muted_only_where_something_would_fire() -> None:
    firing, over = Transition("firing", "warning", at(0), at(0)), Transition("ok", "warning", at(0), at(1))
    assert [muted("send", firing, True), muted("send", over, True), muted("drop", firing, True)] == [
        "hold",
        "send",
        "drop",
    ]
    assert muted("send", firing, False) == "send"


def test_another_incident_is_not_acknowledged() -> None:
    last = told(None, Transition("firing", "warning", at(0), at(0)), at(0))
    assert acknowledged(last, at(1)) is last
    assert acknowledged(last, at(0)).is_acknowledged


def test_an_incident_that_followed_unseen_is_told_by_nobody_but_is_another_one() -> None:
    first = acknowledged(told(None, Transition("firing", "warning", at(0), at(0)), at(0)), at(0))
    last, word = next_word(first, Transition("firing", "warning", at(20), at(20)), at(20), RESEND)
    assert (last and (last.since, last.is_acknowledged), word and word.what) == ((at(20), False), "reminder")
    seen = Restraint(acknowledged=at(20))
    last, word = next_word(first, Transition("firing", "warning", at(20), at(20)), at(20), RESEND, seen)
    assert (last and (last.since, last.is_acknowledged), word) == ((at(20), True), None)


@pytest.mark.parametrize(("acknowledged_at", "kept"), [(2, True), (0, False)])
def test_with_the_first_word_it_is_kept_that_somebody_has_acknowledged(acknowledged_at: int, kept: bool) -> None:
    held = Transition("firing", "warning", at(2), at(2))
    last, word = next_word(None, held, at(5), Policy(), Restraint(acknowledged=at(acknowledged_at)))
    assert (last and last.is_acknowledged, word and word.what) == (kept, "news")


@pytest.mark.parametrize(
    ("now", "verdict", "done"),
    [
        pytest.param(60, "hold", False, id="the window begins"),
        pytest.param(64.9, "hold", False, id="its last seconds"),
        pytest.param(65, "send", True, id="it is over"),
        pytest.param(59.9, "send", True, id="a clock that was set back holds nothing"),
        pytest.param(0, "send", True, id="nor one that was set back by an hour"),
    ],
)
def test_a_window_is_no_longer_than_it_is(now: float, verdict: str, done: bool) -> None:
    last = Notified("ok", "warning", at(50), at(50), at(60), at(60))
    assert due(last, Transition("firing", "warning", at(0), at(0)), at(now)) == verdict
    assert is_done(last, Transition("ok", "warning", at(50), at(61)), at(now)) is done


@pytest.mark.parametrize(
    ("letters", "minutes", "done"),
    [("W", 99, False), ("WR", 4, False), ("WR", 5, True), ("R", 0, True)],
)
def test_an_alert_is_forgotten_when_its_window_has_passed(letters: str, minutes: float, done: bool) -> None:
    notifier = Notifier(Policy())
    for letter in letters:
        notifier.hear(letter, at(0))
        notifier.speak(at(0), False)
    assert notifier.newest is not None
    assert is_done(notifier.last, notifier.newest, at(minutes)) is done


events = st.lists(st.tuples(st.sampled_from("WCR()A"), st.integers(0, 8)), max_size=25)


@settings(max_examples=300)
@given(events, st.sampled_from([Policy(), RESEND, ESCALATE, BOTH]))
def test_the_last_state_is_always_told_in_the_end(happened: list[tuple[str, int]], policy: Policy) -> None:
    minute, words = 0.0, []
    for letter, later in happened:
        minute += later * 0.5
        words.append(f"{minute:g}{letter}")
    end = minute + 6
    log = timeline(" ".join([*words, f"{minute:g})"]), policy, end)
    news = [word.split()[1] for word in log.split(", ") if word and word.split()[1] in ("W", "C", "R")]
    assert all(one != other for one, other in pairwise(news)), "nothing is told twice in a row"
    changes = [letter for letter, _ in happened if letter in "WCR"]
    if not changes:
        assert news == []
    elif changes[-1] == "R":
        assert news[-1:] in ([], ["R"])
    else:
        assert news[-1] == changes[-1]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("WCR"), st.integers(1, 4)), max_size=40))
def test_a_window_has_at_most_one_firing_a_level(happened: list[tuple[str, int]]) -> None:
    minute, words = 0.0, []
    for letter, later in happened:
        minute += later * 0.5
        words.append(f"{minute:g}{letter}")
    fired = [word.split() for word in timeline(" ".join(words), Policy(), minute + 6).split(", ") if word[-1:] in "WC"]
    for (one, level), (other, again) in pairwise(fired):
        assert float(other) - float(one) >= 5 or (level, again) == ("W", "C")


statuses, levels = st.sampled_from(["firing", "ok"]), st.sampled_from(["warning", "critical"])


@settings(max_examples=200)
@given(
    st.none() | st.tuples(statuses, levels, st.integers(0, 20)), statuses, levels, st.integers(0, 40)
)  # fmt: skip
def test_due_is_a_matter_of_time_alone(before: tuple[Any, Any, int] | None, status: Any, level: Any, now: int) -> None:
    last = None if before is None else Notified(before[0], before[1], at(0), at(0), at(before[2]), at(before[2]))
    newest = Transition(status, level, at(0), at(0))
    verdict = due(last, newest, at(now))
    later = due(last, newest, at(now + 5 + 20))
    assert later == ("send" if verdict == "hold" else verdict)
