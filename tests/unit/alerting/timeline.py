"""Runs a notifier along a timeline in seconds: transitions and what people do in, messages out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.alerting.grouping import Telling, grouped
from services.alerting.telling import Notifier, Surroundings
from shared.alerts.notified import Notified
from shared.alerts.policy import Policy
from shared.alerts.route import Route
from shared.alerts.rule import BUS_SILENT
from shared.alerts.silence import Silence
from shared.alerts.state import Transition
from shared.alerts.transition import Alert, identity, incident
from shared.wire.alert import AlertAct, AlertTransition
from tests.unit.shared.alerts.rules import rule

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
LEVELS: dict[str, Any] = {"W": "warning", "C": "critical"}
STEPS_MAX = 20_000
EVERYTHING = Route(channels=("ops",))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def transition(name: str, host: str, status: Any, level: Any, since: datetime, time: datetime) -> AlertTransition:
    """Return what an evaluator says; rules whose name ends in `silent` are of absence."""
    alert = Alert(rule(name="mine", channels={}), host, None, (), "series")
    change = Transition(status, level, since, time)
    named = identity(alert, change).replace("mine", name, 1)
    return AlertTransition(
        id=named, incident=incident(alert, since).replace("mine", name, 1), rule=name, host=host, series="series",
        kind="absence" if name.endswith("silent") else "threshold", status=status, level=level, since=since, time=time,
    )  # fmt: skip


def silence(hosts: str) -> Silence:
    return Silence(id="one", hosts=(hosts,), start=START - timedelta(days=1), end=at(1e6), who="me", reason="work")


@dataclass
class Timeline:
    """A notifier, and what it was told and has told."""

    surroundings: Surroundings = field(default_factory=lambda: Surroundings(routes=(EVERYTHING,), channels={"ops"}))
    told: dict[str, Notified] = field(default_factory=dict)
    alerts_max: int = 50_000
    log: list[str] = field(default_factory=list)
    notifier: Notifier = field(init=False)
    _newest: dict[tuple[str, str], AlertTransition] = field(default_factory=dict)
    _now: float = 0.0

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.surroundings, self.told, self.alerts_max)

    def run(self, words: str, until: float = 30.0) -> str:
        """Return what is told, as `0.2 ops: cpu C a b`; in words such as `0 cpu a C; 9 ack cpu a; 3 mute a`.

        W and C fire, R is over; `mute` and `unmute` begin and end a silence of hosts. It asks as often as the
        notifier wants to be asked, and at each event; another run goes on where this one ends.
        """
        events = sorted((float(word.split()[0]), word.split()[1:]) for word in words.split(";") if word.strip())
        for _ in range(STEPS_MAX):
            now = self._now
            while events and events[0][0] <= now + 1e-9:
                self._happen(events.pop(0)[1], at(now))
            self._ask(now)
            later = now + self.notifier.pause(at(now)).total_seconds()
            self._now = round(min([later, *(time for time, _ in events[:1])]), 6)
            if self._now > until:
                return "; ".join(self.log)
        raise AssertionError("the notifier wants to be asked without end")

    def last(self) -> dict[str, Notified | None]:
        """Return everything that would be kept now."""
        return dict(self.notifier.unkept())

    def _ask(self, now: float) -> None:
        self.log += [f"{now:g} {said}" for said in spoken(telling for _, telling in self.notifier.decide(at(now)))]

    def _happen(self, words: list[str], now: datetime) -> None:
        acts: dict[str, Callable[[str], None]] = {
            "mute": lambda hosts: self.surroundings.silences.update(one=silence(hosts)),
            "unmute": lambda _: self.surroundings.silences.clear(),
        }
        if words[0] in acts:
            acts[words[0]](words[1])
        elif words[0] == "ack":
            self.notifier.acted(self.act(words[1], words[2], now))
        else:
            name, host, letter = words
            self.notifier.heard(self.fire(name, host, letter, now), now)

    def fire(self, name: str, host: str, letter: str, now: datetime) -> AlertTransition:
        """Return the next transition of an alert."""
        before = self._newest.get((name, host))
        since = before.since if before is not None and before.status == "firing" else now
        level = before.level if letter == "R" and before is not None else LEVELS.get(letter, "critical")
        said = transition(name, host, "ok" if letter == "R" else "firing", level, since, now)
        self._newest[name, host] = said
        return said

    def act(self, name: str, host: str, now: datetime, act: Any = "acknowledged") -> AlertAct:
        """Return what somebody does about the newest incident of an alert."""
        newest = self._newest[name, host]
        return AlertAct(
            id="act", incident=newest.incident, rule=name, host=host, series=newest.series, act=act, who="me", time=now
        )


def spoken(tellings: Iterable[Telling]) -> list[str]:
    """Return each message as `ops: cpu C a b`, in the order of their texts."""
    lines = []
    for group in grouped(tellings):
        first = group.first
        news = "R" if first.status == "ok" else first.level[0].upper()
        mark = {"news": "", "reminder": "again ", "escalation": "unheard "}[group.what]
        hosts = " ".join(each.host for each in group.named)
        more = f" and {group.count - len(group.named)} more" if group.count > len(group.named) else ""
        lines.append(f"{'+'.join(group.channels)}: {mark}{first.rule} {news} {hosts}{more}")
    return sorted(lines)


def around(*routes: Route, policy: Policy | None = None, channels: str = "ops") -> Surroundings:
    """Return surroundings with these routes, or one that tells ops of everything."""
    return Surroundings(routes=routes or (EVERYTHING,), policy=policy or Policy(), channels=set(channels.split()))


__all__ = ["BUS_SILENT", "EVERYTHING", "START", "Timeline", "around", "at", "silence", "spoken", "transition"]
