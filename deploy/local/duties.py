"""Whether alerts are decided and people told: what `status` says of it, asked of the bus, which needs no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.local.bus_probe import Credential, bus_answers
from deploy.local.bus_users import role_secret
from deploy.local.files import read_secret
from deploy.local.settings import local_address
from deploy.local.state import Layout, known_stack
from shared.duty import LEASES_GET, Duty, duty_of, duty_questions
from shared.subjects import EVALUATOR_KEY, NOTIFIER_KEY

ROLE = "api"
"""The bus user that asks. It may see who holds a lease, and take none."""

_WORK = {EVALUATOR_KEY: "decides which alerts fire", NOTIFIER_KEY: "tells people of alerts"}


def duty_lines(layout: Layout, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """Return a line for each of evaluator and notifier; one line with the reason where that cannot be found out."""
    keys = (EVALUATOR_KEY, NOTIFIER_KEY)
    try:
        record, port = known_stack(layout)
        credential = Credential(ROLE, read_secret(role_secret(layout, ROLE)))
        questions = [(LEASES_GET, question) for key in keys for question in duty_questions(key)]
        answers = bus_answers((local_address(record.bind), port), credential, questions)
        if answers is None:
            return "alerts: the bus does not say whether they are decided and told"
        return "\n".join(lines_of(keys, [json.loads(answer) for answer in answers], now()))
    except OSError as error:
        return f"alerts: {error.filename} cannot be read, so it is not known whether they are decided and told"
    except ValueError as error:
        return f"alerts: it is not known whether they are decided and told: {str(error)[:200]}"


def lines_of(keys: Sequence[str], answers: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """Return what the broker's answers say, two for each key; raise ValueError where it refuses one."""
    pairs = zip(keys, answers[::2], answers[1::2], strict=True)
    width = max(map(len, keys))
    return [f"{key.ljust(width)}  {_text(key, duty_of(lease, standby, now))}" for key, lease, standby in pairs]


def _text(key: str, duty: Duty) -> str:
    if duty.state == "nobody":
        return f"nobody {_WORK[key]}: see its log ('make logs')"
    other = "another stands by" if duty.state == "ok" else "no other stands by"
    return f"one {_WORK[key]}, heard {duty.heard_seconds:.0f} s ago; {other}"
