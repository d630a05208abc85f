"""A host glob means the same in memory as in SQL, and no pattern takes long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.glob import PATTERN_CHARACTERS_MAX, is_glob, matcher, to_like


@pytest.mark.parametrize(
    ("pattern", "matched", "missed"),
    [
        pytest.param("web-1", ["web-1"], ["web-10", "aweb-1", ""], id="plain"),
        pytest.param("*", ["", "web-1", "a\nb"], [], id="everything"),
        pytest.param("web-*", ["web-", "web-1", "web-1.example.com"], ["web", "aweb-1"], id="beginning"),
        pytest.param("*.com", [".com", "a.com"], ["a.com.", "acom"], id="end"),
        pytest.param("a*b*c", ["abc", "aXbYc", "abbcc"], ["ab", "acb", "abcd"], id="middle"),
        pytest.param("a**c", ["ac", "abc"], ["a"], id="two stars"),
        pytest.param("web-?", ["web-1", "web-é"], ["web-", "web-12"], id="one character"),
        pytest.param("?*", ["a", "ab"], [""], id="at least one"),
        pytest.param("*a?", ["ab", "xab", "aab"], ["a", "abc"], id="one character at the end"),
        pytest.param("a%b", ["a%b"], ["aXb", "ab"], id="percent is itself"),
        pytest.param("a_b*", ["a_b", "a_bc"], ["aXb"], id="underscore is itself"),
        pytest.param("a\\*", ["a\\", "a\\b"], ["a*b"], id="backslash is itself"),
        pytest.param("[ab]*", ["[ab]", "[ab]c"], ["a", "b"], id="brackets are themselves"),
        pytest.param("a.c*", ["a.c"], ["abc"], id="dot is itself"),
    ],
)
def test_matches(pattern: str, matched: list[str], missed: list[str]) -> None:
    matches = matcher([pattern])
    assert [text for text in [*matched, *missed] if matches(text)] == matched


def test_one_of_several_patterns_is_enough() -> None:
    matches = matcher(["web-1", "db-*"])
    assert [name for name in ("web-1", "web-2", "db-1") if matches(name)] == ["web-1", "db-1"]


def test_no_pattern_matches_nothing() -> None:
    assert not matcher([])("web-1")


@pytest.mark.parametrize(("pattern", "glob"), [("web-1", False), ("web-*", True), ("web-?", True), ("a%", False)])
def test_is_glob(pattern: str, glob: bool) -> None:
    assert is_glob(pattern) is glob


@pytest.mark.parametrize(
    ("pattern", "like"), [("web-*", "web-%"), ("web-?", "web-_"), ("a%_\\*", "a\\%\\_\\\\%"), ("plain", "plain")]
)
def test_to_like(pattern: str, like: str) -> None:
    assert to_like(pattern) == like


def by_definition(pattern: str, text: str) -> bool:
    """The meaning of a glob, written as simply as it can be said."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return by_definition(pattern[1:], text) or (bool(text) and by_definition(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and by_definition(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_equals_its_definition(pattern: str, text: str) -> None:
    assert matcher([pattern])(text) is by_definition(pattern, text)


@pytest.mark.parametrize("part", ["*a", "*a?", "*?", "?*", "**"])
def test_a_hostile_pattern_costs_no_time(part: str) -> None:
    pattern = (part * PATTERN_CHARACTERS_MAX)[: PATTERN_CHARACTERS_MAX - 1] + "b"
    assert not matcher([pattern])("a" * 253)  # hangs for years where backtracking is possible
