"""The definitions of families as the API shows them, and the columns that a caller chose."""

from __future__ import annotations

from typing import Literal, cast

from services.api.errors import BadParameterError, NotFoundError
from services.api.metrics.schemas import Families, FamilyDefinition, GaugeColumn, LabelColumn
from shared.families import FAMILIES
from shared.family import TEXT_BYTES_MAX, Column, Family
from shared.glob import PATTERNS_MAX


def all_families() -> Families:
    """Return every definition."""
    return Families([_definition(family) for family in FAMILIES.values()])


def require_family(name: str) -> Family:
    """Return the family of this name; raise NotFoundError naming those that exist."""
    family = FAMILIES.get(name)
    if family is None:
        raise NotFoundError(f"There is no family {name[:64]!r}; known are {', '.join(FAMILIES)}.", field="family")
    return family


def require_gauges(family: Family, columns: str | None) -> tuple[Column, ...]:
    """Return the gauges in a text with commas, all without one; raise BadParameterError for any other name."""
    if columns is None:
        return family.gauges
    by_name = {gauge.name: gauge for gauge in family.gauges}
    names = list(dict.fromkeys(part.strip() for part in columns.split(",")))
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise BadParameterError(
            f"columns: {family.name} has no gauge {unknown[0][:64]!r}; known are {', '.join(by_name)}", field="columns"
        )
    return tuple(by_name[name] for name in names)


def require_gauge(family: Family, column: str | None) -> Column:
    """Return one gauge by its name; raise BadParameterError naming all for any other, and for none."""
    found = next((gauge for gauge in family.gauges if gauge.name == column), None)
    if found is None:
        known = ", ".join(gauge.name for gauge in family.gauges)
        if column is None:
            raise BadParameterError(f"column: expected one of {known}, got nothing", field="column")
        raise BadParameterError(
            f"column: {family.name} has no gauge {column[:64]!r}; known are {known}", field="column"
        )
    return found


def label_patterns(family: Family, labels: list[str] | None) -> dict[str, tuple[str, ...]]:
    """Return label → patterns of texts such as interface:eth*; raise BadParameterError where one is none."""
    found: dict[str, tuple[str, ...]] = {}
    if len(labels or ()) > PATTERNS_MAX:
        raise BadParameterError(f"label: expected at most {PATTERNS_MAX}, got {len(labels or ())}", field="label")
    for text in labels or ():
        name, colon, pattern = text.partition(":")
        if not colon or len(pattern) > TEXT_BYTES_MAX or "\0" in pattern:
            raise BadParameterError(
                f"label: expected <label>:<value or glob> such as interface:eth*, got {text[:40]!r}", field="label"
            )
        if name not in (column.name for column in family.labels):
            known = ", ".join(column.name for column in family.labels) or "none"
            raise BadParameterError(
                f"label: {family.name} has no label {name[:64]!r}; known are {known}", field="label"
            )
        found[name] = (*found.get(name, ()), pattern)
    return found


def _definition(family: Family) -> FamilyDefinition:
    labels = [
        LabelColumn(column.name, column.doc, cast(Literal["str", "int"], column.type.__name__))
        for column in family.labels
    ]
    gauges = [
        GaugeColumn(
            column.name, column.doc, column.unit or "", cast(Literal["int", "float"], column.type.__name__),
            column.optional,
        )
        for column in family.gauges
    ]  # fmt: skip
    return FamilyDefinition(
        family.name,
        family.doc,
        family.interval_seconds,
        family.churning,
        list(family.headline),
        labels,
        gauges,
        family.fitted,
    )
