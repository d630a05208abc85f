"""Which series of a row set a rule looks at, and what each is called on the bus."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.series import (
    SERIES_PER_HOST_MAX,
    SERIES_TOKEN_CHARACTERS_MAX,
    Labels,
    Selection,
    admitted,
    label_names,
    series_token,
)
from shared.subjects import untoken
from shared.wire.limits import REAL_MAX
from tests.unit.shared.alerts.rules import rule

KEY = re.compile(r"[-/_=.a-zA-Z0-9]+")


def disk(mount: str, device: str, used: float, inodes: float | None = None) -> tuple[Any, ...]:
    return (mount, device, 100, 50, 50, used, None, None, inodes)


ROWS = [
    disk("/", "vda1", 10.0, 1.0),
    disk("/home", "vda2", 20.0),
    disk("/srv/a", "sdb", 30.0, 3.0),
    disk("/srv/b", "sdb", 40.0, 5.0),
]
USED = {"family": "disk", "column": "used_percent"}
INODES = {"family": "disk", "column": "inodes_used_percent"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(USED, {"/": 10, "/home": 20, "/srv/a": 30, "/srv/b": 40}, id="every series"),
        pytest.param({**USED, "labels": {"mount": ["/srv/*"]}}, {"/srv/a": 30, "/srv/b": 40}, id="by a glob"),
        pytest.param({**USED, "labels": {"mount": ["/", "/srv/?"], "device": ["sdb"]}}, {"/srv/a": 30, "/srv/b": 40},
                     id="every label must match"),
        pytest.param({**USED, "labels": {"mount": ["x"]}}, {}, id="none"),
        pytest.param(INODES, {"/": 1, "/srv/a": 3, "/srv/b": 5}, id="none is no value"),
        pytest.param({**USED, "aggregate": "max"}, {"": 40}, id="max"),
        pytest.param({**USED, "aggregate": "min"}, {"": 10}, id="min"),
        pytest.param({**USED, "aggregate": "avg"}, {"": 25}, id="avg"),
        pytest.param({**USED, "aggregate": "sum"}, {"": 100}, id="sum"),
        pytest.param({**INODES, "aggregate": "avg"}, {"": 3}, id="none is not averaged"),
        pytest.param({**USED, "aggregate": "sum", "labels": {"device": ["sdb"]}}, {"": 70}, id="sum of some"),
        pytest.param({**USED, "aggregate": "sum", "labels": {"device": ["x"]}}, {}, id="nothing to add is no 0"),
    ],
)  # fmt: skip
def test_selects(changes: dict[str, Any], expected: dict[str, float]) -> None:
    found = Selection(rule(**changes)).values(ROWS)
    assert {labels[0] if labels else "": value for labels, value in found.items()} == expected


@pytest.mark.parametrize(
    ("used", "whole"), [(2e38, REAL_MAX), (-2e38, -REAL_MAX), (1e38, 2e38)], ids=["high", "low", "within"]
)
def test_a_sum_stays_a_number_of_the_wire(used: float, whole: float) -> None:
    found = Selection(rule(**USED, aggregate="sum")).values([disk("/a", "a", used), disk("/b", "b", used)])
    assert found == {(): whole}


def test_a_sum_does_not_depend_on_the_order_of_rows() -> None:
    rows = [disk(f"/{number}", "a", used) for number, used in enumerate([0.1] * 10 + [1e16, 3.0, -1e16])]
    whole = Selection(rule(**USED, aggregate="sum"))
    assert whole.values(rows) == whole.values(rows[::-1]) == {(): 4.0}


@pytest.mark.parametrize(
    ("found", "known", "watched", "left_out"),
    [
        pytest.param("", "", "", 0, id="nothing"),
        pytest.param("a b c", "", "a b c", 0, id="as many as there is room for"),
        pytest.param("a b c d", "", "a b c", 1, id="one more"),
        pytest.param("d a b c", "", "d a b", 1, id="the first come first"),
        pytest.param("a b c", "a b c", "a b c", 0, id="all that are known"),
        pytest.param("d c b a", "a b c", "c b a", 1, id="what is known stays, whatever comes first"),
        pytest.param("d e a", "a b", "d a", 1, id="one that says nothing at present keeps its room"),
        pytest.param("d e f", "a b c", "", 3, id="no room"),
        pytest.param("a d", "a b c d e", "a d", 0, id="more are known than there is room for"),
        pytest.param("f", "a b c d e", "", 1, id="and so no new one comes"),
    ],
)
def test_series_of_a_rule_on_a_host_are_bounded(found: str, known: str, watched: str, left_out: int) -> None:
    values = dict.fromkeys(found.split(), 1.0)
    admitted_values, count = admitted(values, known.split(), series_max=3)
    assert (" ".join(admitted_values), count) == (watched, left_out)


def test_ten_thousand_new_mounts_leave_most_of_them_out() -> None:
    found = Selection(rule(**USED)).values(disk(f"/{number}", "sdb", 1.0) for number in range(10_000))
    watched, left_out = admitted(found, ())
    assert (len(watched), left_out) == (SERIES_PER_HOST_MAX, 10_000 - SERIES_PER_HOST_MAX)
    assert admitted(found, watched) == (watched, left_out)
    others: dict[Labels, float] = {(f"/other/{number}", "sdb"): 1.0 for number in range(10)}
    assert admitted(others, watched) == ({}, 10)


def test_labels_are_texts_also_where_they_are_numbers() -> None:
    found = Selection(rule(family="cpu_core", column="total_percent", labels={"core": ["1?"]})).values(
        [(core, 5.0 + core, 0.0, 0.0, 0.0, 0.0) for core in (1, 10, 11)]
    )
    assert found == {("10",): 15.0, ("11",): 16.0}


def test_a_family_without_labels_has_one_series() -> None:
    assert Selection(rule()).values([(80.0, 1.0)]) == {(): 80.0}
    assert label_names(rule()) == ()


@pytest.mark.parametrize(
    ("changes", "names"), [(USED, ("mount", "device")), ({**USED, "aggregate": "max"}, ())], ids=["series", "aggregate"]
)
def test_the_names_of_labels_go_with_their_values(changes: dict[str, Any], names: tuple[str, ...]) -> None:
    assert label_names(rule(**changes)) == names


@pytest.mark.parametrize(
    ("source", "labels", "expected"),
    [
        ("system", (), "system"),
        ("system", ("/", "/dev/vda1"), "system=2C=2F=2C=2Fdev=2Fvda1"),
        ("system", ("a,b",), "system=2Ca=5C=2Cb"),
        ("system", ("", ""), "system=2C=2C"),
        ("system", ("x" * 121,), "system=2C" + "x" * 119),
    ],
)
def test_a_short_series_can_be_read(source: str, labels: Labels, expected: str) -> None:
    found = series_token(source, labels)
    if len(labels) == 1 and len(labels[0]) > 119:
        assert re.fullmatch(r"system=2Cx{71}==[0-9a-f]{40}", found)
    else:
        assert found == expected
        assert untoken(found)


def test_a_long_series_is_cut_between_escapes() -> None:
    for shift in range(4):
        found = series_token("s" * shift + "x", ("한" * 100, "*.>"))
        beginning, _, digest = found.partition("==")
        assert untoken(beginning.rsplit("=ED", 1)[0])
        assert re.fullmatch(r"[0-9a-f]{40}", digest)
        assert re.fullmatch(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+", beginning)


parts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.sampled_from(["*", ">", ".", "a b", "\0"])


@settings(max_examples=300)
@given(st.text("abc,\\", min_size=1, max_size=5), st.lists(parts | st.text(",\\x", max_size=3), max_size=3))
def test_any_series_is_a_short_key_and_a_single_token_of_a_subject(source: str, labels: list[str]) -> None:
    found = series_token(source, tuple(labels))
    assert len(found) <= SERIES_TOKEN_CHARACTERS_MAX
    assert KEY.fullmatch(found)
    assert "." not in found


short = st.lists(st.text(",\\a", max_size=3), min_size=1, max_size=3).filter(lambda parts: parts[0])


@settings(max_examples=500)
@given(short, short)
def test_no_two_series_have_one_name(one: list[str], other: list[str]) -> None:
    same = series_token(one[0], tuple(one[1:])) == series_token(other[0], tuple(other[1:]))
    assert same is (one == other)
