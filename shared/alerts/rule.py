"""What an alert rule says: which series it looks at, what is too much there, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.glob import PATTERN_CHARACTERS_MAX, PATTERNS_MAX, matcher
from shared.wire.limits import INTERVAL_SECONDS_MAX, REAL_MAX, TEXT_BYTES_MAX

RULE_VERSION = 1
RULE_NAME = r"[a-z0-9][a-z0-9_-]*"
RULE_NAME_CHARACTERS_MAX = 64
DESCRIPTION_CHARACTERS_MAX = 2_000
RULE_BYTES_MAX = 256 * 1024
RULES_MAX = 500
OVERRIDES_MAX = 100
CHANNELS_MAX = 50
"""So many there may be, and so many a rule or route may name."""
WINDOW_SECONDS_MAX = 7 * 86_400.0
FOR_SECONDS_MAX = 86_400.0
HORIZON_SECONDS_MAX = 366 * 86_400.0
"""The farthest that a forecast sees; what lies beyond, and what never comes, is told as this."""
BUS_SILENT = "bus_silent"
"""Name of the alert that says that nothing arrives from any host; no rule of a user may have it."""
BACKTEST = "backtest"
"""Stands where a rule's name does in the address that tries a draft; no rule may have it."""

Kind = Literal["threshold", "rate", "forecast", "deviation", "absence"]
Level = Literal["warning", "critical"]
Aggregate = Literal["max", "min", "avg", "sum"]
Comparison = Literal["above", "below"]
LEVELS: tuple[Level, ...] = ("warning", "critical")
"""From the lesser to the greater."""

# A bound in C refuses NaN and infinities as well: no comparison with NaN holds.
Number = Annotated[float, Meta(ge=-REAL_MAX, le=REAL_MAX)]
Seconds = Annotated[float, Meta(ge=0, le=FOR_SECONDS_MAX)]
Glob = Annotated[str, Meta(min_length=1, max_length=PATTERN_CHARACTERS_MAX)]
Globs = Annotated[tuple[Glob, ...], Meta(min_length=1, max_length=PATTERNS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=TEXT_BYTES_MAX)]
Instant = Annotated[datetime, Meta(tz=True)]
NAMES_MAX = 20
GlobsByName = Annotated[dict[Name, Globs], Meta(max_length=NAMES_MAX)]
ChannelName = Annotated[str, Meta(min_length=1, max_length=64)]
Channels = Annotated[tuple[ChannelName, ...], Meta(max_length=CHANNELS_MAX)]


# With a __dict__, which holds what its globs became: that is made once and lasts as long as the struct.
class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """What is different on some hosts; what is not named stays the rule's, and a level of null is none."""

    hosts: Globs
    enabled: bool | UnsetType = UNSET
    warning: Number | UnsetType | None = UNSET
    critical: Number | UnsetType | None = UNSET
    for_seconds: Seconds | UnsetType = UNSET
    clear: Number | UnsetType | None = UNSET

    @cached_property
    def names(self) -> Callable[[str], bool]:
        """Whether a host is one of those that this is about."""
        return matcher(self.hosts)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """One alert rule; `check_rule` tells what is wrong with it.

    A level that is reached counts: `above 80` is 80 and more. What the levels, and `clear`, are measured in depends on
    the kind: the column's unit (threshold), that per second (rate), seconds until `target` is reached (forecast),
    standard deviations (deviation), seconds without a message (absence).
    """

    v: int = RULE_VERSION
    name: Annotated[str, Meta(min_length=1, max_length=RULE_NAME_CHARACTERS_MAX)]
    description: Annotated[str, Meta(max_length=DESCRIPTION_CHARACTERS_MAX)] = ""
    enabled: bool = True
    kind: Kind = "threshold"
    family: Name | None = None
    column: Name | None = None
    aggregate: Aggregate | None = None
    """Over all rows of a host that the globs select; None looks at each series by itself."""
    comparison: Comparison = "above"
    warning: Number | None = None
    critical: Number | None = None
    for_seconds: Seconds = 0.0
    clear: Number | None = None
    """How far back a value must come from the level that it had reached; None is the kind's default."""
    window_seconds: Annotated[float, Meta(gt=0, le=WINDOW_SECONDS_MAX)] | None = None
    """How far back rate, forecast and deviation look."""
    target: Number | None = None
    """What the column must reach, above or below, for a forecast to have come true."""
    spread_min: Annotated[float, Meta(gt=0, le=REAL_MAX)] | None = None
    """The least spread that a deviation is measured by, in the column's unit; None is the unit's default."""
    intervals_min: Annotated[float, Meta(ge=2, le=INTERVAL_SECONDS_MAX)] | None = None
    """An absence counts only after so many intervals of the host, however small the levels are."""
    hosts: Globs = ("*",)
    tags: GlobsByName = {}
    """Tag → globs; a host must have every one of them."""
    labels: GlobsByName = {}
    """Label → globs; a row must match every one of them."""
    channels: dict[Level, Channels] = {}
    """Level → names of channels; where nothing is named, the routes decide."""
    overrides: Annotated[tuple[Override, ...], Meta(max_length=OVERRIDES_MAX)] = ()
    """For each host the first one that names it counts."""

    def at(self, host: str) -> Rule:
        """Return the rule as it is for one host; the same object where no override names the host."""
        for override in self.overrides:
            if override.names(host):
                return self.overridden(override)
        return self

    def overridden(self, override: Override) -> Rule:
        """Return the rule with what an override changes; without any overrides."""
        fields = ("enabled", "warning", "critical", "for_seconds", "clear")
        said = {field: getattr(override, field) for field in fields if getattr(override, field) is not UNSET}
        return msgspec.structs.replace(self, overrides=(), **said)

    def covers(self, host: str, tags: Mapping[str, str]) -> bool:
        """Return whether the rule looks at a host with these tags; one that is switched off there does not."""
        if not self._names(host):
            return False
        if not all(tag in tags and matches(tags[tag]) for tag, matches in self._tag_matchers):
            return False
        return self.at(host).enabled

    @cached_property
    def _names(self) -> Callable[[str], bool]:
        return matcher(self.hosts)

    @cached_property
    def _tag_matchers(self) -> tuple[tuple[str, Callable[[str], bool]], ...]:
        return tuple((tag, matcher(patterns)) for tag, patterns in self.tags.items())


BUS_RULE = Rule(
    name=BUS_SILENT, kind="absence", critical=15.0, intervals_min=5.0, description="Nothing arrives from any host."
)
"""The rule behind `bus_silent`: it is the product's own, and no user can change it."""


@lru_cache(maxsize=4_096)
def globs(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test that these patterns are; the last ones asked for are kept.

    It holds all of the routes, which are few. Rules and silences are many more, and keep their own.
    """
    return matcher(patterns)
