"""What /health says of who decides which alerts fire, and who tells people of them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.health.checks import HealthBoard
from services.api.health.duties import duty_components, look_at_duties
from services.api.health.schemas import DutyHealth

NOW = datetime(2026, 11, 27, 9, 0, 10, tzinfo=UTC)


def bus(**bodies: str) -> Any:
    """Return a bus whose bucket of leases holds these; a `_` stands for a dot."""

    async def ask(subject: str, question: bytes) -> dict[str, Any]:
        assert subject == "$JS.API.STREAM.MSG.GET.KV_leases"
        key = json.loads(question)["last_by_subj"].removeprefix("$KV.leases.").replace(".", "_")
        if key not in bodies:
            return {"error": {"err_code": 10037}}
        data = base64.b64encode(bodies[key].encode()).decode()
        return {"message": {"data": data, "time": "2026-11-27T09:00:08.423456789Z"}}

    return ask


@pytest.mark.parametrize(
    ("bodies", "evaluator", "notifier", "status"),
    [
        pytest.param({}, "nobody decides which alerts fire: ", "nobody is told of alerts: ", "degraded", id="none"),
        pytest.param(
            {"evaluator": "a", "evaluator_standby": "b", "notifier": "c", "notifier_standby": "d"},
            "decides, heard 2 s ago; another stands by", "tells, heard 2 s ago; another stands by", "ok", id="two each",
        ),
        pytest.param(
            {"evaluator": "a", "notifier": "c"},
            "decides, heard 2 s ago; no other stands by", "tells, heard 2 s ago; no other stands by", "ok",
            id="one each, which whoever started it starts again",
        ),
        pytest.param(
            {"evaluator": "a"}, "decides, heard", "nobody is told of alerts: ", "degraded", id="the notifier is gone"
        ),
    ],
)  # fmt: skip
async def test_who_is_at_work_is_told_in_words(
    bodies: dict[str, str], evaluator: str, notifier: str, status: str
) -> None:
    duties = await look_at_duties(bus(**bodies), NOW)
    parts = duty_components(duties)
    assert [part.name for part in parts] == [duty.name for duty in duties] == ["evaluator", "notifier"]
    assert parts[0].detail.startswith(evaluator)
    assert parts[1].detail.startswith(notifier)
    assert HealthBoard(list(parts)).health(full=False).status == status


async def test_it_is_told_to_programs_as_well() -> None:
    duties = await look_at_duties(bus(evaluator="a", evaluator_standby="b"), NOW)
    assert duties == [DutyHealth("evaluator", "ok", 1.6), DutyHealth("notifier", "nobody", None)]
    assert HealthBoard(alerting=duties).health(full=True).alerting == duties


def test_a_silent_bus_is_not_taken_for_nobody() -> None:
    parts = duty_components([])
    assert [(part.name, part.status) for part in parts] == [("evaluator", "degraded"), ("notifier", "degraded")]
    assert all("does not say" in part.detail for part in parts)
