"""Asks the API's queries, as the role that may only read, and takes the answer apart as a client does."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from services.api.answers import JSON
from services.api.database import Limits, open_database
from services.api.metrics.asked import Asked
from services.api.metrics.queries import MetricQueries
from services.api.metrics.schemas import MetricRange
from services.api.metrics.times import Range
from services.api.observations import Observations
from services.api.scope import Scope
from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import POINTS_MAX_DEFAULT, POINTS_MAX_LIMIT
from tests.integration.conftest import Database
from tests.integration.storage.cases import Case

SCOPE = Scope("suite")
STATEMENT_S_MAX = 10


@asynccontextmanager
async def queries(database: Database) -> AsyncIterator[MetricQueries]:
    """Yield the API's queries of one database; nothing is answered from memory."""
    opened = await open_database(database.read_url, None, Limits(1, STATEMENT_S_MAX), read_only=True)
    try:
        yield MetricQueries(opened, Observations(), 0)
    finally:
        await opened.close()


def asked(case: Case, end: datetime) -> Asked:
    """Return the request of a case, for samples that end then; that instant is now."""
    step_s = case.step_s if case.points_max is None else None
    plain = request(FAMILIES[case.family], case.gauges, case.span(end), step_s)
    points_max = case.points_max or POINTS_MAX_DEFAULT
    return dataclasses.replace(
        plain, hosts=case.hosts, labels=_grouped(case.labels), aggregate=case.aggregate, points_max=points_max, now=end
    )


def request(family: Family, gauges: Sequence[str], span: tuple[datetime, datetime], step_s: int | None = None) -> Asked:
    """Return a request for averages of all hosts until now, in steps or else as they are stored."""
    return Asked(
        family=family,
        gauges=tuple(gauge for gauge in family.gauges if gauge.name in gauges),
        hosts=("*",),
        labels={},
        range=Range(*span),
        step_seconds=step_s,
        points_max=POINTS_MAX_LIMIT,
        aggregate="avg",
        now=span[1],
    )


async def ask(reader: MetricQueries, wanted: Asked) -> MetricRange:
    """Return the answer after its way through JSON."""
    answer = await reader.read(wanted, SCOPE, JSON)
    return msgspec.json.decode(msgspec.json.encode(answer), type=MetricRange)


def _grouped(labels: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for name, value in labels:
        grouped[name] = (*grouped.get(name, ()), value)
    return grouped
