"""The definitions of families as the API shows them, and the columns that a caller chose."""

from __future__ import annotations

from typing import Literal, cast

from services.api.errors import BadParameterError, NotFoundError
from services.api.metrics.schemas import Families, FamilyDefinition, GaugeColumn, LabelColumn
from shared.families import FAMILIES
from shared.family import Column, Family


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
        family.name, family.doc, family.interval_seconds, family.churning, list(family.headline), labels, gauges
    )
