"""The rules that are shipped are good, say what the requirements ask for, and fit the families."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.check import check_rule
from shared.alerts.condition import condition_of
from shared.alerts.rule_encoding import RuleError
from shared.runtime.default_rules import default_rules, rules_from_text

RULES = {rule.name: rule for rule in default_rules()}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_it_fits_the_families_and_says_what_it_is_for(rule: object) -> None:
    assert check_rule(rule) == []  # type: ignore[arg-type]
    description = rule.description  # type: ignore[attr-defined]
    assert description[0].isupper()
    assert description.endswith(".")


@pytest.mark.parametrize(
    ("name", "column", "warning", "critical", "hold_s", "clear", "enabled"),
    [
        ("cpu", "total_percent", 80, 90, 60, 5, True),
        ("memory", "used_percent", 85, 95, 60, 5, True),
        ("disk", "used_percent", 80, 90, 0, 5, True),
        ("disk_read_wait", "read_await_seconds", 0.1, None, 60, 0.02, True),
        ("disk_write_wait", "write_await_seconds", 0.1, None, 60, 0.02, True),
        ("host_silent", None, None, 15, 0, 0, True),
        ("disk_full_soon", "used_percent", 86_400, 14_400, 1_800, 8_640, False),
    ],
)
def test_its_levels(
    name: str, column: str | None, warning: float, critical: float, hold_s: float, clear: float, enabled: bool
) -> None:
    rule = RULES[name]
    found = condition_of(rule, "web-1", 1.0)
    assert (rule.column, rule.enabled) == (column, enabled)
    assert (found.warning, found.critical, found.hold.total_seconds()) == (warning, critical, hold_s)
    assert found.clear == pytest.approx(clear)


def test_all_are_listed_here() -> None:
    assert list(RULES) == [
        "cpu", "memory", "disk", "disk_read_wait", "disk_write_wait", "host_silent", "disk_full_soon",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "rules: [", "rules: {}", "a: &a [*a]", "", "rules:\n- name: x\n  warning: .nan\n",
        "name: 2026-02-30", "name: 0x_", "name: !!int x", "name: !!bool x", "name: !!float ''", "name: !!timestamp x",
        "name: 2026-01-01T00:00:00+99:00", "{[a]: b}", "[" * 5_000, "\0", "&a : *a",
    ],
)  # fmt: skip
def test_a_text_that_holds_no_rules_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        rules_from_text(text)


yaml_like = st.text("0123456789abx_:.-+~'\"!&*[]{}?|>%@ \n\t,#<=TZ", max_size=30) | st.builds(
    "{}{}".format,
    st.sampled_from(["!!int ", "!!float ", "!!bool ", "!!timestamp ", "!!set ", "!!binary ", "0x", "0b"]),
    st.text("0123456789abx_:.-+TZ'\"{}", max_size=12),
)  # fmt: skip


@settings(max_examples=400)
@given(yaml_like)
def test_any_text_that_holds_no_rules_is_refused_with_the_one_error(text: str) -> None:
    with pytest.raises(RuleError):
        rules_from_text(f"name: {text}")
