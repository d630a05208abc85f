"""Whoever acknowledges an incident of which nobody was told yet is not reminded of it later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.alerts.policy import Policy
from tests.unit.alerting.timeline import Timeline, around

RESEND = Policy(resend_every=timedelta(minutes=10))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0 mute a; 1 cpu a C; 5 ack cpu a; 9 unmute a", "9 ops: cpu C a", id="within a silence"),
        pytest.param(
            "0 cpu a C; 5 cpu a R; 9 cpu a C; 20 ack cpu a",
            "0.2 ops: cpu C a; 5.2 ops: cpu R a; 301 ops: cpu C a",
            id="while it is held",
        ),
    ],
)
def test_no_reminder_follows(words: str, expected: str) -> None:
    line = Timeline(around(policy=RESEND))
    assert line.run(words, until=1_190) == expected
