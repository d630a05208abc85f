"""Writes the catalogue of families into docs/bus.md, made from their definitions."""

from __future__ import annotations

from shared.families import FAMILIES
from shared.family import Column, Family
from tests.contract.source import ROOT

PAGE = ROOT / "docs" / "bus.md"
START, END = "<!-- catalogue -->\n", "<!-- end of catalogue -->\n"


def catalogue() -> str:
    """Return a section for each family, with every column."""
    return "".join(_section(family) for family in FAMILIES.values())


def with_catalogue(page: str) -> str:
    """Return the page with the catalogue between its marks replaced."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return before + START + catalogue() + END + after


def _section(family: Family) -> str:
    rhythm = (
        f"Every {family.interval_seconds} s by default." if family.interval_seconds > 1 else "Every second by default."
    )
    rows = "".join(_row(column) for column in family.columns)
    return f"\n### {family.name}\n\n{family.doc}\n\n{rhythm}\n\n| column | type | what |\n|---|---|---|\n{rows}\n"


def _row(column: Column) -> str:
    kind = {"text": "text", "bigint": "int", "real": "real"}[column.sql_type]
    extra = " label" if column.kind == "label" else ", optional" if column.optional else ""
    return f"| `{column.name}` | {kind}{extra} | {column.doc} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_catalogue(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
