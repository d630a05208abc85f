"""Which series of one row set a rule looks at, what each is called, and its value there."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from statistics import fmean
from typing import Any, TypeVar

from shared.alerts.rule import Aggregate, Rule
from shared.families import FAMILIES
from shared.family import Family
from shared.glob import matcher
from shared.subjects import token
from shared.wire.limits import REAL_MAX

Labels = tuple[str, ...]
"""Values of a family's labels, in their order; empty where a rule aggregates, and in families without labels."""

SERIES_PER_HOST_MAX = 1_000
"""Series of one rule on one host that are watched: a host that mounts without end must not take the room of others."""

HOST_SERIES = "host"
"""The series of an alert on a whole host, such as its silence."""

BUS_HOST = "bus"
"""Stands where a host's name does in the alert of the bus itself, which has a rule's name of its own."""

SERIES_TOKEN_CHARACTERS_MAX = 128
_READABLE_CHARACTERS_MAX = 80
_HASH_CHARACTERS = 40

Key = TypeVar("Key", bound=Hashable)

_AGGREGATES: Mapping[Aggregate, Callable[[Collection[float]], float]] = {
    "max": max, "min": min, "avg": fmean, "sum": math.fsum,
}  # fmt: skip
"""None depends on the order of rows, which is not stored."""


class Selection:
    """What a rule looks at in the rows of its family."""

    def __init__(self, rule: Rule, families: Mapping[str, Family] = FAMILIES) -> None:
        family = families[rule.family or ""]
        names = family.column_names
        self._value_at = names.index(rule.column or "")
        self._labels_count = len(family.labels)
        self._texts = [names.index(label.name) for label in family.labels if label.type is not str]
        self._wanted = [(names.index(label), matcher(patterns)) for label, patterns in rule.labels.items()]
        self._aggregate = None if rule.aggregate is None else _AGGREGATES[rule.aggregate]

    def values(self, rows: Iterable[tuple[Any, ...]]) -> dict[Labels, float]:
        """Return the value of each series that the rule looks at; a series without a value is not there.

        Of rows with the same labels, which no collector sends, the last one counts.
        """
        found: dict[Labels, float] = {}
        for row in rows:
            value = row[self._value_at]
            if value is not None and self.looks_at(row):
                found[self.labels_of(row)] = float(value)
        if self._aggregate is None or not found:
            return found
        return {(): self.whole(found.values())}

    @property
    def aggregates(self) -> bool:
        """Whether all rows of a source that it looks at make one series."""
        return self._aggregate is not None

    def looks_at(self, row: tuple[Any, ...]) -> bool:
        """Return whether the rule looks at a row, or at the row that begins with these labels."""
        return all(matches(str(row[at])) for at, matches in self._wanted)

    def whole(self, values: Collection[float]) -> float:
        """Return what the values of one instant come to together."""
        assert self._aggregate is not None
        # A sum may exceed what the wire takes as a number.
        return max(-REAL_MAX, min(REAL_MAX, float(self._aggregate(values))))

    def labels_of(self, row: tuple[Any, ...]) -> Labels:
        """Return the labels of a row, or those that it begins with, as the name of its series."""
        labels = row[: self._labels_count]
        return tuple(map(str, labels)) if self._texts else labels


def admitted(
    found: Mapping[Key, float], known: Collection[Key], series_max: int = SERIES_PER_HOST_MAX
) -> tuple[Mapping[Key, float], int]:
    """Return the values of the series that are watched, and how many are left out for want of room.

    `known` are the series of the rule on the host that are watched already: these stay, and new ones come, in the
    order of their rows, as long as there is room. Whoever forgets a series that is gone makes room.
    """
    if len(found) + len(known) <= series_max:
        return found, 0
    room = series_max - len(known)
    watched = {}
    for key, value in found.items():
        if key in known:
            watched[key] = value
        elif room > 0:
            watched[key] = value
            room -= 1
    return watched, len(found) - len(watched)


def label_names(rule: Rule, families: Mapping[str, Family] = FAMILIES) -> tuple[str, ...]:
    """Return the names that belong to the labels of a rule's series."""
    if rule.aggregate is not None or rule.family is None:
        return ()
    return tuple(label.name for label in families[rule.family].labels)


def series_token(source: str, labels: Labels) -> str:
    """Return the name of a host's series in subjects and keys: 1 to 128 characters of a token, one for each series.

    A short one is `token("<source>,<label>,<label>")`, where a comma or backslash of a value has a backslash in
    front. Of a long one the beginning stays, followed by `==` and a hash: no token holds `==`, so the two never meet.
    """
    text = ",".join(re.sub(r"[\\,]", r"\\\g<0>", part) for part in (source, *labels))
    whole = token(text)
    if len(whole) <= SERIES_TOKEN_CHARACTERS_MAX:
        return whole
    # A cut within `=XX` would leave what no reader can spell.
    beginning = re.sub(r"=[0-9A-F]?\Z", "", whole[:_READABLE_CHARACTERS_MAX])
    return f"{beginning}=={hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARACTERS]}"
