"""Packed columns become series on one axis, as tables."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.answers import JSON, MSGPACK
from services.api.errors import TooMuchError
from services.api.metrics.families import require_gauges
from services.api.metrics.points import CELLS_MAX, Points, encode_points, rounded, to_points, unpacked
from services.api.metrics.schemas import Series
from shared.families.cpu import CPU
from shared.families.memory import MEMORY
from shared.families.network import NETWORK
from shared.family import Family
from shared.resolution import Resolution
from shared.select import ABSENT_INTEGER, Aggregate, Selection
from shared.wire.encode import round_real

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NAN = float("nan")


def selected(family: Family, columns: str, step_seconds: int | None = None, aggregate: Aggregate = "avg") -> Selection:
    return Selection(family, require_gauges(family, columns), NOW, NOW, Resolution("raw", step_seconds), aggregate)


def times(*seconds: int) -> bytes:
    since = datetime(2000, 1, 1, tzinfo=UTC)
    instants = [(NOW + timedelta(seconds=second) - since) // timedelta(microseconds=1) for second in seconds]
    return struct.pack(f">{len(seconds)}q", *instants)


def reals(*values: float) -> bytes:
    return struct.pack(f">{len(values)}d", *values)


def integers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}q", *values)


def test_series_share_one_axis_and_gaps_are_null() -> None:
    rows = [
        ("b", "system", times(0), reals(1.0), integers(2)),
        ("a", "system", times(1, 0), reals(7, 12.345678), integers(8, 4)),
        ("a", "other", times(1, 3), reals(5, 6), integers(1, 1)),
    ]
    points = to_points(selected(CPU, "total_percent,cores_count"), rows)
    assert points.time == [NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=3)]
    assert [(each.host, each.source, each.values) for each in points.series] == [
        ("a", "other", {"total_percent": [None, 5, 6], "cores_count": [None, 1, 1]}),
        ("a", "system", {"total_percent": [12.3457, 7, None], "cores_count": [4, 8, None]}),
        ("b", "system", {"total_percent": [1.0, None, None], "cores_count": [2, None, None]}),
    ]


@pytest.mark.parametrize(
    ("columns", "step_seconds", "aggregate", "packed", "values"),
    [
        pytest.param("used_percent", None, "avg", reals(12.34567, 0.0), [12.3457, 0.0], id="real"),
        pytest.param("total_bytes", None, "avg", integers(2**62, 0), [2**62, 0], id="whole as it is"),
        pytest.param("total_bytes", 60, "avg", reals(1.5, 2.5), [2, 2], id="whole averages are rounded to even"),
        pytest.param("total_bytes", 60, "max", integers(2**62, -1), [2**62, -1], id="greatest whole is exact"),
    ],
)
def test_values_by_kind(
    columns: str, step_seconds: int | None, aggregate: Aggregate, packed: bytes, values: list[float]
) -> None:
    selection = selected(MEMORY, columns, step_seconds, aggregate)
    points = to_points(selection, [("a", "system", times(0, 1), packed)])
    assert points.series[0].values == {columns: values}


def test_absent_numbers_are_null() -> None:
    absent = selected(CPU, "iowait_percent")
    assert to_points(absent, [("a", "s", times(0, 1), reals(NAN, 1))]).series[0].values["iowait_percent"] == [None, 1]
    optional = next(gauge for gauge in MEMORY.gauges if gauge.optional and gauge.sql_type == "bigint")
    for step, packed in ((None, integers(ABSENT_INTEGER, 1)), (60, reals(NAN, 1.2))):
        selection = selected(MEMORY, optional.name, step)
        assert to_points(selection, [("a", "s", times(0, 1), packed)]).series[0].values[optional.name] == [None, 1]


def test_points_in_any_order_are_put_in_theirs() -> None:
    points = to_points(selected(CPU, "total_percent"), [("a", "s", times(2, 0, 1), reals(3, 1, 2))])
    assert points.series[0].values == {"total_percent": [1, 2, 3]}


def test_labels_stand_by_name() -> None:
    rows = [("a", "system", "eth0", times(0), reals(1.5))]
    assert to_points(selected(NETWORK, "receive_bytes_per_second"), rows).series == [
        Series("a", "system", {"interface": "eth0"}, {"receive_bytes_per_second": [1.5]})
    ]


def test_nothing_found_is_an_answer() -> None:
    assert to_points(selected(CPU, "total_percent"), []) == Points([], [])


def test_rows_that_spread_over_too_wide_an_axis_are_refused() -> None:
    count = int(CELLS_MAX**0.5) + 1
    rows = [(f"h{step}", "system", times(step), reals(1.0)) for step in range(count)]
    with pytest.raises(TooMuchError, match="fewer hosts"):
        to_points(selected(CPU, "total_percent"), rows)


def test_more_instants_than_asked_for_are_refused() -> None:
    rows = [("a", "s", times(0, 1), reals(1, 2)), ("b", "s", times(1, 2), reals(3, 4))]
    assert len(to_points(selected(CPU, "total_percent"), rows, points_max=3).time) == 3
    with pytest.raises(TooMuchError):
        to_points(selected(CPU, "total_percent"), rows, points_max=2)


def test_as_many_rows_as_the_limit_are_an_answer_and_one_more_is_none() -> None:
    gauges, selection = 2, selected(CPU, "total_percent,cores_count")
    for count, refused in ((CELLS_MAX // gauges, False), (CELLS_MAX // gauges + 1, True)):
        rows = [("a", "s", bytes(8 * count), bytes(8 * count), bytes(8 * count))]
        try:
            to_points(selection, rows)
        except TooMuchError:
            assert refused
        else:
            assert not refused


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_many_are_rounded_as_each_is(values: list[float]) -> None:
    assert rounded(values) == [round_real(value) for value in values]
    assert unpacked(reals(*values), "d") == values


def test_both_forms_say_the_same() -> None:
    points = Points([NOW], [Series("a", "s", {"pid": 1}, {"x": [1.5, None, 2]})])
    packed, text = (encode_points(points, form, NOW) for form in (MSGPACK, JSON))
    assert msgpack.unpackb(packed.time) == msgspec.json.decode(text.time) == ["2026-11-21T09:00:00Z"]
    assert msgpack.unpackb(packed.series) == msgspec.json.decode(text.series)
    assert len(text) == len(bytes(text.time)) + len(bytes(text.series))
