"""Which parts of history are read, as tables: what may count, and as long as an alert is active."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.api.backtest.plan import Stretch
from services.api.backtest.skipping import AFTERMATHS_MAX, REACHES, WINDOW, Reach, may_skip, rollup_of, wanted, windows
from shared.families import FAMILIES
from shared.resolution import Level
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import START

MINUTE = timedelta(minutes=1)
NONE_BEFORE = Reach(timedelta(0), 5 * MINUTE)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def read(reached: str, active_until: float = 0, reach: Reach = NONE_BEFORE, level: Level = "raw") -> str:
    """Return what is read of an hour, in minutes: where levels may be reached, and an alert is active until then."""
    seen = [at(0)]

    def is_active() -> bool:
        return seen[-1] < at(active_until)

    found = []
    for part in wanted(Stretch(level, at(0), at(60)), [at(float(word)) for word in reached.split()], is_active, reach):
        found.append(f"{(part.start - START) / MINUTE:g}-{(part.end - START) / MINUTE:g}")
        seen.append(part.end)
    return " ".join(found)


@pytest.mark.parametrize(
    ("reached", "active_until", "reach", "expected"),
    [
        pytest.param("", 0, NONE_BEFORE, "", id="nothing"),
        pytest.param("7", 0, NONE_BEFORE, "7-8", id="one bucket"),
        pytest.param("7 8 9 20", 0, NONE_BEFORE, "7-10 20-21", id="those that meet are read together"),
        pytest.param("7", 0, Reach(3 * MINUTE, MINUTE), "4-8", id="with some time before it"),
        pytest.param("1", 0, Reach(3 * MINUTE, MINUTE), "0-2", id="but not before the beginning"),
        pytest.param("7 11 30", 0, Reach(3 * MINUTE, MINUTE), "4-12 27-31", id="whose time before meets"),
        pytest.param("59 60", 0, NONE_BEFORE, "59-60", id="not beyond the end"),
        pytest.param("", 7, NONE_BEFORE, "0-5 5-15", id="active as it begins"),
        pytest.param("7 9 30", 18, NONE_BEFORE, "0-5 5-15 15-35", id="what was read is not read again"),
        pytest.param("7 9 20 40", 18, NONE_BEFORE, "0-5 5-15 15-35 40-41", id="twice as much each time"),
        pytest.param("58", 90, NONE_BEFORE, "0-5 5-15 15-35 35-60",
                     id="active to the end"),
    ],
)  # fmt: skip
def test_parts(reached: str, active_until: float, reach: Reach, expected: str) -> None:
    assert read(reached, active_until, reach) == expected


def test_what_is_read_at_once_while_an_alert_is_active_is_bounded() -> None:
    stretch = Stretch("raw", at(0), at(100_000))
    parts = list(wanted(stretch, [], lambda: True, Reach(timedelta(0), MINUTE)))
    widths = [(part.end - part.start) / MINUTE for part in parts]
    assert widths[:8] == [1, 2, 4, 8, 16, 32, AFTERMATHS_MAX, AFTERMATHS_MAX]
    assert max(widths) == AFTERMATHS_MAX
    assert (parts[-1].end, len(parts) < 100_000 / AFTERMATHS_MAX + 10) == (stretch.end, True)


def test_buckets_of_each_level_have_its_width() -> None:
    assert read("5", level="5m") == "5-10"
    assert read("0", level="1h") == "0-60"
    levels: tuple[Level, ...] = ("raw", "1m", "5m", "1h")
    assert [rollup_of(level) for level in levels] == ["1m", "1m", "5m", "1h"]
    assert set(REACHES) == set(levels)


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("threshold", {}, True),
        ("threshold", {"family": "disk", "column": "used_percent", "aggregate": "avg"}, True),
        ("threshold", {"family": "disk", "column": "used_percent", "aggregate": "sum"}, False),
        ("threshold", {"family": "process", "column": "cpu_percent"}, False),
        ("rate", {}, False),
    ],
)
def test_only_where_extremes_of_buckets_tell_enough(kind: str, changes: dict[str, Any], expected: bool) -> None:
    judge = rule(kind, **changes)
    assert may_skip(judge, FAMILIES[judge.family or ""]) is expected


def test_long_stretches_are_looked_through_in_parts() -> None:
    parts = list(windows(Stretch("raw", at(0), at(0) + 2.5 * WINDOW)))
    assert [(part.end - part.start) / WINDOW for part in parts] == [1, 1, 0.5]
    assert parts[0].end == parts[1].start
    unused: Callable[[], bool] = bool
    assert list(wanted(Stretch("raw", at(0), at(0)), [], unused, NONE_BEFORE)) == []
