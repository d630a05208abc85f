"""Reads the rules that a new installation begins with, from the file that is shipped with them."""

from __future__ import annotations

from importlib import resources

import yaml

from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import RuleError, rules_from

# PyYAML lets pass what Python says of a scalar that only looks like a date or a number, as 2026-02-30 or 0x_ do.
_NOT_YAML = (
    yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError,
)  # fmt: skip


def default_rules() -> tuple[Rule, ...]:
    """Return the default rules; they are part of the product, so one that cannot be used is a bug."""
    return rules_from_text(resources.files("shared.alerts").joinpath("defaults.yaml").read_text(encoding="utf-8"))


def rules_from_text(text: str) -> tuple[Rule, ...]:
    """Return the rules of a YAML text; raise RuleError with every problem."""
    try:
        content = yaml.safe_load(text)
    except _NOT_YAML as error:
        raise RuleError([f"expected YAML: {str(error)[:300]}"]) from error
    return rules_from(content)
