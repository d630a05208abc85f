"""Every family and everything that is derived from it: one failing row here says what was forgotten."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.api.metrics.families import all_families
from services.collector.readers import READERS, Context
from shared import sql
from shared.families import FAMILIES
from shared.family import Family
from shared.wire.decode import decode
from shared.wire.encode import Numbering, Rows, cells, encode
from tests.unit.shared.messages import HOST, SUBJECT, TIME, typical_row

RELEASED = Path(__file__).parent / "families.json"
ROOT = Path(__file__).parents[2]

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@every_family
@pytest.mark.parametrize("absent", [False, True], ids=["all gauges", "optional gauges absent"])
def test_survives_the_wire(family: Family, absent: bool) -> None:
    rows = [cells(family, typical_row(family, number, absent=absent)) for number in range(3)]
    interval_seconds = float(family.interval_seconds)
    (encoded,) = encode(HOST, "system", TIME, [Rows(family, interval_seconds, rows)], Numbering("session"))
    decoded = decode(encoded.body, SUBJECT)
    assert decoded.unknown == ()
    assert decoded.families[family.name].interval_seconds == interval_seconds
    assert decoded.families[family.name].rows == [tuple(row) for row in rows]


@every_family
def test_is_known_by_its_own_name(family: Family) -> None:
    assert FAMILIES[family.name] is family
    assert (ROOT / "shared" / "families" / f"{family.name}.py").is_file()


@every_family
def test_its_table_and_copy_hold_every_column(family: Family) -> None:
    create = sql.table_ddl(family)[0]
    for column in family.columns:
        assert f"\n    {column.name} {column.sql_type}" in create
    assert sql.copy_columns(family) == ("time", "host", "source", *family.column_names)


@every_family
def test_the_api_lists_it_with_every_column(family: Family) -> None:
    listed = {each.name: each for each in all_families().families}[family.name]
    assert [column.name for column in listed.labels] == [column.name for column in family.labels]
    assert [(column.name, column.unit, column.optional) for column in listed.gauges] == [
        (column.name, column.unit, column.optional) for column in family.gauges
    ]
    assert (listed.interval_seconds, tuple(listed.headline)) == (family.interval_seconds, family.headline)
    assert listed.fitted is family.fitted


def released_form(family: Family) -> dict[str, Any]:
    """Return what a release promises about a family, as plain values."""
    return {
        "labels": [[column.name, column.sql_type] for column in family.labels],
        "gauges": [
            [column.name, column.sql_type, "optional" if column.optional else "required"] for column in family.gauges
        ],
    }


def released() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return content


def test_no_released_family_is_gone() -> None:
    assert set(released()) <= set(FAMILIES)


@every_family
def test_released_columns_are_unchanged_and_new_ones_come_last_and_are_optional(family: Family) -> None:
    now, before = released_form(family), released().get(family.name)
    assert before is not None, f"write the new family into {RELEASED.name}: {json.dumps({family.name: now})}"
    assert now["labels"] == before["labels"], "labels are frozen"
    kept, added = now["gauges"][: len(before["gauges"])], now["gauges"][len(before["gauges"]) :]
    assert kept == before["gauges"], "a released gauge is never renamed, moved, removed or made another type"
    assert all(presence == "optional" for _, _, presence in added), "a gauge added later is optional"
    assert not added, f"write the new gauges into {RELEASED.name}: {json.dumps(added)}"


@every_family
def test_its_docs_are_sentences_for_users(family: Family) -> None:
    for doc in [family.doc.split("\n\n")[0], *(column.doc for column in family.columns)]:
        assert doc[0].isupper()
        assert doc.endswith(".")
        assert len(doc.split()) >= 2
        assert "  " not in doc


def test_readers_and_families_are_the_same() -> None:
    assert list(READERS) == list(FAMILIES)


MAY_BE_WITHOUT_ROWS = {"disk", "disk_io", "network"}
"""A container may show no disk and no interface of its own."""


def rows_of_this_machine(family: Family) -> Sequence[Any]:
    """Return what the reader sees; asks again for at most two seconds, until the kernel's counters have moved."""
    reader = READERS[family.name](Context())
    start = time.monotonic()
    rows: Sequence[Any] = reader.read(start)
    while not rows and time.monotonic() < start + 2 and family.name not in MAY_BE_WITHOUT_ROWS:
        rows = reader.read(time.monotonic())
    return rows or reader.read(time.monotonic())


@every_family
def test_its_reader_yields_finite_numbers_on_this_machine(family: Family) -> None:
    rows = rows_of_this_machine(family)
    assert rows or family.name in MAY_BE_WITHOUT_ROWS
    for row in rows:
        assert isinstance(row, family.row)
        for column, cell in zip(family.columns, cells(family, row), strict=True):
            if column.kind == "gauge" and cell is not None:
                assert math.isfinite(float(cell))
                assert float(cell) >= 0, column.name
