"""Whether alerts are decided and people told, as the bus says: neither needs the database, so this does not either."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from services.api.health.schemas import Component, DutyHealth, DutyName
from shared.duty import LEASES_GET, duty_of, duty_questions
from shared.subjects import EVALUATOR_KEY, NOTIFIER_KEY

Ask = Callable[[str, bytes], Awaitable[dict[str, Any]]]

_WORK = {EVALUATOR_KEY: "decides", NOTIFIER_KEY: "tells"}
_NOBODY = {
    EVALUATOR_KEY: "nobody decides which alerts fire: start an evaluator, or see why it ends in its log",
    NOTIFIER_KEY: "nobody is told of alerts: start a notifier, or see why it ends in its log",
}


async def look_at_duties(ask: Ask, now: datetime) -> list[DutyHealth]:
    """Return who decides and who tells; raises what `ask` raises, and ValueError where the broker refuses."""
    keys: tuple[DutyName, ...] = (EVALUATOR_KEY, NOTIFIER_KEY)
    answers = await asyncio.gather(*(ask(LEASES_GET, question) for key in keys for question in duty_questions(key)))
    duties = [duty_of(lease, standby, now) for lease, standby in zip(answers[::2], answers[1::2], strict=True)]
    return [DutyHealth(key, duty.state, duty.heard_seconds) for key, duty in zip(keys, duties, strict=True)]


def duty_components(duties: list[DutyHealth]) -> tuple[Component, ...]:
    """Return how both do; one that nobody would follow is well, as what started it may start it again."""
    if not duties:
        silent = "the bus does not say whether one is at work"
        return tuple(Component(key, "degraded", silent) for key in _WORK)
    return tuple(_component(each) for each in duties)


def _component(duty: DutyHealth) -> Component:
    if duty.state == "nobody":
        return Component(duty.name, "degraded", _NOBODY[duty.name])
    other = "another stands by" if duty.state == "ok" else "no other stands by"
    return Component(duty.name, "ok", f"{_WORK[duty.name]}, heard {duty.heard_seconds:.0f} s ago; {other}")
