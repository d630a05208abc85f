"""A rule is taken as it was meant, or refused with a sentence for each problem."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.check import check_rule
from shared.alerts.condition import condition_of
from shared.alerts.rule import RULES_MAX, Rule, globs
from shared.alerts.rule_encoding import (
    NewerRuleError,
    RuleError,
    decode_rule,
    encode_rule,
    rule_from,
    rules_from,
    to_mapping,
)
from shared.families import FAMILIES
from tests.unit.shared.alerts.rules import KINDS, content, rule


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_of_each_kind_is_good_and_comes_back_whole(kind: str) -> None:
    good = rule(kind, description="Mine.", hosts=["web-*"], tags={"rack": ["7"]}, channels={"critical": ["pager"]})
    assert check_rule(good) == []
    assert decode_rule(encode_rule(good), "mine") == good
    assert rule_from(to_mapping(good)) == good


SUM = {"family": "cpu_core", "column": "total_percent", "aggregate": "sum"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param({"name": "Mine"}, "name: expected lower case letters", id="name with a capital"),
        pytest.param({"name": "a.b"}, "got 'a.b'; rename", id="name with a dot"),
        pytest.param({"name": "a*"}, "name: expected lower case", id="name with a star"),
        pytest.param({"name": "bus_silent"}, "the alert of the bus itself", id="reserved name"),
        pytest.param({"name": "backtest"}, "where drafts of rules are tried", id="name of a route"),
        pytest.param({"name": ...}, "name", id="no name"),
        pytest.param({"name": "x" * 65}, "name: Expected `str` of length <= 64", id="long name"),
        pytest.param({"family": "cpus"}, "family: expected one of cpu, cpu_core", id="unknown family"),
        pytest.param({"family": ...}, "family: a rule of kind threshold needs one", id="no family"),
        pytest.param({"column": ...}, "column: a rule of kind threshold needs one", id="no column"),
        pytest.param({"column": "total"}, "column: expected a gauge of cpu, one of total_percent", id="unknown column"),
        pytest.param({"family": "disk", "column": "mount"}, "got the label 'mount'", id="a label as column"),
        pytest.param({"warning": ..., "critical": ...}, "expected at least one level, got none", id="no level"),
        pytest.param({"warning": 90, "critical": 80}, "expected more than warning, 90, got 80", id="levels exchanged"),
        pytest.param({"warning": 80, "critical": 80}, "expected more than warning, 80, got 80", id="levels the same"),
        pytest.param({"comparison": "below"}, "expected less than warning, 80, got 90", id="levels exchanged, below"),
        pytest.param({"critical": 101}, "critical: expected 0 to 100, got 101", id="beyond percent"),
        pytest.param({"warning": -1}, "warning: expected 0 to 100, got -1", id="below percent"),
        pytest.param({"warning": 0, "clear": 0}, "every value reaches 0", id="a level that all reach"),
        pytest.param({"warning": 4}, "would end at less than -1, which is never; set clear", id="no way back"),
        pytest.param({"warning": 4}, "set clear to less than 4 or", id="what would help"),
        pytest.param({"comparison": "below", "warning": 96, "critical": 10}, "set clear to less than 4 or",
                     id="what would help, below"),
        pytest.param({"warning": 0, "clear": 5}, "every value reaches 0", id="a level that no clear would help"),
        pytest.param({**SUM, "warning": 300, "critical": 350, "aggregate": "max"}, "expected 0 to 100, got 300",
                     id="the greatest of percents is one"),
        pytest.param({"warning": 5}, "less than 0, which is never", id="no way back, to the point"),
        pytest.param({"comparison": "below", "warning": 96, "critical": 10}, "at more than 101", id="no way up"),
        pytest.param({"clear": -1}, "clear: expected 0 or more, got -1", id="clear below 0"),
        pytest.param({"warning": float("nan")}, "warning: Expected `float`", id="NaN as level"),
        pytest.param({"warning": "80"}, "warning: Expected `float | null`, got `str`", id="text as level"),
        pytest.param({"warning": True}, "warning: Expected `float | null`, got `bool`", id="a boolean as level"),
        pytest.param({"warn": 80}, "unknown field `warn`", id="unknown field"),
        pytest.param({"for_seconds": -1}, "for_seconds: Expected `float` >= 0", id="negative hold"),
        pytest.param({"for_seconds": 86_401}, "for_seconds: Expected `float` <= 86400", id="hold of more than a day"),
        pytest.param({"hosts": []}, "hosts: Expected `array` of length >= 1", id="no hosts"),
        pytest.param({"hosts": "web-1"}, "hosts: Expected `array`, got `str`", id="hosts as a text"),
        pytest.param({"hosts": ["x"] * 101}, "hosts: Expected `array` of length <= 100", id="too many globs"),
        pytest.param({"hosts": ["x" * 254]}, "length <= 253", id="long glob"),
        pytest.param({"labels": {"core": ["0"]}}, "labels: expected none, as cpu has one row per host; got 'core'",
                     id="labels where there are none"),
        pytest.param({"family": "disk", "column": "used_percent", "labels": {"disk": ["/"]}},
                     "labels: expected one of mount, device; got 'disk'", id="unknown label"),
        pytest.param({"aggregate": "max"}, "aggregate: cpu has one row per host", id="aggregate of one"),
        pytest.param({"aggregate": "median"}, "aggregate: Invalid enum value", id="unknown aggregate"),
        pytest.param({"channels": {"fatal": ["x"]}}, "Invalid enum value 'fatal'", id="unknown level"),
        pytest.param({"window_seconds": 60}, "window_seconds: a rule of kind threshold has none", id="window of none"),
        pytest.param({"target": 60}, "target: a rule of kind threshold has none", id="target of none"),
        pytest.param({"spread_min": 1}, "spread_min: a rule of kind threshold has none", id="spread of none"),
        pytest.param({"v": 0}, "v: expected 1, got 0", id="no version of ours"),
        pytest.param({"overrides": [{"hosts": ["a"], "warning": 95}]},
                     "overrides, number 1: critical: expected more than warning, 95, got 90", id="override, levels"),
        pytest.param({"overrides": [{"hosts": ["a"], "warning": None, "critical": None}]},
                     "overrides, number 1: warning, critical: expected at least one", id="override without level"),
        pytest.param({"overrides": [{"warning": 1}]}, "hosts", id="override of nobody"),
        pytest.param({"overrides": [{"hosts": ["a"], "family": "cpu"}]}, "unknown field `family`", id="strange"),
    ],
)  # fmt: skip
def test_refuses(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError) as refused:
        rule(**changed)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "changed", "problem"),
    [
        ("rate", {"window_seconds": ...}, "window_seconds: a rule of kind rate needs one"),
        (
            "rate",
            {"window_seconds": 99},
            "window_seconds: expected at least 100, 10 intervals of disk, got 99",
        ),
        ("rate", {"window_seconds": 604_801}, "window_seconds: Expected `float` <= 604800"),
        ("rate", {"family": "process", "column": "cpu_percent"}, "aggregate: series of process live too short"),
        ("forecast", {"target": ...}, "target: a rule of kind forecast needs one"),
        ("forecast", {"warning": 10, "critical": 20}, "expected less than warning, 10, got 20"),
        ("forecast", {"warning": -1}, "warning: expected 0 to"),
        ("forecast", {"warning": 366 * 86_400}, "which is never"),
        ("deviation", {"spread_min": 0}, "spread_min: Expected `float` > 0"),
        ("absence", {"family": "cpu"}, "family: a rule of kind absence has none"),
        ("absence", {"intervals_min": ...}, "intervals_min: a rule of kind absence needs one"),
        ("absence", {"intervals_min": 1}, "intervals_min: Expected `float` >= 2"),
        ("absence", {"comparison": "below"}, "comparison: expected none in a rule of absence"),
        ("absence", {"aggregate": "max"}, "aggregate: expected none in a rule of absence"),
        ("absence", {"labels": {"x": ["y"]}}, "labels: expected none in a rule of absence"),
        ("absence", {"critical": 0}, "every value reaches 0"),
    ],
)
def test_refuses_what_a_kind_cannot_use(kind: str, changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(RuleError) as refused:
        rule(kind, **changed)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"warning": 300, "critical": 350}, id="above"),
        pytest.param({"comparison": "below", "warning": 96, "critical": 10}, id="a way up beyond 100"),
        pytest.param({"comparison": "below", "warning": 350, "critical": 300}, id="below"),
    ],
)
def test_a_sum_of_percents_may_exceed_100(changed: dict[str, Any]) -> None:
    assert check_rule(rule(**SUM, **changed)) == []


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(RuleError, match="kind: Invalid enum value 'trend'"):
        rule_from({**content(), "kind": "trend"})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(RuleError) as refused:
        rule(name="A", column="x", warning=120, critical=110)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "name", "column", "critical",
    ]  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_gauge_can_be_looked_at(family: Any) -> None:
    for gauge in family.gauges:
        assert check_rule(Rule(name="x", family=family.name, column=gauge.name, warning=50, clear=1)) == []


@pytest.mark.parametrize(
    ("kind", "changed", "clear"),
    [
        ("threshold", {}, 5),
        ("threshold", {"clear": 0}, 0),
        ("threshold", {"family": "cpu", "column": "load_1m_average"}, 0),
        ("rate", {"column": "used_percent"}, 0),
        ("deviation", {}, 1),
        ("forecast", {}, 8_640),
        ("absence", {}, 0),
    ],
)
def test_the_way_back_has_a_default(kind: str, changed: dict[str, Any], clear: float) -> None:
    assert condition_of(rule(kind, **changed), "web-1").clear == pytest.approx(clear)


@pytest.mark.parametrize(
    ("interval_s", "critical"), [(1, 15), (3, 15), (3.1, 15.5), (10, 50), (60, 300)]
)  # fmt: skip
def test_a_host_is_silent_after_15_s_or_five_intervals(interval_s: float, critical: float) -> None:
    assert condition_of(rule("absence"), "web-1", interval_s).critical == pytest.approx(critical)


OVERRIDES = [
    {"hosts": ["db-*"], "warning": 90, "critical": 95, "for_seconds": 300},
    {"hosts": ["db-1", "build-*"], "enabled": False},
    {"hosts": ["web-9"], "warning": None, "clear": 1},
]


@pytest.mark.parametrize(
    ("host", "warning", "critical", "hold_s", "clear", "enabled"),
    [
        ("web-1", 80, 90, 0, 5, True),
        ("db-2", 90, 95, 300, 5, True),
        ("db-1", 90, 95, 300, 5, True),
        ("build-7", 80, 90, 0, 5, False),
        ("web-9", None, 90, 0, 1, True),
    ],
)
def test_the_first_override_that_names_a_host_counts(
    host: str, warning: float | None, critical: float, hold_s: float, clear: float, enabled: bool
) -> None:
    mine = rule(overrides=OVERRIDES)
    found = condition_of(mine, host)
    assert (found.warning, found.critical, found.hold.total_seconds(), found.clear) == (
        warning,
        critical,
        hold_s,
        clear,
    )
    assert mine.covers(host, {}) is enabled


def test_globs_are_made_once_for_each_rule_and_last_as_long() -> None:
    # 500 rules with 100 overrides each would push one another out of any cache of a size that one can afford.
    mine = rule(overrides=OVERRIDES, hosts=["*-1"], tags={"rack": ["7"]})
    before = globs.cache_info()
    assert mine.covers("web-1", {"rack": "7"})
    assert globs.cache_info() == before
    override = mine.overrides[0]
    assert override.names is override.names
    assert decode_rule(encode_rule(mine), "mine") == mine, "what was made is no part of the rule"


def test_a_rule_without_an_override_for_a_host_is_not_copied() -> None:
    mine = rule(overrides=OVERRIDES)
    assert mine.at("web-1") is mine


@pytest.mark.parametrize(
    ("changed", "host", "tags", "covers"),
    [
        ({}, "anything", {}, True),
        ({"hosts": ["web-*", "db-1"]}, "db-1", {}, True),
        ({"hosts": ["web-*", "db-1"]}, "db-2", {}, False),
        ({"tags": {"rack": ["7", "8*"]}}, "web-1", {"rack": "81"}, True),
        ({"tags": {"rack": ["7", "8*"]}}, "web-1", {"rack": "9"}, False),
        ({"tags": {"rack": ["7"], "role": ["*"]}}, "web-1", {"rack": "7"}, False),
        ({"tags": {"rack": ["*"]}}, "web-1", {}, False),
        ({"enabled": False}, "web-1", {}, False),
        ({"enabled": False, "overrides": [{"hosts": ["web-1"], "enabled": True}]}, "web-1", {}, True),
        ({"enabled": False, "overrides": [{"hosts": ["web-1"], "enabled": True}]}, "web-2", {}, False),
    ],
)
def test_covers(changed: dict[str, Any], host: str, tags: dict[str, str], covers: bool) -> None:
    assert rule(**changed).covers(host, tags) is covers


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"\xc1", "", id="no msgpack"),
        pytest.param(b"\x91" * 5_000, "", id="deep nesting"),
        pytest.param(msgpack.packb(content(name="other")), "that of the key, 'mine', got 'other'", id="another key"),
        pytest.param(msgpack.packb(content(family="x")), "family: expected one of", id="a rule that fits no family"),
        pytest.param(msgpack.packb(content(description="x" * 2_001)), "length <= 2000", id="long description"),
        pytest.param(b"\0" * (256 * 1024 + 1), "at most 262144 bytes", id="too large"),
    ],
)
def test_a_body_that_is_no_rule_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(RuleError) as refused:
        decode_rule(body, "mine")
    assert problem in str(refused.value)


def test_a_rule_that_is_too_large_is_not_written() -> None:
    overrides = [{"hosts": [f"{number:03}-{glob:03}{'x' * 240}" for glob in range(20)]} for number in range(100)]
    with pytest.raises(RuleError, match="shorten its overrides"):
        encode_rule(rule(overrides=overrides))


def test_a_newer_version_is_told_apart() -> None:
    newer = {**content(), "v": 2, "strange": 1}
    with pytest.raises(NewerRuleError):
        decode_rule(msgpack.packb(newer), "mine")
    with pytest.raises(NewerRuleError):
        rule_from(newer)


@pytest.mark.parametrize(
    ("listed", "problems"),
    [
        pytest.param([content(), content()], ["rules, number 2: 'mine' is named twice; rename one"], id="twice"),
        pytest.param([content(name="A"), content(name="b", warning=95), 7],
                     ["rules, number 1: name", "rules, number 2: critical", "rules, number 3: expected a mapping"],
                     id="all of all"),
        pytest.param([content()] * (RULES_MAX + 1), [f"rules: expected at most {RULES_MAX}"], id="too many"),
    ],
)  # fmt: skip
def test_a_list_of_rules_is_refused_as_a_whole(listed: list[Any], problems: list[str]) -> None:
    with pytest.raises(RuleError) as refused:
        rules_from({"rules": listed})
    for problem, expected in zip(refused.value.problems, problems, strict=True):
        assert problem.startswith(expected)


@pytest.mark.parametrize("whole", [None, [], {}, {"rules": None}, {"rules": [], "more": 1}, "rules"])
def test_what_is_no_list_of_rules_is_refused(whole: Any) -> None:
    with pytest.raises(RuleError, match="expected one key, rules"):
        rules_from(whole)


hostile = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=9) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(list(KINDS)), st.sampled_from(Rule.__struct_fields__), hostile)
def test_a_rule_with_anything_in_a_field_is_taken_or_refused(kind: str, field: str, value: Any) -> None:
    try:
        taken = rule_from({**content(kind), field: value})
    except RuleError:
        return
    assert decode_rule(encode_rule(taken), taken.name) == taken
    condition_of(taken, "web-1", 1.0)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(RuleError):
        decode_rule(body, "mine")
