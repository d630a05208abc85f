"""One message for many transitions of one rule: what goes to the same channels in the same moment goes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.wire.alert import AlertTransition

NAMED_MAX = 50
"""Alerts that one message names; of the others it tells how many there are. A rack of 40 hosts fits."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One alert of which channels are told now, and what: see `suppress.Word`."""

    what: Literal["news", "reminder", "escalation"]
    channels: tuple[str, ...]
    transition: AlertTransition


@dataclass(frozen=True, slots=True)
class Group:
    """What one message tells: `named` are the first by host and series, `count` and `hosts_count` are of all."""

    what: Literal["news", "reminder", "escalation"]
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
    groups: dict[tuple[object, ...], list[AlertTransition]] = {}
    for telling in tellings:
        groups.setdefault(kind_of(telling), []).append(telling.transition)
    found = []
    for (what, channels, *_), transitions in groups.items():
        ordered = sorted(transitions, key=lambda each: (each.host, each.series))
        hosts = {each.host for each in transitions}
        found.append(Group(what, channels, tuple(ordered[:named_max]), len(ordered), len(hosts)))  # type: ignore[arg-type]
    return found


def kind_of(telling: Telling) -> tuple[object, ...]:
    """Return what all have in common that one message tells of."""
    each = telling.transition
    return telling.what, telling.channels, each.rule, each.status, each.level
