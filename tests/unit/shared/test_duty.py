"""Who is on duty, by what the broker answers about the bucket of leases."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.duty import Duty, duty_of, duty_questions

NOW = datetime(2026, 11, 27, 9, 0, 10, tzinfo=UTC)
NOTHING: dict[str, Any] = {"error": {"code": 404, "err_code": 10037, "description": "no message found"}}


def said(body: str, second: int = 8) -> dict[str, Any]:
    message = {"seq": 4, "time": f"2026-11-27T09:00:{second:02}.023456789Z"}
    return {"message": message | ({"data": base64.b64encode(body.encode()).decode()} if body else {})}


@pytest.mark.parametrize(
    ("lease", "standby", "state", "heard_seconds"),
    [
        pytest.param(NOTHING, NOTHING, "nobody", None, id="none was ever started, or it was killed"),
        pytest.param(NOTHING, said("b"), "nobody", None, id="killed, and another has not taken over yet"),
        pytest.param(said(""), said("b"), "nobody", None, id="given up"),
        pytest.param(said("a"), said("b"), "ok", 2.0, id="two"),
        pytest.param(said("a"), NOTHING, "standby_missing", 2.0, id="one"),
        pytest.param(said("b"), said("b"), "standby_missing", 2.0, id="the other took over"),
        pytest.param(said("a", 12), NOTHING, "standby_missing", 0.0, id="the broker's clock is ahead"),
    ],
)
def test_one_is_at_work_and_another_stands_by(
    lease: dict[str, Any], standby: dict[str, Any], state: Any, heard_seconds: float | None
) -> None:
    assert duty_of(lease, standby, NOW) == Duty(state, heard_seconds)


@pytest.mark.parametrize("answer", [{}, {"message": None}, {"message": {"time": "x"}}, {"error": {"err_code": 10059}}])
def test_what_is_no_answer_tells_nothing(answer: dict[str, Any]) -> None:
    for lease, standby in ((answer, NOTHING), (said("a"), answer)):
        with pytest.raises(ValueError, match=r"."):
            duty_of(lease, standby, NOW)


def test_a_lease_and_who_waits_for_it_are_asked_for() -> None:
    asked = [json.loads(question) for question in duty_questions("evaluator")]
    assert asked == [{"last_by_subj": f"$KV.leases.{key}"} for key in ("evaluator", "evaluator.standby")]
