"""What the pins promise: they install with every pip that Python 3.11 came with, and all that a stack runs."""

from __future__ import annotations

import re
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

from tests.contract.source import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
OF_THE_STACK = ("collector", "ingest", "alerting", "notifier", "api")
SETS = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("name", SETS)
def test_no_pinned_package_asks_for_an_extra_of_another(name: str) -> None:
    """pip 23.2 takes the newest release for `other[extra]`, not the pinned one, and then refuses it: it has no hash."""
    pinned = PINNED.findall((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"))
    assert pinned
    asked = {
        f"{package} asks for {requirement}"
        for package in pinned
        for requirement in map(Requirement, distribution(package).requires or [])
        if requirement.extras and (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
    }
    assert asked == set()


@pytest.mark.parametrize("name", OF_THE_STACK)
def test_a_stack_installs_what_each_of_its_processes_is_pinned_to(name: str) -> None:
    assert pins(name)
    assert pins(name) - pins("local") == set()


def pins(name: str) -> set[str]:
    """Return the packages of a set, each with its version."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^[A-Za-z0-9._-]+==\S+", text, re.MULTILINE))
