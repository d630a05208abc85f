"""From where the stored sample sets are read again, and what waits until they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.api.live.held import MESSAGE_BYTES, Held
from services.api.live.seen import Pace, Seen, read_since

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE, MADE_ANEW = "2026-02-01T00:00:00Z", "2026-03-01T11:59:59Z"
PACE = Pace(back_s=65, margin_s=10)


@pytest.mark.parametrize(
    ("seen", "back_s"),
    [
        pytest.param(None, 65, id="nothing seen yet"),
        pytest.param(Seen(MADE, NOON), 10, id="no outage at all"),
        pytest.param(Seen(MADE, NOON - timedelta(seconds=7)), 17, id="a short outage"),
        pytest.param(Seen(MADE, NOON - timedelta(seconds=54)), 64, id="an outage of nearly a minute"),
        pytest.param(Seen(MADE, NOON - timedelta(hours=1)), 65, id="a long outage"),
        pytest.param(Seen(MADE_ANEW, NOON - timedelta(seconds=7)), 65, id="another stream"),
        pytest.param(Seen(MADE, NOON + timedelta(seconds=1)), 65, id="the broker's clock was set back"),
    ],
)
def test_what_was_seen_is_read_again_for_the_margin_alone(seen: Seen | None, back_s: float) -> None:
    assert read_since(seen, Seen(MADE, NOON), PACE) == NOON - timedelta(seconds=back_s)


def test_messages_that_wait_are_bounded_by_bytes() -> None:
    held = Held(3 * (MESSAGE_BYTES + 10))
    for number in range(5):
        held.hold("metrics.a", bytes([number]))
    assert held.take() == [("metrics.a", bytes([number])) for number in range(3)]
    assert held.take() == []
    held.hold("metrics.b", b"x")
    assert held.take() == [("metrics.b", b"x")]
