"""Whatever bytes arrive, only DecodeError comes out; whatever decodes, the database can store."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.families import FAMILIES
from shared.wire.decode import DecodeError, SampleSet, decode
from shared.wire.encode import Numbering, Previous, Rows, cells, encode
from shared.wire.limits import BIGINT_MAX, BIGINT_MIN, REAL_MAX
from tests.unit.shared.messages import HOST, SUBJECT, TIME, message, packed, table, typical_row

MESSAGES_COUNT = 12_000


def whole_body() -> bytes:
    """Return a sample set with every family, as a collector encodes it."""
    readings = []
    for family in FAMILIES.values():
        rows = [cells(family, typical_row(family, number, absent=number == 1)) for number in (0, 1)]
        readings.append(Rows(family, float(family.interval_seconds), rows))
    (encoded,) = encode(HOST, "system", TIME, readings, Numbering("9f2c4e8a1b3d5f70"), Previous("old", 7))
    return encoded.body


BODIES = (whole_body(), packed(message()))

hostile_cells: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.binary(max_size=20),
    st.sampled_from(["\0", "a" * 4_000, "\ud800", math.nan, math.inf, 3.41e38, 5e-324, 2**63, [], {}, [[]]]),
    st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip


def damaged(random: Random) -> bytes:
    """Return a good body with bits flipped, bytes replaced, cut off, put in or taken out."""
    body = bytearray(random.choice(BODIES))
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(body) + 1)
        match random.choice(["flip", "flip", "replace", "insert", "remove", "cut"]):
            case "flip":
                body[at : at + 1] = bytes(byte ^ 1 << random.randrange(8) for byte in body[at : at + 1])
            case "replace":
                body[at : at + 1] = random.randbytes(1)
            case "insert":
                body[at:at] = random.randbytes(random.randint(1, 8))
            case "remove":
                del body[at : at + random.randint(1, 8)]
            case _:
                del body[at:]
    return bytes(body)


@st.composite
def replaced_values(draw: st.DrawFn) -> bytes:
    """A good message in which one value was replaced by something else that msgpack can say."""
    value = draw(hostile_cells)
    where = draw(st.sampled_from(["key", "table", "cell", "column"]))
    if where == "key":
        keys = ["v", "host", "source", "session", "seq", "time", "families", "previous"]
        return packed(message(**{draw(st.sampled_from(keys)): value}))
    plain = table()
    if where == "table":
        plain[draw(st.sampled_from(["interval_seconds", "columns", "rows"]))] = value
    elif where == "cell":
        row = list(plain["rows"][0])
        row[draw(st.integers(0, len(row) - 1))] = value
        plain["rows"] = [row, *draw(st.lists(st.lists(hostile_cells, max_size=8), max_size=2))]
    else:
        plain["columns"] = [*plain["columns"][:-1], value]
    return packed(message(families={"disk": plain}))


def assert_storable(sample_set: SampleSet) -> None:
    assert sample_set.time.utcoffset() == timedelta(0)
    assert datetime.min.replace(tzinfo=UTC) <= sample_set.time <= datetime.max.replace(tzinfo=UTC)
    assert 1 <= sample_set.seq <= BIGINT_MAX
    for text in (sample_set.host, sample_set.source, sample_set.session):
        assert "\0" not in text
        assert 1 <= len(text.encode()) <= 253
    for name, read in sample_set.families.items():
        family = FAMILIES[name]
        assert len(read.rows) <= family.rows_max
        for row in read.rows:
            assert len(row) == len(family.columns)
            for column, cell in zip(family.columns, row, strict=True):
                assert (cell is None and column.optional) or _fits(column.sql_type, cell), (name, column.name, cell)


def _fits(sql_type: str, cell: Any) -> bool:
    if sql_type == "text":
        return type(cell) is str and "\0" not in cell and len(cell.encode()) <= 512
    if sql_type == "bigint":
        return type(cell) is int and BIGINT_MIN <= cell <= BIGINT_MAX
    return type(cell) is float and math.isfinite(cell) and abs(cell) <= REAL_MAX


def decodes(body: bytes) -> bool:
    """Return whether body is a sample set, which then must be storable; any error but DecodeError escapes."""
    try:
        sample_set = decode(body, SUBJECT)
    except DecodeError:
        return False
    assert_storable(sample_set)
    return True


def test_the_bodies_to_damage_are_good() -> None:
    assert all(decodes(body) for body in BODIES)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_messages(seed: int) -> None:
    random = Random(seed)
    good = sum(decodes(damaged(random)) for _ in range(MESSAGES_COUNT // 10))
    assert good > 20, "the damage is so harsh that nothing decodes: this tests too little"


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(replaced_values())
def test_replaced_values(body: bytes) -> None:
    decodes(body)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes(body: bytes) -> None:
    decodes(body)
