"""One message for many transitions of one rule: what goes to the same channels in the same moment goes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.alerts.rule import Level
from shared.wire.alert import AlertTransition

What = Literal["news", "reminder", "escalation"]
NAMED_MAX = 50
"""Alerts that one message names; of the others it tells how many there are. A rack of 40 hosts fits."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One alert of which channels are told now, and what: see `suppress.Word`."""

    what: What
    channels: tuple[str, ...]
    transition: AlertTransition


class Together(NamedTuple):
    """What all have in common that one message tells of."""

    what: What
    channels: tuple[str, ...]
    rule: str
    status: Literal["firing", "ok"]
    level: Level


@dataclass(frozen=True, slots=True)
class Group:
    """What one message tells: `named` are the first by host and series, `count` and `hosts_count` are of all."""

    what: What
    channels: tuple[str, ...]
    named: tuple[AlertTransition, ...]
    count: int
    hosts_count: int

    @property
    def first(self) -> AlertTransition:
        """Return one of them: rule, status and level are those of all."""
        return self.named[0]


def grouped(tellings: Iterable[Telling], named_max: int = NAMED_MAX) -> list[Group]:
    """Return the messages that tell everything: one for each rule, status and level, in the order of the first."""
    groups: dict[Together, list[AlertTransition]] = {}
    for telling in tellings:
        groups.setdefault(kind_of(telling), []).append(telling.transition)
    found = []
    for together, transitions in groups.items():
        ordered = sorted(transitions, key=lambda each: (each.host, each.series))
        hosts = {each.host for each in transitions}
        found.append(Group(together.what, together.channels, tuple(ordered[:named_max]), len(ordered), len(hosts)))
    return found


def kind_of(telling: Telling) -> Together:
    """Return what all have in common that one message tells of."""
    each = telling.transition
    return Together(telling.what, telling.channels, each.rule, each.status, each.level)
