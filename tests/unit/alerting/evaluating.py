"""An evaluator that is told what hosts say, and what it told of that as words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.alerting.change import Change
from services.alerting.evaluate import Evaluator
from shared.alerts.rule import Rule
from shared.alerts.state import State
from shared.families import FAMILIES
from shared.subjects import untoken
from shared.wire.decode import FamilyRows, SampleSet
from tests.unit.shared.alerts.timelines import START, at

CPU_INTERVAL_S = 5.0


def table(family: str, rows: Iterable[Mapping[str, Any]], interval_s: float = CPU_INTERVAL_S) -> FamilyRows:
    """Return rows of a family; a cell that is not named is none, or an empty label."""
    columns = FAMILIES[family].columns
    empty = {column.name: "" if column.kind == "label" else None for column in columns}
    return FamilyRows(interval_s, [tuple((empty | dict(row)).values()) for row in rows])


def cpu(percent: float, interval_s: float = CPU_INTERVAL_S) -> dict[str, FamilyRows]:
    return {"cpu": table("cpu", [{"total_percent": percent}], interval_s)}


def disks(interval_s: float = CPU_INTERVAL_S, **percent: float) -> dict[str, FamilyRows]:
    rows = [{"mount": f"/{mount}", "device": mount, "used_percent": value} for mount, value in percent.items()]
    return {"disk": table("disk", rows, interval_s)}


def words(change: Change, start: datetime = START) -> str:
    """Return what a change tells: `20 cpu a W` fires as a warning, `50 cpu a .` is over; the reason where there is one.

    What is only kept is in brackets: `(20 cpu a pending)`.
    """
    rule, host, series = change.key.split(".")
    place = f"{untoken(rule)} {untoken(host)}"
    if series not in ("host", "system"):
        place += f" {untoken(series) if '==' not in series else series}"
    if change.told is None:
        return f"({(change.after.newest - start).total_seconds():g} {place} {change.after.status})"
    level = change.told.level[0].upper() if change.told.is_firing else "."
    reason = f" {change.told.reason}" if change.told.reason else ""
    return f"{(change.told.time - start).total_seconds():g} {place} {level}{reason}"


@dataclass
class Story:
    """One evaluator and what it decided."""

    rules: list[Rule]
    evaluator: Evaluator = field(default_factory=Evaluator)
    changes: list[Change] = field(default_factory=list)
    sequence: int = 0
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ruled(*self.rules)

    def ruled(self, *rules: Rule, second: float = 0) -> None:
        """Let these be the rules from now on."""
        self.changes += self.evaluator.rules_changed(rules, at(second))

    def hosted(self, host: str, tags: Mapping[str, str] | None, second: float = 0) -> None:
        """Let the host have these tags, or be removed."""
        self.changes += self.evaluator.host_changed(host, tags, at(second))

    def say(
        self, second: float, families: Mapping[str, FamilyRows], host: str = "a", source: str = "system",
        arrival: float | None = None, seq: int | None = None,
    ) -> None:  # fmt: skip
        """Let a host say something at a second, which the broker receives at once where it is not said when."""
        self.sequence += 1
        self.seqs[host, source] = seq if seq is not None else self.seqs.get((host, source), 0) + 1
        sample_set = SampleSet(
            host, source, "s", self.seqs[host, source], at(second), None, dict(families), ()
        )  # fmt: skip
        came = at(second if arrival is None else arrival)
        self.changes += self.evaluator.sample_set(sample_set, came, self.sequence)

    def second(self, second: float, is_connected: bool = True, is_caught_up: bool = True) -> None:
        """Let a second pass."""
        self.changes += self.evaluator.second(at(second), is_connected, is_caught_up)

    @property
    def told(self) -> list[str]:
        """What was told, without what is only kept."""
        return [words(change) for change in self.changes if change.told is not None]

    @property
    def all(self) -> list[str]:
        """What was told or kept."""
        return [words(change) for change in self.changes]


def kept(changes: Iterable[Change]) -> dict[str, State]:
    """Return what the bucket holds after these changes."""
    return {change.key: change.after for change in changes}
