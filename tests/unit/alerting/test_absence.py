"""Who is called silent, second by second: hosts that speak, fall silent and come back, and a bus that does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.absence import Absence, Heard, Listening, absence, started

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def grace_s(_: str, interval_s: float) -> float:
    return max(15.0, 5 * interval_s)


@dataclass
class Speaker:
    """A host that says something every interval within its spans of seconds."""

    interval_s: int
    spans: list[tuple[int, int]]

    def speaks(self, second: int) -> bool:
        return second % self.interval_s == 0 and any(first <= second <= last for first, last in self.spans)


def speakers(words: str) -> dict[str, Speaker]:
    """Return hosts by name: `a 0-60,90-` speaks each second, `b/10 0-` every 10 s; `a*40` are forty of it."""
    found = {}
    for line in words.split(";"):
        name, spans = line.split()
        name, _, count = name.partition("*")
        name, _, interval = name.partition("/")
        parsed = [(int(span.split("-")[0]), int(span.split("-")[1] or 10_000)) for span in spans.split(",")]
        for number in range(int(count or 1)):
            found[f"{name}{number}" if count else name] = Speaker(int(interval or 1), parsed)
    return found


NO_JUMP = (0, 0)


def judged(
    hosts: dict[str, Speaker], seconds: int, away: range = range(0), began: int = 0, jump: tuple[int, int] = NO_JUMP
) -> Iterator[tuple[int, Absence, dict[str, Heard]]]:
    """Yield what is judged each second, and who was heard until then.

    Alerting begins to listen at second `began`; while it is `away` it is not connected, and then it hears nothing.
    From the first second of `jump` on the broker's clock is ahead by the other.
    """
    heard, listening = dict[str, Heard](), Listening()
    for second in range(seconds):
        now = at(second + (jump[1] if second >= jump[0] else 0))
        if second not in away:
            heard.update({name: Heard(now, host.interval_s) for name, host in hosts.items() if host.speaks(second)})
        listening = started(listening, second not in away, second >= began, now)
        found = absence(heard, listening, grace_s, now)
        listening = found.listening
        yield second, found, heard


def log(words: str, seconds: int, away: range = range(0), began: int = 0, jump: tuple[int, int] = NO_JUMP) -> str:
    """Return who became silent and who spoke again, as alerts would: `20 a` and `31 a.`; the bus is `BUS`."""
    firing: set[str] = set()
    events = []
    for second, found, heard in judged(speakers(words), seconds, away, began, jump):
        for name, is_firing in verdicts(found, heard).items():
            if is_firing is not (name in firing):
                (firing.add if is_firing else firing.discard)(name)
                events.append(f"{second} {name}{'' if is_firing else '.'}")
    names = [event for event in events if not event.split()[1].startswith("many")]
    many = [event.split()[0] + event[-1:].strip("0123456789") for event in events if event.split()[1][:4] == "many"]
    return ", ".join(names + [f"{many.count(each)} at {each}" for each in dict.fromkeys(many)])


def verdicts(found: Absence, heard: dict[str, Heard]) -> dict[str, bool]:
    told = {name: silent_s >= grace_s(name, heard[name].interval_s) for name, silent_s in found.host_silent_s.items()}
    if found.bus_silent_s is not None:
        told["BUS"] = found.bus_silent_s >= 15
    return told


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("a 0-;b 0-", "", id="all speak"),
        pytest.param("a 0-20;b 0-", "35 a", id="one dies: after 15 s"),
        pytest.param("a 0-20,50-;b 0-", "35 a, 50 a.", id="and speaks again"),
        pytest.param("a 0-20,34-;b 0-", "", id="a pause of 14 s"),
        pytest.param("a 0-20,36-;b 0-", "35 a, 36 a.", id="a pause of 16 s"),
        pytest.param("a/10 0-20;b 0-", "70 a", id="five intervals where that is longer"),
        pytest.param("a/10 0-20,60-;b 0-", "", id="a pause of four intervals"),
        pytest.param("a/60 0-60;b/60 0-;c/60 0-", "360 a", id="slow hosts"),
        pytest.param("a 0-20", "35 BUS", id="a single host is its bus"),
        pytest.param("a 0-20,60-", "35 BUS, 60 BUS.", id="and both come back"),
        pytest.param("a 0-20;b 0-20", "35 BUS", id="nothing at all: the bus, and no host"),
        pytest.param("a 0-20;b 0-20;c/10 0-20", "35 BUS", id="also where one is slow"),
        pytest.param("a 0-20,60-;b 0-20,60-", "35 BUS, 60 BUS.", id="the bus comes back with all"),
        pytest.param("a 0-20,60-;b 0-20,70-", "35 BUS, 60 BUS.", id="one comes back 10 s later"),
        pytest.param("a 0-20,60-;b 0-20", "35 BUS, 60 BUS., 94 b", id="one never comes back: it is waited for"),
        pytest.param("a 0-20,30-;b 0-20,40-", "", id="a pause of the bus of 10 s"),
        pytest.param("a 0-20;b 5-18", "35 BUS", id="one dies just before the bus does"),
        pytest.param("a 0-10;b 0-60", "25 a, 75 BUS", id="one dies, later the bus"),
        pytest.param("a 0-10;b 0-60,90-", "25 a, 75 BUS, 90 BUS.", id="the first stays silent meanwhile"),
        pytest.param("a 0-20;b/60 0-", "60 a", id="one slow witness is heard late"),
        pytest.param("many*40 0-20;b 0-", "40 at 35", id="a rack of 40 dies beside one witness"),
        pytest.param("many*40 0-20;b/10 0-", "40 at 64", id="forty die beside a slow witness"),
        pytest.param("many*40 0-20", "35 BUS", id="a rack of 40 with all there is"),
        pytest.param("many*40 0-20,60-", "35 BUS, 60 BUS.", id="and comes back"),
        pytest.param("a/10 0-20;b/10 0-20;c/10 0-", "70 a, 70 b", id="most of few slow hosts"),
        pytest.param("a 0-20;b 100-", "35 BUS, 100 BUS., 134 a", id="a new host is the first to speak"),
    ],
)
def test_who_is_called_silent(words: str, expected: str) -> None:
    assert log(words, 400) == expected


@pytest.mark.parametrize(
    ("words", "away", "expected"),
    [
        pytest.param("a 0-;b 0-", range(20, 50), "", id="alerting away for 30 s"),
        pytest.param("a 0-25;b 0-", range(20, 50), "85 a", id="a host died meanwhile: its way back is waited for"),
        pytest.param("a 0-25,84-;b 0-", range(20, 50), "", id="a host that returns 34 s later"),
        pytest.param("a/10 0-20;b 0-", range(20, 50), "100 a", id="its grace counts where that is longer"),
        pytest.param("a 0-20,83-;b 0-20,83-", range(21, 50), "", id="all return 33 s later: the bus is not silent"),
        pytest.param("a 0-30,70-;b 0-;c 0-", range(80, 90), "45 a, 70 a.", id="back before alerting is away"),
        pytest.param("a 0-30,85-;b 0-", range(80, 90), "45 a, 90 a.", id="back while alerting is away"),
        pytest.param("a 0-30;b 0-", range(80, 90), "45 a", id="silent all along is told once, and does not end"),
        pytest.param("a 0-20;b 0-20", range(25, 60), "95 BUS", id="nothing comes after a return"),
        pytest.param("a 0-20;b 0-20", range(45, 50), "35 BUS", id="nor before: a silent bus stays so"),
    ],
)
def test_nobody_is_judged_while_alerting_is_away(words: str, away: range, expected: str) -> None:
    assert log(words, 400, away) == expected


def test_nobody_is_judged_before_the_backlog_is_read() -> None:
    assert log("a 0-10;b 0-", 300, began=100) == "135 a"
    assert log("a 0-10;b/60 0-", 300, began=100) == "135 a", "nor before somebody was heard since then"


@pytest.mark.parametrize(
    ("words", "jump", "expected"),
    [
        pytest.param("a 0-;c/10 0-", (53, 3_600), "", id="an hour makes nobody silent"),
        pytest.param("a 0-;c/10 0-", (53, 45), "", id="nor does less than its grace"),
        pytest.param("a/10 0-;b/10 0-", (53, 3_600), "", id="nor the bus"),
        pytest.param("a 0-20;b 0-", (50, 3_600), "35 a", id="who is silent stays so"),
        pytest.param("a 0-20;b 0-20", (50, 3_600), "35 BUS", id="and so does the bus"),
        pytest.param("a 0-45;b 0-", (50, 3_600), "85 a", id="who was about to be is waited for anew"),
        pytest.param("a 0-49;b/10 0-50", (50, 3_600), "100 BUS", id="what came as it jumped is no evidence"),
        pytest.param("a 0-45;b 0-", (50, 4), "56 a", id="a few seconds are not noticed, and count"),
    ],
)
def test_a_clock_that_is_set_forward_makes_nobody_silent(words: str, jump: tuple[int, int], expected: str) -> None:
    assert log(words, 400, jump=jump) == expected


def test_nothing_is_known_without_any_host() -> None:
    assert absence({}, Listening(at(0), at(0)), grace_s, at(100)) == Absence(Listening(at(0), at(0), at(100)))


def speaker(interval_s: int, spans: list[tuple[int, int]]) -> Speaker:
    return Speaker(interval_s, [(first, first + length) for first, length in spans])


spans = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 80)), max_size=3)
everybody = st.dictionaries(st.sampled_from("abcd"), st.builds(speaker, st.sampled_from([1, 5, 10]), spans), min_size=1)
pauses = st.builds(lambda first, length: range(first, first + length), st.integers(0, 150), st.integers(0, 40))
jumps = st.tuples(st.integers(1, 150), st.sampled_from([0, 10, 3_600]))


@settings(max_examples=80)
@given(everybody, pauses, jumps)
def test_nobody_is_called_silent_who_is_not_and_nobody_without_evidence(
    hosts: dict[str, Speaker], away: range, jump: tuple[int, int]
) -> None:
    spoke, heard_at = dict[str, int](), dict[str, int]()
    for second, found, heard in judged(hosts, 250, away, jump=jump):
        speaking = [name for name, host in hosts.items() if host.speaks(second)]
        spoke.update(dict.fromkeys(speaking, second))
        heard_at.update(dict.fromkeys(speaking if second not in away else [], second))
        for name in [name for name, is_silent in verdicts(found, heard).items() if is_silent]:
            if name == "BUS":
                assert second - max(heard_at.values()) > 4
                continue
            grace = grace_s(name, hosts[name].interval_s)
            assert second - spoke[name] >= grace
            others = [heard_at[other] for other in heard_at if other != name]
            assert max(others, default=0) - heard_at[name] >= grace / 2


@settings(max_examples=50)
@given(everybody, pauses, jumps)
def test_whoever_stays_silent_beside_a_witness_is_told_in_the_end(
    hosts: dict[str, Speaker], away: range, jump: tuple[int, int]
) -> None:
    *_, last = judged({**hosts, "witness": Speaker(1, [(0, 10_000)])}, 300, away, jump=jump)
    _, found, heard = last
    assert verdicts(found, heard) == {**dict.fromkeys(heard, True), "witness": False, "BUS": False}
