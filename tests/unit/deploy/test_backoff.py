"""How long the supervisor waits: a table of runs and delays."""

import pytest

from deploy.local.backoff import DELAY_S_MAX, Backoff


@pytest.mark.parametrize(
    ("runs_s", "delays_s"),
    [
        pytest.param("0", "0.5", id="the first restart comes at once, nearly"),
        pytest.param("0 0 0 0", "0.5 1 2 4", id="doubles"),
        pytest.param("0 0 0 0 0 0 0 0", "0.5 1 2 4 8 16 30 30", id="is bounded"),
        pytest.param("0 0 60 0", "0.5 1 0.5 1", id="a steady run forgives"),
        pytest.param("0 0 59.9 0", "0.5 1 2 4", id="a run that is a little too short does not"),
    ],
)
def test_delay(runs_s: str, delays_s: str) -> None:
    backoff, delays = Backoff(), []
    for ran_s in runs_s.split():
        backoff = backoff.ended(float(ran_s))
        delays.append(backoff.delay_s)
    assert delays == [float(delay) for delay in delays_s.split()]


def test_no_failure_no_delay() -> None:
    assert Backoff().delay_s == 0


def test_a_million_failures_are_still_bounded() -> None:
    assert Backoff(1_000_000).delay_s == DELAY_S_MAX
