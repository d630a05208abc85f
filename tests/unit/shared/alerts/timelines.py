"""Timelines: values at ticks in, where the alert stands at each tick out, both as words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from shared.alerts.condition import Condition
from shared.alerts.state import UNSEEN, State, Transition, transition
from shared.alerts.step import step

START = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
INTERVAL_S = 10.0


def condition(
    hold_s: float = 0, warning: float | None = 7, critical: float | None = 9, clear: float = 2, above: bool = True
) -> Condition:
    """Return a condition: above 7 is a warning, above 9 critical, two back is back."""
    return Condition(above, warning, critical, timedelta(seconds=hold_s), clear)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def samples(words: str) -> Iterator[tuple[float, float]]:
    """Yield (seconds, value): one word a tick of 10 s; `-` is a tick without a value, `9@35` one at another second."""
    for tick, word in enumerate(words.split()):
        if word == "-":
            continue
        value, _, second = word.partition("@")
        yield (float(second) if second else tick * INTERVAL_S), float(value)


def letter(state: State) -> str:
    """Return `.` for ok, `p` for pending, `W` and `C` for firing."""
    if state.status == "ok":
        return "."
    return "p" if state.status == "pending" else str(state.level)[0].upper()


def states(judge: Condition, words: str, first: State = UNSEEN) -> list[State]:
    state, found = first, []
    for second, value in samples(words):
        state = step(judge, state, value, at(second), INTERVAL_S)
        found.append(state)
    return found


def timeline(judge: Condition, words: str) -> str:
    """Return where the alert stands after each value; `x` for one that did not count."""
    before, letters = UNSEEN, []
    for state in states(judge, words):
        letters.append("x" if state is before else letter(state))
        before = state
    return " ".join(letters)


def told(found: Sequence[State], first: State = UNSEEN) -> list[Transition]:
    changes = [transition(before, after) for before, after in zip([first, *found], found, strict=False)]
    return [change for change in changes if change is not None]
