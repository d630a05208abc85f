"""The encoder keeps every limit: it rounds, refuses single rows, and splits a tick that one body cannot hold."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.families import FAMILIES
from shared.wire.decode import decode
from shared.wire.encode import Numbering, Previous, Rows, UnsendableError, cells, encode, round_real
from shared.wire.limits import BODY_BYTES_MAX, ROWS_MAX
from tests.unit.shared.messages import HOST, SUBJECT, TIME, typical_row

DISK, CPU, PROCESS, SWAP = (FAMILIES[name] for name in ("disk", "cpu", "process", "swap"))


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.0, 0.0),
        (1.0, 1.0),
        (0.1 + 0.2, 0.3),
        (12.3456789, 12.3457),
        (-12.3456789, -12.3457),
        (1234567.0, 1234570.0),
        (1e-9 / 3, 3.33333e-10),
        (99.99999, 100.0),
        (math.inf, math.inf),
    ],
)
def test_reals_are_rounded_to_six_significant_digits(value: float, rounded: float) -> None:
    assert round_real(value) == rounded


def test_nan_is_not_rounded_away() -> None:
    assert math.isnan(round_real(math.nan))


@given(st.floats(-3.4e38, 3.4e38))
def test_rounding_twice_is_rounding_once(value: float) -> None:
    assert round_real(round_real(value)) == round_real(value)


def test_cells_are_in_column_order_with_none_where_a_gauge_is_absent() -> None:
    row = DISK.row(
        mount="/", device="/dev/vda1", total_bytes=3, used_bytes=1, available_bytes=2, used_percent=100 / 3,
    )  # fmt: skip
    assert cells(DISK, row) == ["/", "/dev/vda1", 3, 1, 2, 33.3333, None, None, None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"used_percent": math.nan}, "disk.used_percent: expected a finite number", id="NaN"),
        pytest.param({"used_percent": math.inf}, "disk.used_percent: expected a finite number", id="infinity"),
        pytest.param({"used_percent": 3.5e38}, "disk.used_percent: expected a finite number", id="beyond real"),
        pytest.param({"used_percent": None}, "disk.used_percent: expected a value, got none", id="none"),
        pytest.param({"used_bytes": 2**63}, r"disk.used_bytes: expected at most 2\^63 - 1 either way", id="2^63"),
        pytest.param({"used_bytes": -(2**63)}, "either way, got -9223372036854775808", id="-2^63, which is absence"),
        pytest.param({"mount": "a\0b"}, "disk.mount: expected at most 512 bytes", id="NUL"),
        pytest.param({"mount": "a" * 513}, "disk.mount: expected at most 512 bytes", id="513 bytes"),
        pytest.param({"mount": "é" * 257}, "disk.mount: expected at most 512 bytes", id="514 bytes in 257 characters"),
        pytest.param({"mount": "\udcff"}, "disk.mount: the text is not valid UTF-8", id="surrogate"),
        pytest.param({"inodes_used_percent": math.nan}, "expected a finite number", id="NaN in an optional gauge"),
    ],
)
def test_cells_refuses_what_the_decoder_would(changes: dict[str, Any], message: str) -> None:
    good = {
        "mount": "/", "device": "/dev/vda1", "total_bytes": 3, "used_bytes": 1, "available_bytes": 2,
        "used_percent": 1.0,
    }  # fmt: skip
    with pytest.raises(UnsendableError, match=message):
        cells(DISK, DISK.row(**{**good, **changes}))


def rows_of(family_name: str, count: int, text: str = "x") -> Rows:
    family = FAMILIES[family_name]
    made = []
    for number in range(count):
        row = cells(family, typical_row(family, number))
        made.append([f"{number} {text}" if isinstance(cell, str) else cell for cell in row])
    return Rows(family, float(family.interval_seconds), made)


def split(readings: list[Rows]) -> list[dict[str, int]]:
    """Return for each body the rows of each family; checks what holds for every encoding on the way."""
    numbering = Numbering("s" * 64, last=41)
    host, subject = "h" * 253, f"metrics.{'h' * 253}.{'s' * 64}"
    bodies = encode(host, "s" * 64, TIME, readings, numbering, Previous("p" * 64, 2**62))
    sets = [decode(encoded.body, subject) for encoded in bodies]
    assert all(len(encoded.body) <= BODY_BYTES_MAX for encoded in bodies)
    assert [one.seq for one in sets] == list(range(42, 42 + len(bodies))) == [encoded.seq for encoded in bodies]
    assert {one.time for one in sets} <= {TIME}
    for reading in readings:
        parts = [one.families[reading.family.name].rows for one in sets if reading.family.name in one.families]
        assert [list(row) for part in parts for row in part] == reading.rows
    return [{name: len(table.rows) for name, table in one.families.items()} for one in sets]


def test_a_usual_tick_is_one_body() -> None:
    assert split([rows_of("cpu", 1), rows_of("swap", 1), rows_of("disk", 4)]) == [{"cpu": 1, "swap": 1, "disk": 4}]


def test_nothing_read_is_no_body_and_takes_no_number() -> None:
    numbering = Numbering("s")
    assert encode(HOST, "system", TIME, [], numbering) == []
    assert numbering.last == 0


def test_a_family_without_rows_is_sent_as_such() -> None:
    assert split([rows_of("disk", 0)]) == [{"disk": 0}]


def test_families_stay_whole_where_they_fit() -> None:
    large = "x" * 400
    counts = split([rows_of("disk", 600, large), rows_of("network", 1_000, large), rows_of("cpu", 1)])
    assert counts == [{"disk": 600}, {"network": 1_000, "cpu": 1}]


def test_a_family_too_large_for_one_body_is_split_by_rows() -> None:
    counts = split([rows_of("cpu", 1), rows_of("disk", 2_000, "x" * 400), rows_of("swap", 1)])
    assert [set(count) for count in counts] == [{"cpu", "disk"}, {"disk"}, {"disk"}, {"disk", "swap"}]
    assert sum(count.get("disk", 0) for count in counts) == 2_000


def test_no_body_has_more_rows_of_a_family_than_the_limit() -> None:
    reading = Rows(SWAP, 1.0, [[0, 0, 0, 0.0, 0.0, 0.0]] * (ROWS_MAX + 1))
    assert split([reading]) == [{"swap": 5_000}, {"swap": 5_001}]
    assert split([Rows(SWAP, 1.0, reading.rows[:-1])]) == [{"swap": ROWS_MAX}]


def test_the_session_before_travels_along() -> None:
    (encoded,) = encode(HOST, "system", TIME, [rows_of("cpu", 1)], Numbering("new"), Previous("old", 99))
    previous = decode(encoded.body, SUBJECT).previous
    assert previous is not None
    assert (previous.session, previous.seq_last) == ("old", 99)
    assert encoded.message_id == "new:1"


def test_the_body_stays_out_of_the_repr() -> None:
    (encoded,) = encode(HOST, "system", TIME, [rows_of("cpu", 1)], Numbering("new"))
    assert repr(encoded) == "Encoded(session='new', seq=1)"
