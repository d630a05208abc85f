"""What is answered of delivery, from what the database knows; values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.api.delivery.judge import (
    COUNT_MAX,
    ENTRIES_MAX,
    Found,
    SessionSpan,
    Turn,
    clock_offset_seconds,
    delivery_of,
    overlapping,
)
from services.api.delivery.schemas import Gap
from services.api.metrics.times import Range

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = Range(NOW, NOW + timedelta(hours=1))


def found(**changed: Any) -> Found:
    nothing: dict[str, Any] = {
        "known_since": NOW - timedelta(days=7), "step_seconds": 60, "steps": [], "sources": [], "sessions": [],
        "missing_by_step": [], "missing_by_source": [], "missing_by_session": {}, "gaps": [], "exceptions": [],
        "delays_s": [], "newest_received_at": None, "ahead": None, "stream_loss": [], "stream_loss_max": 0, "turns": {},
    }  # fmt: skip
    return Found(**nothing | changed)


def span(source: str, session: str = "a", first: int = 0, last: int = 9) -> SessionSpan:
    return SessionSpan(source, session, NOW + first * MINUTE, NOW + last * MINUTE, 1, 9, 8, 1, True)


def test_totals_are_the_sums_of_the_steps_and_what_is_ahead_joins_the_last() -> None:
    answer = delivery_of(
        "web-1",
        HOUR,
        found(
            steps=[(NOW, 60, 1), (NOW + 59 * MINUTE, 50, 0), (NOW + 62 * MINUTE, 7, 0)],
            missing_by_step=[(NOW + MINUTE, 4, 1), (NOW + 60 * MINUTE, 5, 5)],
            sources=[("system", 117, 1)],
            missing_by_source=[("system", 8, 6), ("gone", 1, 0)],
            exceptions=[("system", "doubled", NOW, 2), ("gone", "too_old", NOW + 61 * MINUTE, 5)],
        ),
        [],
    )
    timeline = answer.timeline
    assert len(timeline.time) == len(timeline.received) == 60
    assert (timeline.received[-1], timeline.missing[1], timeline.too_old[-1]) == (57, 4, 5)
    total = answer.total
    assert (timeline.awaited[1], timeline.missing[-1], timeline.awaited[-1]) == (1, 5, 5)
    assert (total.received, total.missing, total.late, total.doubled, total.too_old) == (117, 9, 1, 2, 5)
    assert total.awaited == 6
    assert [(each.source, each.received, each.missing, each.awaited, each.doubled) for each in answer.sources] == [
        ("gone", 0, 1, 0, 0), ("system", 117, 8, 6, 2),
    ]  # fmt: skip
    assert [each.too_old for each in answer.sources] == [5, 0]
    assert answer.known_since == HOUR.start
    assert not answer.duplicate


def test_sums_of_what_only_a_liar_gives_out_are_as_large_as_an_answer_can_hold() -> None:
    most = int(9e18)
    known = found(
        missing_by_step=[(NOW + step * MINUTE, most, most) for step in range(3)] + [(NOW + 61 * MINUTE, most, 0)] * 3,
        missing_by_source=[("system", most, most)] * 3,
    )
    answer = delivery_of("web-1", HOUR, known, [])
    assert (answer.total.missing, answer.timeline.missing[-1], answer.sources[0].missing) == (COUNT_MAX,) * 3
    assert (answer.total.awaited, answer.sources[0].awaited) == (COUNT_MAX,) * 2
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(answer))["total"]["missing"] == COUNT_MAX
    assert msgspec.json.decode(msgspec.json.encode(answer))["total"]["missing"] == COUNT_MAX


def test_lists_end_and_say_so() -> None:
    gaps = [Gap("system", "a", 1, 2, 2, None, NOW)] * (ENTRIES_MAX + 1)
    sessions = [span("system", f"s{number}") for number in range(ENTRIES_MAX + 1)]
    answer = delivery_of(
        "web-1", HOUR, found(gaps=gaps, sessions=sessions, missing_by_session={("system", "s0"): 3}), []
    )
    assert (len(answer.gaps), answer.gaps_left_out) == (ENTRIES_MAX, True)
    assert (len(answer.sessions), answer.sessions_left_out) == (ENTRIES_MAX, True)
    assert [session.missing for session in answer.sessions[:2]] == [3, 0]


@pytest.mark.parametrize(
    ("turns", "host_ids", "duplicate"),
    [
        pytest.param("", [], False, id="nobody"),
        pytest.param("aab", ["x"], False, id="a restart of one machine"),
        pytest.param("abab", [], True, id="sessions that take turns"),
        pytest.param("", ["x", "y"], True, id="two machines"),
    ],
)
def test_who_is_a_duplicate(turns: str, host_ids: list[str], duplicate: bool) -> None:
    taken = [Turn(session, NOW + place * MINUTE, NOW + place * MINUTE) for place, session in enumerate(turns)]
    answer = delivery_of("web-1", HOUR, found(turns={"system": taken}), host_ids)
    assert (answer.duplicate, answer.host_ids) == (duplicate, host_ids)


@pytest.mark.parametrize(
    ("delays_s", "ahead", "offset_seconds"),
    [
        pytest.param([], None, None, id="nothing came"),
        pytest.param([0.1, 0.2, 0.3, 0.4], None, None, id="too few"),
        pytest.param([0.4, 0.2, 0.3, 0.4, 0.3], None, -0.2, id="a right clock: what delivery took"),
        pytest.param([-120.0, -119.6, -119.8, -119.9, -119.7], None, 120.0, id="two minutes ahead"),
        pytest.param([90.2] * 5, None, -90.2, id="behind"),
        pytest.param([600.0, 500.0, 400.0, 300.0, 200.0, 100.0], None, None, id="a spool that drains"),
        pytest.param([0.2] * 50 + [4_000.0] * 5, None, -0.2, id="live, and some of a spool"),
        pytest.param([], (NOW, 3_600.0), 3_600.0, id="all refused"),
        pytest.param([0.2] * 9, (NOW + MINUTE, 3_600.0), 3_600.0, id="refused since"),
        pytest.param([0.2] * 9, (NOW - MINUTE, 3_600.0), -0.2, id="refused before, right since"),
    ],
)
def test_how_far_a_clock_is_off(
    delays_s: list[float], ahead: tuple[datetime, float] | None, offset_seconds: float | None
) -> None:
    newest = NOW if delays_s else None
    known = found(delays_s=delays_s, ahead=ahead, newest_received_at=newest)
    assert clock_offset_seconds(known) == offset_seconds


def test_few_sources_are_looked_at_for_duplicates() -> None:
    sessions = [each for number in range(30) for each in (span(f"s{number:02}"), span(f"s{number:02}", "b", 5, 20))]
    assert len(overlapping(sessions)) == 10


def test_what_is_known_of_nobody_is_empty() -> None:
    assert found().is_empty
    assert not found(exceptions=[("system", "refused", NOW, 1)]).is_empty
