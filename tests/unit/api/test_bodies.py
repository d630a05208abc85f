"""What is wrong with a body as a whole: every problem with its field, and none that repeats what it must not."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.bodies import field_of, fields_of, unacceptable
from services.api.channels.book import channel_of
from services.api.errors import PROBLEMS_MAX, BadParameterError, UnacceptableError, answer_of
from services.api.routing.book import routing_of
from services.api.rules.book import rule_of
from services.api.silences.book import silence_of
from tests.unit.api.fake_bus import NOW
from tests.unit.shared.alerts.rules import content

HUSH = "hush-hush-token"


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        ("warning: expected 0 to 100, got 101; choose a level within", "warning"),
        ("warning, critical: expected at least one level, got none; name one", "warning"),
        ("overrides, number 3: critical: expected more than warning", "overrides[2].critical"),
        ("overrides, number 1: warning, critical: expected at least one level", "overrides[0].warning"),
        ("overrides[0].warning: Expected `float | null`, got `str`", "overrides[0].warning"),
        ("urls, number 2: expected an address such as mailto://…, visible characters", "urls[1]"),
        ("recurrence.zone: expected a name such as Asia/Seoul or UTC, got 'x'; choose one", "recurrence.zone"),
        ("routes, number 1: channels: expected at least one name, got none; name one", "routes[0].channels"),
        ("Object missing required field `reason`", "reason"),
        ("Object contains unknown field `hots`", "hots"),
        ("overrides[1]: Object contains unknown field `x`", "overrides[1]"),
        ("expected at most 65536 bytes, got 65537; shorten its overrides", None),
        ("name: 'bus_silent' is the alert of the bus itself; rename the rule", "name"),
    ],
)
def test_a_problem_has_its_field(problem: str, field: str | None) -> None:
    assert field_of(problem) == field


@pytest.mark.parametrize("body", [None, [], HUSH, 5, True])
def test_a_body_that_is_no_object_is_told_without_what_it_holds(body: object) -> None:
    with pytest.raises(BadParameterError, match="The body: expected a JSON object, got") as refused:
        fields_of(body)
    assert HUSH not in str(refused.value)


def test_an_answer_tells_all_and_together_and_the_first_field() -> None:
    answer, _ = answer_of(unacceptable(["a: wrong", "no field", "b, number 2: c: worse"]), "r")
    assert (answer.status, answer.code, answer.field) == (400, "bad_parameter", "a")
    assert answer.detail == "a: wrong; no field; b, number 2: c: worse"
    assert isinstance(answer.problems, list)
    assert [(each.field, each.detail) for each in answer.problems] == [
        ("a", "a: wrong"), (None, "no field"), ("b[1].c", "b, number 2: c: worse"),
    ]  # fmt: skip


def test_problems_without_end_are_bounded() -> None:
    answer, _ = answer_of(unacceptable(["a: " + "x" * 100] * 1_000), "r")
    assert isinstance(answer.problems, list)
    assert (len(answer.problems), len(answer.detail)) == (PROBLEMS_MAX, 4_000)


def problems_of(work: Any, *arguments: Any) -> list[tuple[str | None, str]]:
    """Return the fields at fault, each with the first words of what is said of it."""
    with pytest.raises(UnacceptableError) as refused:
        work(*arguments)
    assert isinstance(refused.value.problems, list)
    assert refused.value.__cause__ is None
    return [(each.field, each.detail) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"warning": 101, "critical": ..., "clear": -1, "target": 5}, "target warning clear", id="three"),
        pytest.param({"name": "other"}, "name", id="another name than the path's"),
        pytest.param({"name": "other", "family": "cpus"}, "name family", id="that, and a family"),
        pytest.param({"warning": "80"}, "warning", id="text for a number"),
        pytest.param({"warning": None, "critical": None}, "warning", id="no level"),
        pytest.param({"hosts": []}, "hosts", id="no host"),
        pytest.param({"hots": ["a"]}, "hots", id="a field that there is not"),
        pytest.param({"overrides": [{"hosts": ["a"]}, {"hosts": ["b"], "warning": 95}]}, "overrides[1].critical",
                     id="an override beside its rule"),
        pytest.param({"v": 2}, "v", id="a later version"),
        pytest.param({"family": 5, "column": 6}, "family", id="types stop at the first"),
    ],
)  # fmt: skip
def test_every_problem_of_a_rule_is_told(changes: dict[str, Any], fields: str) -> None:
    assert [field for field, _ in problems_of(rule_of, "mine", content(**changes))] == fields.split()


def test_a_number_that_no_float_can_be_is_a_problem_and_no_crash() -> None:
    assert len(problems_of(rule_of, "mine", content(warning=10**400))) == 1


def test_a_rule_may_leave_its_name_to_the_path() -> None:
    assert rule_of("mine", content(name=...)).name == "mine"
    assert [field for field, _ in problems_of(rule_of, "Mine!", content(name=...))] == ["name"]
    assert [field for field, _ in problems_of(rule_of, "bus_silent", content(name=...))] == ["name"]


SILENCE: dict[str, Any] = {"reason": "work", "end": "2026-11-27T10:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"reason": ...}, "reason", id="no reason"),
        pytest.param({"end": ...}, "end", id="no end"),
        pytest.param({"end": "2026-11-27T09:00:00Z", "start": "2026-11-27T08:00:00Z"}, "end", id="over already"),
        pytest.param({"end": "2026-11-27T10:00:00"}, "end", id="no time zone"),
        pytest.param({"who": "somebody else"}, "who", id="in another's name"),
        pytest.param({"id": "other", "who": "x", "end": ...}, "who id end", id="three"),
        pytest.param({"start": None}, "start", id="no start"),
        pytest.param({"end": "9999-12-31T23:59:59-23:00"}, "end", id="beyond the calendar"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "2:00", "minutes": 5}}, "recurrence.start",
                     id="an hour of one digit"),
    ],
)  # fmt: skip
def test_every_problem_of_a_silence_is_told(changes: dict[str, Any], fields: str) -> None:
    body = {key: value for key, value in {**SILENCE, **changes}.items() if value is not ...}
    assert [field for field, _ in problems_of(silence_of, "one", body, "kim", NOW)] == fields.split()


def test_a_silence_begins_now_and_is_the_callers() -> None:
    silence = silence_of("one", SILENCE, "kim", NOW)
    assert (silence.id, silence.start, silence.who, silence.reason) == ("one", NOW, "kim", "work")
    elsewhere = silence_of("one", {**SILENCE, "end": "2026-11-27T19:00:00+09:00"}, "kim", NOW)
    assert elsewhere.end is not None
    assert elsewhere.end.isoformat() == "2026-11-27T10:00:00+00:00"
    assert [field for field, _ in problems_of(silence_of, "a.b", SILENCE, "kim", NOW)] == ["id"]


def test_every_problem_of_routes_is_told() -> None:
    body = {"routes": [{"channels": []}, {"channels": ["ops"], "hours": [6, 6]}], "resend_every_seconds": 5}
    found = [field for field, _ in problems_of(routing_of, body)]
    assert found == ["routes[0].channels", "routes[1].hours", "resend_every_seconds"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param({"urls": [HUSH, f"json://{HUSH} x"]}, "urls[0] urls[1]", id="no addresses"),
        pytest.param({"urls": HUSH}, "urls", id="an address alone"),
        pytest.param({"urls": [{HUSH: HUSH}]}, "urls[0]", id="an object"),
        pytest.param({"urls": []}, "urls", id="none"),
        pytest.param({}, "urls", id="nothing"),
        pytest.param({"urls": [f"json://{HUSH}"], HUSH: 1}, "-", id="an address as a field"),
        pytest.param({"urls": [f"json://{HUSH}"], "name": HUSH}, "name", id="another name"),
    ],
)
def test_no_problem_of_a_channel_holds_an_address(body: dict[str, Any], fields: str) -> None:
    found = problems_of(channel_of, "ops", body)
    assert [field or "-" for field, _ in found] == fields.split()
    assert HUSH not in str(found)
