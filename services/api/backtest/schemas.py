"""Body and answer of the route that back-tests a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from shared.alerts.rule import Level as AlertLevel
from shared.alerts.state import Reason
from shared.glob import PATTERN_CHARACTERS_MAX, PATTERNS_MAX

Instant = Annotated[str, Meta(max_length=64)]
HostPattern = Annotated[str, Meta(min_length=1, max_length=PATTERN_CHARACTERS_MAX)]
HostPatterns = Annotated[list[HostPattern], Meta(max_length=PATTERNS_MAX)]
Source = Literal["raw", "1m", "5m", "1h", "ledger"]
"""What was read: samples as they came, rollups, or the ledger of sample sets."""


class BacktestWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it is kept, and the range to try it on; `host` narrows the hosts that the rule names."""

    rule: dict[str, Any]
    start: Instant = "-30d"
    end: Instant | None = None
    host: HostPatterns | None = None


class BacktestIncident(msgspec.Struct, frozen=True):
    """One incident: from when a level was first reached until the alert was over.

    `fired_at` is `since` and the hold. `until` is null where it still fired at the end of the range, and `seconds`
    then count up to there. `value` is what was compared as it fired, `peak` the worst while it did. One that was under
    way when the range began may have begun before `since`.
    """

    host: str
    source: str | None
    series: str
    labels: dict[str, str]
    level: AlertLevel
    since: datetime
    fired_at: datetime
    until: datetime | None
    seconds: float
    value: float
    peak: float
    reason: Reason | None
    """Why it ended, where no value ended it."""


class BacktestHost(msgspec.Struct, frozen=True):
    """What the rule would have told of one host; `seconds` add up those of its incidents."""

    host: str
    incidents: int
    critical: int
    """Incidents that came to be critical."""
    seconds: float


class BacktestTotal(msgspec.Struct, frozen=True):
    """What the rule would have told of all hosts; `rows` is how many stored rows were looked at."""

    hosts: int
    hosts_with_incidents: int
    incidents: int
    critical: int
    seconds: float
    rows: int


class BacktestPart(msgspec.Struct, frozen=True):
    """One part of the range, and what was read of it; null where nothing is kept of that age."""

    start: datetime
    end: datetime
    resolution: Source | None
    is_exact: bool
    """Whether the evaluator would have come to the same with these samples."""
    statement: str


class Backtest(msgspec.Struct, frozen=True):
    """When a rule would have fired within [start, end); of each host the newest incidents."""

    start: datetime
    end: datetime
    total: BacktestTotal
    hosts: list[BacktestHost]
    incidents: list[BacktestIncident]
    incidents_left_out: int
    parts: list[BacktestPart]
    notes: list[str]
    """What else the figures do not say, as sentences."""
