"""Rules and hosts as their buckets hold them, read into what the evaluator takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from services.alerting.buckets import Value, Values
from services.alerting.change import Change
from services.alerting.evaluate import Evaluator
from shared.alerts.rule import RULES_MAX, Rule
from shared.alerts.rule_encoding import RuleError, decode_rule
from shared.alerts.state import BEGINNING
from shared.subjects import TokenError, untoken
from shared.wire.decode import DecodeError
from shared.wire.inventory import decode_inventory

log = logging.getLogger(__name__)

Decided = Callable[[Iterable[Change]], None]


class KnownRules:
    """The rules of the bucket; one that cannot be read counts in the last version that could."""

    def __init__(self, evaluator: Evaluator, decided: Decided) -> None:
        self.is_read = False
        self._evaluator = evaluator
        self._decided = decided
        self._rules: dict[str, Rule] = {}
        self._is_full = False

    def all(self, values: Values) -> None:
        """Take over the whole bucket."""
        self._rules = {key: rule for key, rule in self._rules.items() if key in values}
        for key, value in values.items():
            self._take(key, value)
        self.is_read = True
        self._changed(max((value.time for value in values.values()), default=BEGINNING))

    def change(self, key: str, value: Value) -> None:
        """Take over one value."""
        self._take(key, value)
        self._changed(value.time)

    def _take(self, key: str, value: Value) -> None:
        if value.body is None:
            self._rules.pop(key, None)
            return
        if key not in self._rules and len(self._rules) >= RULES_MAX:
            if not self._is_full:
                log.warning("more rules than there may be: the rest is passed over", extra={"rules_max": RULES_MAX})
            self._is_full = True
            return
        try:
            self._rules[key] = decode_rule(value.body, untoken(key))
        except (RuleError, TokenError) as error:
            log.warning("rule cannot be used", extra={"key": key[:200], "reason": str(error)[:1_000]})

    def _changed(self, time: datetime) -> None:
        # By the broker's time of the newest change: every evaluator ends by it what ends by it.
        self._decided(self._evaluator.rules_changed(self._rules.values(), time))


class KnownHosts:
    """The hosts of the bucket, by their tags."""

    def __init__(self, evaluator: Evaluator, decided: Decided) -> None:
        self.is_read = False
        self._evaluator = evaluator
        self._decided = decided
        self._known: set[str] = set()

    def all(self, values: Values) -> None:
        """Take over the whole bucket."""
        newest = max((value.time for value in values.values()), default=BEGINNING)
        for key in self._known - set(values):
            self.change(key, Value(None, newest))
        for key, value in values.items():
            self.change(key, value)
        self.is_read = True

    def change(self, key: str, value: Value) -> None:
        """Take over one value; an inventory that cannot be read changes nothing."""
        try:
            host = untoken(key)
            tags: Mapping[str, str] | None = None
            if value.body is not None:
                tags = decode_inventory(value.body, host).tags
        except (DecodeError, TokenError) as error:
            log.warning("inventory cannot be used", extra={"key": key[:200], "reason": str(error)[:300]})
            return
        if tags is None:
            self._known.discard(key)
        else:
            self._known.add(key)
        self._decided(self._evaluator.host_changed(host, tags, value.time))
