"""Events of alerts, and a stream that holds them, for tests without a bus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.api.alerts.stored import About, AlertStream, Stored
from shared.wire.alert import Act, AlertAct, AlertEvent, AlertTransition, encode_alert, event_subject

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def transition(
    host: str = "web-1",
    status: Literal["firing", "ok"] = "firing",
    level: Literal["warning", "critical"] = "warning",
    since_s: float = 0,
    time_s: float | None = None,
    rule: str = "disk",
    **changed: Any,
) -> AlertTransition:
    """Return a transition; its incident is named by rule, host and beginning."""
    time = after(since_s if time_s is None else time_s)
    incident = "-".join((rule, host, str(int(since_s)))).replace(".", "_")
    plain: dict[str, Any] = {
        "id": f"{rule}:{host}:{status}:{level}:{time.isoformat()}", "incident": incident, "rule": rule, "host": host,
        "source": "system", "series": "system", "kind": "threshold", "family": "disk", "column": "used_percent",
        "unit": "percent", "status": status, "level": level, "value": 92.5, "threshold": 90.0, "since": after(since_s),
        "time": time,
    }  # fmt: skip
    return AlertTransition(**(plain | changed))


def act(of: AlertTransition, what: Act = "acknowledged", who: str = "kim", comment: str = "") -> AlertAct:
    """Return what somebody does about a transition's incident."""
    return AlertAct(
        id=f"{of.incident}:{what}:{who}:{comment}", incident=of.incident, rule=of.rule, host=of.host, series=of.series,
        act=what, who=who, comment=comment, time=after(1),
    )  # fmt: skip


def stored(event: AlertEvent, sequence: int, before: int | None = None) -> Stored:
    return Stored(sequence, event_subject(event), encode_alert(event), after(sequence), before)


@dataclass
class FakeStream(AlertStream):
    """A stream in memory; `hear` is told of what is added, unless it is added in silence."""

    created: str = "first"
    messages: dict[int, Stored] = field(default_factory=dict)
    is_away: bool = False
    not_yet: set[int] = field(default_factory=set)
    """Places that the next question for them does not find, though what is behind them is there."""
    hear: Callable[[Msg], Any] | None = None
    published: list[AlertAct] = field(default_factory=list)
    asked_count: int = 0
    asked_now: int = 0
    asked_at_once_max: int = 0

    async def connected(self, hear: Callable[[Msg], Any]) -> AlertStream:
        self.hear = hear
        return self

    async def add(self, event: AlertEvent, *, heard: bool = True) -> int:
        """Store an event behind the last one on its subject, as its publisher does."""
        subject, sequence = event_subject(event), max(self.messages, default=0) + 1
        before = max((at for at, each in self.messages.items() if each.subject == subject), default=0)
        self.messages[sequence] = stored(event, sequence, before if isinstance(event, AlertTransition) else None)
        if heard:
            await self.tell()
        return sequence

    async def tell(self) -> None:
        if self.hear is not None:
            await self.hear(Msg(None))  # type: ignore[arg-type]

    async def about(self) -> About:
        self._require_there()
        return About(self.created, min(self.messages, default=0), max(self.messages, default=0))

    async def contents(self) -> tuple[About, set[str]]:
        return await self.about(), {each.subject for each in self.messages.values()}

    async def last(self, subject: str) -> Stored | None:
        self._require_there()
        return max((each for each in self.messages.values() if each.subject == subject), default=None)

    async def at(self, sequence: int) -> Stored | None:
        self._require_there()
        return self.messages.get(sequence)

    async def following(self, sequence: int, subjects: str) -> Stored | None:
        self._require_there()
        self.asked_now += 1
        self.asked_at_once_max = max(self.asked_at_once_max, self.asked_now)
        await asyncio.sleep(0)
        self.asked_now -= 1
        if sequence in self.not_yet:
            self.not_yet.discard(sequence)
            return None
        wanted = (at for at, each in self.messages.items() if at >= sequence and subjects in ("alerts.>", each.subject))
        place = min(wanted, default=None)
        return None if place is None else self.messages[place]

    async def publish(self, act: AlertAct) -> int:
        self._require_there()
        for known in self.messages.values():
            if act.id.encode() in known.body:
                return known.sequence
        self.published.append(act)
        return await self.add(act)

    def _require_there(self) -> None:
        self.asked_count += 1
        if self.is_away:
            raise NatsError("away")
