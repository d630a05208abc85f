"""What is counted of a spool: each sample set once, and losses until somebody heard of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.collector.spool_tally import TOLD_S, Tally


def confirm(tally: Tally, count: int) -> None:
    for _ in range(count):
        tally.confirm()


STEPS: dict[str, Callable[[Tally, int, float], object]] = {
    "confirm": lambda tally, count, wall_s: confirm(tally, count),
    "again": lambda tally, count, wall_s: tally.expect_again(count),
    "lose": lambda tally, count, wall_s: tally.lose(count, wall_s),
    "inherit": lambda tally, count, wall_s: tally.inherit(count, wall_s),
    "miss": lambda tally, count, wall_s: tally.miss(count, wall_s),
    "noted": lambda tally, count, wall_s: setattr(tally, "is_untold_noted", True),
    "file": lambda tally, count, wall_s: tally.begin_file(),
    "heard": lambda tally, count, wall_s: tally.heard(int(wall_s)),
}


def play(timeline: str) -> str:
    """Run words such as `confirm again2 lose3 heard`; return what is published, lost and untold, `*` when not noted."""
    tally, wall_s = Tally(), 1_000.0
    for word in timeline.split():
        verb, count = word.rstrip("0123456789"), int(word[len(word.rstrip("0123456789")) :] or 1)
        if verb == "wait":
            wall_s += count
        else:
            STEPS[verb](tally, count, wall_s)
    return f"{tally.published} {tally.lost} {tally.untold}{'' if tally.is_untold_noted else '*'}"


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        pytest.param("confirm3", "3 0 0", id="confirmed"),
        pytest.param("confirm3 again2 confirm2", "3 0 0", id="sent again to a new bus, and counted before"),
        pytest.param("confirm3 again2 confirm3", "4 0 0", id="then one that was not"),
        pytest.param("lose2", "0 2 2*", id="lost, and the file does not know yet"),
        pytest.param("lose2 noted", "0 2 2", id="noted"),
        pytest.param("confirm1 again1 lose1", "1 0 0", id="what the bus had once is not lost"),
        pytest.param("confirm1 again1 lose3", "1 2 2*", id="nor one of three"),
        pytest.param("inherit2", "0 2 2*", id="an earlier session lost them"),
        pytest.param("miss2", "0 0 2*", id="counted elsewhere"),
        pytest.param("miss0", "0 0 0", id="none"),
        pytest.param(f"lose2 noted wait{TOLD_S} heard", "0 2 2", id="the bus may not know yet"),
        pytest.param(f"lose2 noted wait{TOLD_S + 1} heard", "0 2 0*", id="the bus knows, and the file must"),
        pytest.param(f"lose2 wait{TOLD_S} lose1 noted wait{TOLD_S} heard", "0 3 3", id="since the last of them"),
        pytest.param("lose2 noted file", "0 2 2*", id="another file"),
        pytest.param("lose2 noted wait99 heard file", "0 2 0", id="another file, and nothing to note"),
    ],
)
def test_timeline(timeline: str, expected: str) -> None:
    assert play(timeline) == expected
