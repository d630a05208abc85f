"""The vocabulary a metric family is described with: labels, gauges, units, limits."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal

UNITS: dict[str, Literal["bigint", "real"]] = {
    # Longest suffix first: `_bytes_per_second` is no `_per_second`.
    "bytes_per_second": "real",
    "per_second": "real",
    "bytes": "bigint",
    "count": "bigint",
    "percent": "real",
    "seconds": "real",
    "celsius": "real",
    "average": "real",
}
"""Suffix of a gauge's name → SQL type. `average` is a mean number of things, such as a load average."""

NAME_CHARACTERS_MAX = 48
"""PostgreSQL cuts names at 63; tables, rollups and indexes add up to 15 to a family's."""

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TEXT_BYTES_MAX = 512
ROWS_MAX = 10_000
RESERVED = frozenset({"time", "host", "source", "samples"})

_METADATA = "vitalwire"


class DefinitionError(TypeError):
    """A family is described wrongly. Only a programmer sees it, at import."""


@dataclass(frozen=True, slots=True)
class Column:
    """One label or gauge of a family."""

    name: str
    doc: str
    kind: Literal["label", "gauge"]
    type: type[str] | type[int] | type[float]
    sql_type: Literal["text", "bigint", "real"]
    unit: str | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of reading: its rows, its rhythm and its limits.

    `interval_seconds` is the default rhythm; `headline` names the gauges, all of one unit, that a page draws first;
    a `fitted` one has axes that fit its values also where these are shares, which are else drawn from 0 to 100;
    `top` is how many rows the reader keeps by each of its orders;
    `retention_days` overrides the retention of raw rows; churning families have labels that live minutes.
    """

    name: str
    doc: str
    row: type[Any]
    interval_seconds: int
    headline: tuple[str, ...]
    fitted: bool
    labels: tuple[Column, ...]
    gauges: tuple[Column, ...]
    rollups: bool
    churning: bool
    rows_max: int
    top: int | None
    retention_days: int | None

    @property
    def columns(self) -> tuple[Column, ...]:
        """Labels, then gauges: the order of the wire, the table and COPY."""
        return self.labels + self.gauges

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of `columns`, in the same order."""
        return tuple(column.name for column in self.columns)


def label(doc: str) -> Any:
    """Declare a label: text or whole number that tells rows of one instant apart. Labels are never null."""
    return dataclasses.field(metadata={_METADATA: {"kind": "label", "doc": doc, "optional": False}})


def gauge(doc: str, *, optional: bool = False) -> Any:
    """Declare a gauge: a number whose unit is the suffix of its name; an optional one may be absent."""
    metadata = {_METADATA: {"kind": "gauge", "doc": doc, "optional": optional}}
    if optional:
        return dataclasses.field(default=None, metadata=metadata)
    return dataclasses.field(metadata=metadata)


def define(  # noqa: PLR0913 - what a family may say, by keyword
    name: str,
    row: type[Any],
    *,
    interval_seconds: int,
    headline: tuple[str, ...],
    fitted: bool = False,
    rollups: bool = True,
    churning: bool = False,
    rows_max: int = ROWS_MAX,
    top: int | None = None,
    retention_days: int | None = None,
) -> Family:
    """Return the family that a row class describes; raise DefinitionError where it breaks a rule."""
    _require(NAME.fullmatch(name) is not None, name, "a family's name is lower case words joined by '_'")
    _require(len(name) <= NAME_CHARACTERS_MAX, name, f"a family's name has at most {NAME_CHARACTERS_MAX} characters")
    _require(1 <= interval_seconds <= 60, name, "interval_seconds is 1 to 60")
    _require(1 <= rows_max <= ROWS_MAX, name, f"rows_max is 1 to {ROWS_MAX}")
    _require(
        retention_days is None or churning or not rollups, name,
        "a family with a retention of its own has no rollups: they would be computed from rows that are gone",
    )  # fmt: skip
    doc = inspect.cleandoc(row.__doc__ or "")
    _require(_is_sentence(doc), name, "the row class needs a docstring that is a sentence")
    hints = typing.get_type_hints(row)
    columns = tuple(_column(name, field, hints[field.name]) for field in dataclasses.fields(row))
    kinds = [column.kind for column in columns]
    _require(kinds == sorted(kinds, reverse=True), name, "labels come first, then gauges")
    _require("gauge" in kinds, name, "a family has at least one gauge")
    units = {column.name: column.unit for column in columns if column.kind == "gauge"}
    _require(bool(headline) and all(gauge_name in units for gauge_name in headline), name, "headline names gauges")
    _require(len({units[gauge_name] for gauge_name in headline}) == 1, name, "the headline's gauges share one unit")
    return Family(
        name=name,
        doc=doc,
        row=row,
        interval_seconds=interval_seconds,
        headline=headline,
        fitted=fitted,
        labels=tuple(column for column in columns if column.kind == "label"),
        gauges=tuple(column for column in columns if column.kind == "gauge"),
        rollups=rollups and not churning,
        churning=churning,
        rows_max=rows_max,
        top=top,
        retention_days=1 if churning and retention_days is None else retention_days,
    )


def unit_of(name: str) -> str | None:
    """Return the unit that a gauge's name ends in, or None when it ends in none."""
    return next((unit for unit in UNITS if name == unit or name.endswith("_" + unit)), None)


def _column(family: str, field: dataclasses.Field[Any], hint: Any) -> Column:
    where = f"{family}.{field.name}"
    declared = field.metadata.get(_METADATA)
    _require(declared is not None, where, "declare it with label() or gauge()")
    assert declared is not None
    _require(NAME.fullmatch(field.name) is not None, where, "a column's name is lower case words joined by '_'")
    _require(
        len(field.name) <= NAME_CHARACTERS_MAX, where, f"a column's name has at most {NAME_CHARACTERS_MAX} characters"
    )
    _require(field.name not in RESERVED, where, "this name belongs to every table already")
    _require(_is_sentence(declared["doc"]), where, "its doc must be a sentence: a capital, words, a full stop")
    base, nullable = _unwrap(hint)
    if declared["kind"] == "label":
        _require(base in (str, int) and not nullable, where, "a label is str or int, never None")
        sql_type: Literal["text", "bigint", "real"] = "text" if base is str else "bigint"
        return Column(field.name, declared["doc"], "label", base, sql_type, None, False)
    unit = unit_of(field.name)
    _require(unit is not None, where, f"its name must end in a unit: {', '.join(UNITS)}")
    assert unit is not None
    expected = int if UNITS[unit] == "bigint" else float
    _require(base is expected, where, f"{unit} is {expected.__name__}, this says {hint}")
    _require(nullable == declared["optional"], where, "optional=True goes with '| None', and only with it")
    return Column(field.name, declared["doc"], "gauge", base, UNITS[unit], unit, nullable)


def _unwrap(hint: Any) -> tuple[Any, bool]:
    if isinstance(hint, types.UnionType):
        inner = [argument for argument in typing.get_args(hint) if argument is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return hint, False


def _is_sentence(doc: str) -> bool:
    first = doc.split("\n\n", 1)[0].strip()
    return len(first.split()) >= 2 and first[0].isupper() and first.endswith(".")


def _require(holds: bool, where: str, rule: str) -> None:
    if not holds:
        raise DefinitionError(f"{where}: {rule}")
