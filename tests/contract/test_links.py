"""Every relative link of the documents leads to a file, and to a heading of it where it names one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.source import ROOT

PAGES = sorted(
    path for pattern in ("README*.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/*.md") for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(<?([^)>\s]+)>?[^)]*\)|(?:href|src)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//")
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Return the targets of links that do not lead to another place on the net."""
    found = [markdown or html for markdown, html in LINK.findall(CODE.sub("", text))]
    return [target for target in found if ELSEWHERE.match(target) is None]


def anchors(text: str) -> set[str]:
    """Return the anchors of headings, made as GitHub makes them."""
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(CODE.sub("", text))]
    return {heading.strip().replace(" ", "-") for heading in plain}


def broken(page: Path, root: Path = ROOT) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for link in links(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        leads = target.exists() and target.is_relative_to(root)
        if leads and anchor and target.suffix == ".md":
            leads = anchor in anchors(target.read_text(encoding="utf-8"))
        wrong += [] if leads else [link]
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize(
    "pattern",
    [r"\]\((?!README)([^)]+)\)", r"^```\w*\n(.*?)^```", r"VITALWIRE_\w+", r"`(make \w+)", r"[\d.]+ (?:MB|GB|GiB)"],
    ids=["links", "blocks", "variables", "commands", "sizes"],
)
def test_the_korean_readme_says_what_the_english_one_says(pattern: str) -> None:
    found = [
        set(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
        for name in ("README.md", "README.ko.md")
    ]
    assert found[0] == found[1]


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    text = '[a](missing.md) [b](https://example.com/x.md) [c](#here) <img src="no.png">\n# Here\n'
    assert links(text) == ["missing.md", "#here", "no.png"]
    assert anchors(text) == {"here"}
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert broken(page, tmp_path) == ["missing.md", "no.png"]
