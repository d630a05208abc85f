"""Bodies of the routes for alert rules."""

from __future__ import annotations

import msgspec

from shared.alerts.rule import Rule


class AlertRule(Rule, frozen=True, kw_only=True, omit_defaults=False):
    """An alert rule. What is left out of a body is at its default; an answer names every field.

    A level that is reached counts. What the levels, and `clear`, are measured in depends on the kind: the column's unit
    (threshold), that per second (rate), seconds until `target` is reached (forecast), standard deviations (deviation),
    seconds without a message (absence). Of `overrides` the first that names a host counts there.
    """


class KeptRule(msgspec.Struct, frozen=True):
    """One rule as it is kept; `revision` is another one after each change."""

    name: str
    revision: int
    rule: AlertRule | None
    """Null where what is kept cannot be read: `problem` says why."""
    problem: str | None


class Rules(msgspec.Struct, frozen=True):
    """One page of rules by name; `next_cursor` asks for the next."""

    rules: list[KeptRule]
    next_cursor: str | None
