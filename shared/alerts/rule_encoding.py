"""Rules as others hold them: msgpack in the bucket, mappings of YAML and JSON; nothing unknown is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.alerts.check import check_rule
from shared.alerts.problems import ProblemsError, problem_of
from shared.alerts.rule import RULE_BYTES_MAX, RULE_VERSION, RULES_MAX, Rule


class RuleError(ProblemsError):
    """One or more rules cannot be used; `problems` names each. Tell whoever wrote them, and leave the others be."""


class NewerRuleError(RuleError):
    """A rule is of a later version. Leave it where it is; a later release can read it."""


class _VersionOnly(msgspec.Struct):
    v: int = RULE_VERSION


_rules = msgspec.msgpack.Decoder(Rule)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def rule_from(content: Any) -> Rule:
    """Return the rule in what YAML or JSON made of a text; raise RuleError with every problem."""
    if not isinstance(content, Mapping):
        raise RuleError([f"expected a mapping of the rule's fields, got {type(content).__name__}"])
    if isinstance(content.get("v"), int):
        _refuse_newer(content["v"])
    try:
        rule = msgspec.convert(content, Rule)
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RuleError([problem_of(error)]) from error
    return _checked(rule)


def rules_from(content: Any) -> tuple[Rule, ...]:
    """Return the rules in a mapping with the one key `rules`; raise RuleError with every problem of all."""
    listed = content.get("rules") if isinstance(content, Mapping) and set(content) == {"rules"} else None
    if not isinstance(listed, list):
        raise RuleError(["expected one key, rules, with a list of rules"])
    if len(listed) > RULES_MAX:
        raise RuleError([f"rules: expected at most {RULES_MAX}, got {len(listed)}; leave some out"])
    problems: list[str] = []
    found: dict[str, Rule] = {}
    for number, each in enumerate(listed, 1):
        try:
            rule = rule_from(each)
            if rule.name in found:
                problems.append(f"rules, number {number}: {rule.name!r} is named twice; rename one")
            found[rule.name] = rule
        except RuleError as error:
            problems += [f"rules, number {number}: {problem}" for problem in error.problems]
    if problems:
        raise RuleError(problems)
    return tuple(found.values())


def to_mapping(rule: Rule) -> dict[str, Any]:
    """Return the rule as plain values for JSON or YAML, without what is at its default."""
    content: dict[str, Any] = msgspec.to_builtins(rule)
    return {"v": rule.v, **content}


def encode_rule(rule: Rule) -> bytes:
    """Return the rule as the bucket holds it; raise RuleError when it is too large for that."""
    body = msgspec.msgpack.encode(to_mapping(rule))
    if len(body) > RULE_BYTES_MAX:
        raise RuleError([f"expected at most {RULE_BYTES_MAX} bytes, got {len(body)}; shorten its overrides"])
    return body


def decode_rule(body: bytes, name: str) -> Rule:
    """Return the rule that the bucket holds under a name; raise RuleError, and nothing else, with every problem."""
    if len(body) > RULE_BYTES_MAX:
        raise RuleError([f"expected at most {RULE_BYTES_MAX} bytes, got {len(body)}"])
    try:
        _refuse_newer(_versions.decode(body).v)
        rule = _rules.decode(body)
    except RuleError:
        raise
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RuleError([problem_of(error)]) from error
    if rule.name != name:
        raise RuleError([f"name: expected that of the key, {name!r}, got {rule.name!r}"])
    return _checked(rule)


def _checked(rule: Rule) -> Rule:
    problems = check_rule(rule)
    if problems:
        raise RuleError(problems)
    return rule


def _refuse_newer(version: int) -> None:
    if version > RULE_VERSION:
        raise NewerRuleError([f"v: expected {RULE_VERSION}, got the newer {version}; upgrade to change this rule"])
