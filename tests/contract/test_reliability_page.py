"""docs/reliability.md names every fault that is committed, by the name of its test."""

from __future__ import annotations

import re

from tests.contract.source import ROOT
from tests.faults.scenarios import CLUSTER_SCENARIOS, SCENARIOS

TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_fault_has_a_row() -> None:
    rows = set(re.findall(r"^\| ([^|]+) \|", TEXT, re.MULTILINE))
    assert {scenario.name for scenario in (*SCENARIOS, *CLUSTER_SCENARIOS)} - rows == set()
