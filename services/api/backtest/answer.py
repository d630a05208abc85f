"""The answer of a back-test from what was told of each host; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.api.backtest.incidents import Incidents
from services.api.backtest.plan import NOT_KEPT, Asked
from services.api.backtest.schemas import Backtest, BacktestPart, BacktestTotal

BY_ARRIVAL = (
    "By the times at which the broker received sample sets. That alerting itself was away is not known of the past, a "
    "time in which nobody was heard makes no host silent, and bus_silent is not tried."
)


def answer_of(
    asked: Asked, judged: Sequence[Incidents], parts: list[BacktestPart], rows: int, notes: list[str]
) -> Backtest:
    """Return the answer: hosts by name, and of each the newest incidents, the oldest first."""
    incidents = [incident for each in judged for incident in each.finished()]
    hosts = [each.summary for each in judged]
    total = BacktestTotal(
        hosts=len(hosts),
        hosts_with_incidents=sum(host.incidents > 0 for host in hosts),
        incidents=sum(host.incidents for host in hosts),
        critical=sum(host.critical for host in hosts),
        seconds=round(sum(host.seconds for host in hosts), 3),
        rows=rows,
    )
    left_out = total.incidents - len(incidents)
    return Backtest(asked.span.start, asked.span.end, total, hosts, incidents, left_out, parts, notes)


def ledger_part(asked: Asked, known_since: datetime) -> list[BacktestPart]:
    """Return what the ledger tells of a range: it reaches back as far as raw samples do."""
    start, end = asked.span.start, asked.span.end
    since = min(max(start, known_since), end)
    unknown = [BacktestPart(start, since, None, False, NOT_KEPT)] if start < since else []
    known = [BacktestPart(since, end, "ledger", False, BY_ARRIVAL)] if since < end else []
    return unknown + known
