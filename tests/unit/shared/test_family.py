"""define() accepts a well-described family and refuses every other with the rule it breaks."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest

from shared.family import DefinitionError, Family, define, gauge, label, unit_of

SENTENCE = "Share of time spent working."


def row_class(doc: str | None = "Rows of a test, one per host.", /, **columns: Any) -> type[Any]:
    """Return a row class with columns given as name=(type, declaration)."""
    fields = [(name, hint, declared) for name, (hint, declared) in columns.items()]
    return dataclasses.make_dataclass("Row", fields, kw_only=True, namespace={"__doc__": doc})


def accepted(row: type[Any], name: str = "test", **options: Any) -> Family:
    return define(name, row, **{"interval_seconds": 1, "headline": ("busy_percent",), **options})


GOOD: dict[str, Any] = {"core": (int, label("Number of the core.")), "busy_percent": (float, gauge(SENTENCE))}


def test_a_family_holds_labels_then_gauges_in_the_order_written() -> None:
    family = accepted(row_class(**GOOD, free_bytes=(int | None, gauge("Bytes left over.", optional=True))))
    assert family.column_names == ("core", "busy_percent", "free_bytes")
    assert [column.kind for column in family.columns] == ["label", "gauge", "gauge"]
    assert [column.sql_type for column in family.columns] == ["bigint", "real", "bigint"]
    assert [column.unit for column in family.columns] == [None, "percent", "bytes"]
    assert [column.optional for column in family.columns] == [False, False, True]
    assert (family.rollups, family.churning, family.rows_max, family.retention_days) == (True, False, 10_000, None)


def test_an_optional_gauge_may_be_left_out_of_a_row() -> None:
    row = row_class(busy_percent=(float | None, gauge(SENTENCE, optional=True)))
    assert row().busy_percent is None


def test_a_churning_family_has_no_rollups_and_is_kept_for_a_day() -> None:
    family = accepted(row_class(**GOOD), churning=True)
    assert (family.rollups, family.retention_days) == (False, 1)
    assert accepted(row_class(**GOOD), churning=True, retention_days=3).retention_days == 3


def test_the_doc_of_a_family_has_no_indentation() -> None:
    family = accepted(row_class("First line.\n\n    Second paragraph.\n    ", **GOOD))
    assert family.doc == "First line.\n\nSecond paragraph."


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("used_percent", "percent"),
        ("receive_bytes_per_second", "bytes_per_second"),
        ("reads_per_second", "per_second"),
        ("total_bytes", "bytes"),
        ("bytes", "bytes"),
        ("read_await_seconds", "seconds"),
        ("load_1m_average", "average"),
        ("used_megabytes", None),
        ("percentage", None),
    ],
)
def test_the_unit_is_the_suffix_of_the_name(name: str, unit: str | None) -> None:
    assert unit_of(name) == unit


def gauges(**columns: Any) -> type[Any]:
    return row_class(**GOOD, **columns)


@pytest.mark.parametrize(
    ("row", "options", "rule"),
    [
        pytest.param(gauges(), {"name": "Cpu"}, "lower case words joined by '_'", id="capital in the name"),
        pytest.param(gauges(), {"name": "cpu__core"}, "lower case words joined by '_'", id="two underscores"),
        pytest.param(gauges(), {"name": "cpu; drop"}, "lower case words joined by '_'", id="SQL in the name"),
        pytest.param(gauges(), {"name": "a" * 49}, "at most 48 characters", id="name too long"),
        pytest.param(gauges(), {"interval_seconds": 0}, "interval_seconds is 1 to 60", id="interval 0"),
        pytest.param(gauges(), {"interval_seconds": 61}, "interval_seconds is 1 to 60", id="interval 61"),
        pytest.param(gauges(), {"rows_max": 0}, "rows_max is 1 to 10000", id="no rows"),
        pytest.param(gauges(), {"rows_max": 10_001}, "rows_max is 1 to 10000", id="too many rows"),
        pytest.param(row_class(None, **GOOD), {}, "docstring that is a sentence", id="no docstring"),
        pytest.param(row_class("", **GOOD), {}, "docstring that is a sentence", id="empty docstring"),
        pytest.param(row_class("no capital here.", **GOOD), {}, "docstring that is a sentence", id="no capital"),
        pytest.param(row_class("Word.", **GOOD), {}, "docstring that is a sentence", id="one word"),
        pytest.param(row_class("No full stop", **GOOD), {}, "docstring that is a sentence", id="no full stop"),
        pytest.param(gauges(late=(str, label("Comes too late."))), {}, "labels come first", id="label after gauge"),
        pytest.param(row_class(core=GOOD["core"]), {}, "at least one gauge", id="only labels"),
        pytest.param(gauges(), {"headline": ()}, "headline names gauges", id="no headline"),
        pytest.param(gauges(), {"headline": ("core",)}, "headline names gauges", id="headline names a label"),
        pytest.param(
            gauges(free_bytes=(int, gauge("Bytes left over."))), {"headline": ("busy_percent", "free_bytes")},
            "the headline's gauges share one unit", id="headline of two units",
        ),
        pytest.param(gauges(x_count=(int, dataclasses.field())), {}, "test.x_count: declare it", id="not declared"),
        pytest.param(gauges(X_count=(int, gauge(SENTENCE))), {}, "a column's name is lower case", id="column's name"),
        pytest.param(
            gauges(**{"a" * 44 + "_count": (int, gauge(SENTENCE))}), {}, "at most 48 characters", id="column's length"
        ),
        pytest.param(gauges(samples=(int, gauge(SENTENCE))), {}, "belongs to every table", id="reserved name"),
        pytest.param(gauges(x_count=(int, gauge("how many"))), {}, "its doc must be a sentence", id="column's doc"),
        pytest.param(
            row_class(share=(float, label("A real label.")), busy_percent=GOOD["busy_percent"]), {},
            "a label is str or int, never None", id="real label",
        ),
        pytest.param(
            row_class(mount=(str | None, label("A label or none.")), busy_percent=GOOD["busy_percent"]), {},
            "a label is str or int, never None", id="nullable label",
        ),
        pytest.param(gauges(used=(float, gauge(SENTENCE))), {}, "must end in a unit: bytes_per_second", id="no unit"),
        pytest.param(gauges(x_bytes=(float, gauge(SENTENCE))), {}, "bytes is int", id="bytes as float"),
        pytest.param(gauges(x_percent=(int, gauge(SENTENCE))), {}, "percent is float", id="percent as int"),
        pytest.param(gauges(x_count=(bool, gauge(SENTENCE))), {}, "count is int", id="count as bool"),
        pytest.param(gauges(x_count=(int | str, gauge(SENTENCE))), {}, "count is int", id="two types"),
        pytest.param(
            gauges(x_count=(Optional[int], gauge(SENTENCE, optional=True))), {}, "count is int",  # noqa: UP045
            id="Optional instead of '| None'",
        ),
        pytest.param(gauges(x_count=(int | None, gauge(SENTENCE))), {}, "optional=True goes with", id="only None"),
        pytest.param(
            gauges(x_count=(int, gauge(SENTENCE, optional=True))), {}, "optional=True goes with", id="only optional"
        ),
    ],
)  # fmt: skip
def test_define_refuses_with_its_rule(row: type[Any], options: dict[str, Any], rule: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        accepted(row, **options)
    assert rule in str(refused.value)
    assert str(refused.value).startswith(options.get("name", "test"))
