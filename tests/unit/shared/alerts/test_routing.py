"""Routes and policy are taken as they were meant, or refused with a sentence for each problem."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts.policy import Escalation, Policy
from shared.alerts.route import ROUTES_MAX, Route, check_route
from shared.alerts.routing import (
    ROUTING_BYTES_MAX,
    NewerRoutingError,
    RoutingError,
    decode_routing,
    encode_routing,
    routing_from,
    to_mapping,
)

OPS = {"channels": ["ops"]}
NAN, INFINITE = float("nan"), float("inf")
FULL: dict[str, Any] = {
    "routes": [
        OPS,
        {
            "channels": ["pager", "mail"], "levels": ["critical"], "rules": ["disk*"], "hosts": ["web-?"],
            "tags": {"rack": ["7", "8"]}, "weekdays": ["sat", "sun"], "hours": [22, 6], "zone": "Asia/Seoul",
        },
    ],
    "window_seconds": 600,
    "resend_every_seconds": 3_600,
    "escalations": [
        {"after_seconds": 900, "channels": ["boss"], "levels": ["critical"]},
        {"after_seconds": 1_800, "channels": ["all"]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("content", [{}, {"routes": [OPS]}, FULL], ids=["nothing", "one route", "everything"])
def test_what_is_good_comes_back_whole(content: dict[str, Any]) -> None:
    routing = routing_from(content)
    assert decode_routing(encode_routing(routing)) == routing
    assert routing_from(to_mapping(routing)) == routing
    assert json.loads(json.dumps(to_mapping(routing))) == {"v": 1, **content}


@pytest.mark.parametrize(
    "after_seconds", [(0.5, 604_800), (60, 60), (60,) * 10], ids=["from half a second to a week", "two at once", "ten"]
)
def test_steps_of_escalation_may_be(after_seconds: tuple[float, ...]) -> None:
    steps = routing_from(escalations(*after_seconds)).policy.escalations
    assert tuple(step.after_seconds for step in steps) == after_seconds


def test_a_window_may_be_none() -> None:
    assert routing_from({"window_seconds": 0}).policy.window == timedelta(0)


def test_what_is_left_out_is_at_its_default() -> None:
    assert routing_from({}).policy == Policy()
    assert routing_from({"routes": [OPS]}).routes == (Route(channels=("ops",)),)


def test_the_policy_has_times() -> None:
    assert routing_from(FULL).policy == Policy(
        window=timedelta(minutes=10),
        resend_every=timedelta(hours=1),
        escalations=(
            Escalation(after_seconds=900, channels=("boss",), levels=("critical",)),
            Escalation(after_seconds=1_800, channels=("all",)),
        ),
    )


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ({"channels": ()}, "channels: expected at least one name"),
        ({"levels": ()}, "levels: expected at least one, got none"),
        ({"weekdays": ()}, "weekdays: expected at least one, got none"),
        ({"hours": (24, 0)}, "hours: expected a beginning of 0 to 23, got 24; midnight is 0"),
        ({"hours": (24, 6)}, "hours: expected a beginning of 0 to 23, got 24; midnight is 0"),
        ({"hours": (8, 8)}, "hours: expected two different hours, got 8 twice"),
        ({"zone": "Asia/Soul"}, "zone: expected a name such as Asia/Seoul or UTC, got 'Asia/Soul'"),
    ],
)
def test_what_is_wrong_with_a_route_is_told(route: dict[str, Any], problem: str) -> None:
    (found,) = check_route(Route(**{"channels": ("ops",), **route}))
    assert problem in found
    assert check_route(Route(channels=("ops",))) == []


def escalations(*after_seconds: float) -> dict[str, Any]:
    return {"escalations": [{"after_seconds": each, "channels": ["boss"]} for each in after_seconds]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param([], "Expected `object`", id="no mapping"),
        pytest.param({"v": 0}, "v: expected 1, got 0", id="no version of ours"),
        pytest.param({"route": []}, "unknown field `route`", id="unknown field"),
        pytest.param({"routes": [{"channels": []}]}, "routes, number 1: channels: expected at least", id="no channel"),
        pytest.param({"routes": [OPS, {**OPS, "hours": [8, 8]}]}, "routes, number 2: hours: expected", id="no hours"),
        pytest.param({"routes": [{**OPS, "hours": [8, 25]}]}, "routes[0].hours", id="hour 25"),
        pytest.param({"routes": [{**OPS, "levels": []}]}, "routes, number 1: levels: expected at", id="no level"),
        pytest.param({"routes": [{**OPS, "levels": ["fatal"]}]}, "Invalid enum value 'fatal'", id="unknown level"),
        pytest.param({"routes": [{**OPS, "weekdays": []}]}, "routes, number 1: weekdays: expec", id="no weekday"),
        pytest.param({"routes": [{**OPS, "hosts": []}]}, "routes[0].hosts", id="no host"),
        pytest.param({"routes": [{**OPS, "host": ["a"]}]}, "unknown field `host`", id="unknown field of a route"),
        pytest.param({"routes": [{"channels": ["x" * 65]}]}, "length <= 64", id="long name"),
        pytest.param({"routes": [OPS] * (ROUTES_MAX + 1)}, "length <= 100", id="too many routes"),
        pytest.param({"window_seconds": -1}, "window_seconds: Expected `float` >= 0", id="window below 0"),
        pytest.param({"window_seconds": 86_401}, "window_seconds: Expected `float` <= 86400", id="window of days"),
        pytest.param({"resend_every_seconds": 59}, "expected 0 for no reminder, or 60 and more, got 59", id="hasty"),
        pytest.param({"resend_every_seconds": -1}, "resend_every_seconds: Expected `float` >= 0", id="reminder before"),
        pytest.param({"resend_every_seconds": 8 * 86_400}, "Expected `float` <= 604800", id="reminder after a week"),
        pytest.param(escalations(0), "escalations[0].after_seconds", id="at once"),
        pytest.param(escalations(60, -5), "escalations[1].after_seconds", id="before"),
        pytest.param(escalations(604_801), "escalations[0].after_seconds", id="after a week"),
        pytest.param(escalations(INFINITE), "escalations[0].after_seconds", id="never"),
        pytest.param(escalations(NAN), "escalations[0].after_seconds", id="no number"),
        pytest.param(escalations(9, 8), "escalations, number 2: after_seconds: expected at least the 9", id="order"),
        pytest.param(escalations(60, 120, 90), "number 3: after_seconds: expected at least the 120", id="order, later"),
        pytest.param(escalations(*range(1, 12)), "length <= 10", id="too many steps"),
        pytest.param({"escalations": [{"after_seconds": 1, "channels": []}]},
                     "escalations, number 1: channels: expected at least one", id="escalation to nobody"),
        pytest.param({"escalations": [{"after_seconds": 1, "channels": ["a"] * 51}]},
                     "length <= 50", id="escalation to too many"),
        pytest.param({"escalations": [{"after_seconds": 1, "channels": ["a"], "levels": []}]},
                     "escalations, number 1: levels: expected at least one", id="escalation at no level"),
    ],
)  # fmt: skip
def test_refuses(content: Any, problem: str) -> None:
    with pytest.raises(RoutingError) as refused:
        routing_from(content)
    assert problem in str(refused.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(RoutingError) as refused:
        routing_from(
            {
                "v": 0, "routes": [{"channels": [], "zone": "x"}], "resend_every_seconds": 1,
                "escalations": [{"after_seconds": 1, "channels": [], "levels": []}],
            }
        )  # fmt: skip
    assert [problem.split(": ")[0] for problem in refused.value.problems] == [
        "v", "routes, number 1", "routes, number 1", "resend_every_seconds",
        "escalations, number 1", "escalations, number 1",
    ]  # fmt: skip


def test_what_a_later_release_wrote_is_told_apart() -> None:
    with pytest.raises(NewerRoutingError):
        decode_routing(msgpack.packb({"v": 2, "mood": "good"}))
    with pytest.raises(NewerRoutingError):
        routing_from({"v": 2, "mood": "good"})


def test_a_value_beyond_its_limit_is_neither_written_nor_read() -> None:
    large = {"channels": ["ops"], "hosts": ["x" * 200] * 100, "rules": ["y" * 200] * 100}
    with pytest.raises(RoutingError, match="at most 524288 bytes"):
        encode_routing(routing_from({"routes": [large] * 20}))
    with pytest.raises(RoutingError, match="at most 524288 bytes"):
        decode_routing(b"\0" * (ROUTING_BYTES_MAX + 1))


@settings(max_examples=200)
@given(st.binary(max_size=200))
@example(b"\xa1\x80")
@example(b"\x91" * 5_000)
def test_random_bytes_are_read_or_refused_with_the_one_error(body: bytes) -> None:
    try:
        decode_routing(body)
    except RoutingError:
        return
