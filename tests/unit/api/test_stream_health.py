"""What /health says of how much of a stream waits to be stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.health.checks import streams_component, waiting_text
from services.api.health.schemas import StreamUnread
from services.api.health.streams import look_at

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
DAY_NS = 86_400 * 10**9


def unread(percent: float, stream: str = "METRICS") -> StreamUnread:
    return StreamUnread(stream, 1, 1, 100, None, 86_400.0, percent)


@pytest.mark.parametrize(
    ("percents", "status", "named"),
    [
        pytest.param((0.0, 0.0), "ok", "0 % of what METRICS", id="nothing waits"),
        pytest.param((69.9, 3.0), "ok", "70 % of what METRICS", id="just below"),
        pytest.param((70.0, 3.0), "degraded", "70 % of what METRICS", id="from 70 on"),
        pytest.param((3.0, 95.0), "degraded", "95 % of what BACKFILL", id="the fuller one is named"),
    ],
)
def test_a_stream_is_degraded_from_70_percent_unread_on(percents: tuple[float, float], status: str, named: str) -> None:
    found = streams_component([unread(percents[0]), unread(percents[1], "BACKFILL")])
    assert (found.name, found.status) == ("streams", status)
    assert found.detail.startswith(named)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 sample sets wait to be stored"),
        (1, "1 sample set waits to be stored"),
        (2, "2 sample sets wait to be stored"),
    ],
)
def test_what_waits_is_told_in_english(count: int, text: str) -> None:
    assert waiting_text(count) == text


def bus(pending: int, unanswered: int, oldest: str | None, answered_to: int = 60) -> Any:
    """Return a bus whose stream holds 1,000 messages in 50,000 of 100,000 bytes, the first 100 of them gone."""
    asked = max(101, answered_to + 1)

    async def ask(subject: str, question: bytes) -> dict[str, Any]:
        if "CONSUMER" in subject:
            return {"num_pending": pending, "num_ack_pending": unanswered, "ack_floor": {"stream_seq": answered_to}}
        if "MSG.GET" in subject:
            assert question == b'{"seq": %d, "next_by_subj": ">"}' % asked
            if oldest is None:
                raise ValueError("no message found")
            return {"message": {"time": oldest}}
        state = {"messages": 1_000, "bytes": 50_000, "first_seq": 101, "first_ts": "2026-11-20T12:00:00.1234567Z",
                 "last_ts": "2026-11-21T12:00:00.1234567Z"}  # fmt: skip
        return {"state": state, "config": {"max_bytes": 100_000, "max_age": DAY_NS}}

    return ask


@pytest.mark.parametrize(
    ("pending", "unanswered", "oldest", "percent"),
    [
        pytest.param(0, 0, None, 0.0, id="nothing waits: no message is asked for"),
        pytest.param(300, 100, "2026-11-21T11:59:00.1Z", 20.0, id="by bytes"),
        pytest.param(1, 0, "2026-11-20T18:00:00.1Z", 75.0, id="by age"),
        pytest.param(1_000, 0, None, 50.0, id="the oldest went meanwhile"),
    ],
)
async def test_the_share_is_that_of_bytes_or_of_age(
    pending: int, unanswered: int, oldest: str | None, percent: float
) -> None:
    look = await look_at(bus(pending, unanswered, oldest), "METRICS", NOW)
    assert look.unread.unread_percent == percent
    assert look.unread.unread_messages == look.state.ingest_pending == pending + unanswered


@pytest.mark.parametrize("answered_to", [60, 100, 101, 700], ids=["gone", "the last gone", "the first held", "amid it"])
async def test_the_age_is_that_of_the_first_message_without_an_answer(answered_to: int) -> None:
    look = await look_at(bus(1, 0, "2026-11-21T11:59:00.1Z", answered_to), "METRICS", NOW)
    assert look.unread.oldest_unread_seconds == 60.0
