"""What a stream discarded unread: looks in, figures out."""

from __future__ import annotations

import pytest

from services.ingest.stream_loss import StreamSeen, Watched, next_look
from shared.holding import unread_bytes, unread_share


def seen(first: int, last: int, acked: int, created: str = "2026-11-21T12:00:00.5Z", delivered: int = 1) -> StreamSeen:
    return StreamSeen(created, first, last, acked, delivered)


@pytest.mark.parametrize(
    ("looks", "lost"),
    [
        pytest.param([(1, 100, 100), (1, 200, 200)], [0, 0], id="nothing goes"),
        pytest.param([(50, 100, 100), (90, 200, 195), (190, 300, 300)], [0, 0, 0], id="what is acked goes"),
        pytest.param([(1, 100, 50), (101, 200, 100)], [0, 50], id="all behind the ack goes; the broker moves the ack"),
        pytest.param([(1, 100, 50), (101, 200, 100), (151, 250, 150)], [0, 50, 50], id="and goes on"),
        pytest.param([(1, 100, 50), (81, 180, 180)], [0, 30], id="acked or gone: the figure is the upper bound"),
        pytest.param([(1, 100, 50), (1, 100, 50), (1, 90, 40)], [0, 0, 0], id="looks twice, and one that comes late"),
        pytest.param([(1, 100, 50), (61, 160, 60), (31, 130, 50)], [0, 10, 0], id="what is counted is not again"),
        pytest.param([(1, 100, 40), (101, 100, 100)], [0, 60], id="everything grew too old: the stream is empty"),
        pytest.param([(0, 0, 0), (1, 10, 0)], [0, 0], id="an empty stream"),
        pytest.param([(1, 100, 100), (1, 40, 40), (61, 160, 60)], [0, 0, 20], id="its end went in a power failure"),
        pytest.param([(1, 100, 100), (1, 40, 100), (61, 160, 60)], [0, 0, 20], id="and the durable remembers more"),
    ],
)
def test_what_went_above_the_acknowledged(looks: list[tuple[int, int, int]], lost: list[int]) -> None:
    known: Watched | None = None
    found = []
    for look in looks:
        known, count = next_look(known, seen(*look))
        found.append(count)
    assert found == lost


def test_before_the_first_record_what_was_acknowledged_is_taken_as_known() -> None:
    assert next_look(None, seen(500, 900, 700))[1] == 0


def test_a_durable_that_never_delivered_has_acknowledged_nothing() -> None:
    assert next_look(None, seen(500, 900, 499, delivered=0))[1] == 499


def test_a_stream_made_anew_lost_what_the_old_one_held_unread() -> None:
    known = Watched("2026-11-21T12:00:00.5Z", 700, 900)
    anew, lost = next_look(known, seen(11, 40, 10, created="2026-11-21T12:00:00.51Z"))
    assert lost == 200 + 10
    assert anew == Watched("2026-11-21T12:00:00.51Z", 10, 40)


def test_a_late_look_at_the_stream_before_changes_nothing() -> None:
    known = Watched("2026-11-21T12:00:01Z", 10, 40)
    assert next_look(known, seen(800, 900, 700, created="2026-11-21T12:00:00.999999999Z")) == (known, 0)


@pytest.mark.parametrize(
    ("unread", "oldest_s", "share"),
    [
        pytest.param(0, 0.0, 0.0, id="nothing waits"),
        pytest.param(50, 0.0, 0.25, id="half of the messages, which fill half of the room"),
        pytest.param(100, 0.0, 0.5, id="all"),
        pytest.param(10, 720.0, 0.72, id="few, but old"),
        pytest.param(10, 7_200.0, 1.0, id="never more than all"),
        pytest.param(200, 0.0, 0.5, id="the durable was asked earlier than the stream"),
    ],
)
def test_the_share_of_its_limits_that_is_unread(unread: int, oldest_s: float, share: float) -> None:
    waiting = unread_bytes(unread, 100, 5_000)
    assert unread_share(waiting, 10_000, oldest_s if unread else 0.0, 1_000.0) == pytest.approx(share)


def test_an_empty_stream_and_one_without_limits_are_not_unread() -> None:
    assert unread_bytes(0, 0, 0) == 0.0
    assert unread_share(5_000, -1, 60, 0) == 0.0
