"""What docs/bus.md says of every family: its labels and gauges, as a reader of that page alone would know them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.processes import ROOT

PAGE = ROOT / "docs" / "bus.md"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a family."""

    labels: tuple[str, ...]
    gauges: tuple[str, ...]


def read_catalogue() -> dict[str, Columns]:
    """Return the columns of every family of the page."""
    sections = re.split(r"^### (\w+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: _columns(text) for name, text in zip(sections[::2], sections[1::2], strict=True)}


def _columns(text: str) -> Columns:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE)
    labels = tuple(name for name, kind in rows if kind.endswith(" label"))
    return Columns(labels, tuple(name for name, _ in rows if name not in labels))
