"""What is wrong with how often people are to be told, each with a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.alerting.suppress import Escalation, Policy, check_policy

STEP = Escalation(after_seconds=600, channels=("second",))
NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("policy", "problems"),
    [
        pytest.param(Policy(), [], id="the defaults"),
        pytest.param(Policy(resend_every=timedelta(minutes=10), escalations=(STEP,)), [], id="reminders and steps"),
        pytest.param(Policy(window=timedelta(0)), [], id="no window"),
        pytest.param(Policy(window=timedelta(seconds=-1)), ["window: expected 0 to 1 day"], id="a negative window"),
        pytest.param(Policy(window=timedelta(days=2)), ["window: expected 0 to 1 day"], id="a long window"),
        pytest.param(Policy(resend_every=timedelta(seconds=1)), ["resend_every: expected 0 for none, or 0:01:00 to 7"],
                     id="a reminder each second"),
        pytest.param(Policy(resend_every=timedelta(days=8)), ["resend_every: "], id="a reminder that nobody awaits"),
        pytest.param(Policy(resend_every=timedelta(days=-1)), ["resend_every: "], id="a reminder before"),
    ],
)  # fmt: skip
def test_a_policy_is_checked(policy: Policy, problems: list[str]) -> None:
    found = check_policy(policy)
    assert len(found) == len(problems)
    assert all(problem in text for text, problem in zip(found, problems, strict=True))


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        pytest.param([(0.5, "a"), (604_800, "a b")], [], id="from half a second to a week"),
        pytest.param([(60, "a"), (60, "b")], [], id="two at once"),
        pytest.param([(0, "a")], ["number 1: after_seconds: expected more than 0"], id="at once"),
        pytest.param([(-5, "a")], ["number 1: after_seconds: "], id="before"),
        pytest.param([(604_801, "a")], ["number 1: after_seconds: "], id="after a week"),
        pytest.param([(INFINITE, "a")], ["number 1: after_seconds: "], id="never"),
        pytest.param([(NAN, "a")], ["number 1: after_seconds: "], id="no number"),
        pytest.param([(60, "")], ["number 1: channels: expected 1 to 50 names, got 0"], id="nobody"),
        pytest.param([(60, "a " * 51)], ["number 1: channels: expected 1 to 50 names, got 51"], id="too many"),
        pytest.param([(60, "a"), (120, "b"), (90, "c")],
                     ["number 3: after_seconds: expected at least the 120 of the one before, got 90"], id="order"),
        pytest.param([(60, "a")] * 10, [], id="ten"),
        pytest.param([(60, "a")] * 11, ["escalations: expected at most 10, got 11"], id="eleven"),
        pytest.param([(0, ""), (60, "")], ["number 1: after_seconds", "number 1: channels", "number 2: channels"],
                     id="every problem at once"),
    ],
)  # fmt: skip
def test_steps_of_escalation_are_checked(steps: list[tuple[float, str]], problems: list[str]) -> None:
    escalations = tuple(Escalation(after_seconds=after, channels=tuple(names.split())) for after, names in steps)
    found = check_policy(Policy(escalations=escalations))
    assert len(found) == len(problems)
    assert all(problem in text for text, problem in zip(found, problems, strict=True))


def test_a_step_for_no_level_is_refused() -> None:
    (problem,) = check_policy(Policy(escalations=(Escalation(after_seconds=60, channels=("a",), levels=()),)))
    assert problem.startswith("escalations, number 1: levels: expected at least one")
