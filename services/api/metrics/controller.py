"""Routes for families: their definitions, what is current, and ranges over time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from services.api.answers import CSV, JSON, MSGPACK, Answer, CsvAnswer, preferred
from services.api.live.latest import Latest
from services.api.metrics.csv import csv_chunks
from services.api.metrics.current import current_page, processes_page
from services.api.metrics.families import all_families, require_family, require_gauges
from services.api.metrics.queries import Asked, MetricQueries
from services.api.metrics.schemas import Current, Families, MetricRange, Processes
from services.api.metrics.times import ACCEPTED, parse_range
from services.api.parameters import Cursor, Hosts, Limit, host_patterns
from services.api.routes import PREFIX
from services.api.scope import Scope
from shared.resolution import POINTS_MAX_DEFAULT, POINTS_MAX_LIMIT

Instant = Annotated[str, QueryParameter(max_length=64, description=f"Start of the range, included: {ACCEPTED}.")]
LastInstant = Annotated[
    str | None, QueryParameter(max_length=64, description=f"End of the range, excluded: {ACCEPTED}. None is now.")
]
Columns = Annotated[
    str | None, QueryParameter(max_length=4_000, description="Gauges with commas between; none is all.")
]
Points = Annotated[
    int, QueryParameter(ge=2, le=POINTS_MAX_LIMIT, description="Most points of time; more become averages of steps.")
]
FamilyName = Annotated[str | None, QueryParameter(max_length=64, description="One family; none is all.")]
ProcessOrder = Annotated[
    Literal["cpu_percent", "resident_bytes", "memory_percent"],
    QueryParameter(description="Gauge to order by, largest first."),
]


class MetricsController(Controller):
    """Families and their rows."""

    path = PREFIX
    tags = ("metrics",)

    @get("/families", operation_id="listFamilies")
    async def families(self) -> Families:
        """Return every family with its columns, units and what a page draws first."""
        return all_families()

    @get("/metrics/current", operation_id="readCurrent")
    async def current(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        latest: NamedDependency[Latest],
        visible: NamedDependency[Scope],
        host: Hosts = None,
        family: FamilyName = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Current:
        """Return the newest rows of every host and family; works while the database is away."""
        families = None if family is None else {require_family(family).name}
        return current_page(latest, visible.filter(host_patterns(host)), families, limit, cursor)

    @get("/metrics/processes", operation_id="listProcesses")
    async def processes(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        latest: NamedDependency[Latest],
        visible: NamedDependency[Scope],
        host: Hosts = None,
        sort: ProcessOrder = "cpu_percent",
        limit: Limit = 15,
        cursor: Cursor = None,
    ) -> Processes:
        """Return the processes that use most now; works while the database is away."""
        return processes_page(latest, visible.filter(host_patterns(host)), sort, limit, cursor)

    @get("/metrics/{family:str}", operation_id="readMetrics")
    async def read(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        request: Request[Any, Any, Any],
        metric_queries: NamedDependency[MetricQueries],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        family: FromPath[str],
        host: Hosts = None,
        start: Instant = "-15m",
        end: LastInstant = None,
        columns: Columns = None,
        points_max: Points = POINTS_MAX_DEFAULT,
    ) -> Answer[MetricRange]:
        """Return every series of the family within [start, end); CSV on `Accept: text/csv`."""
        definition, now = require_family(family), clock()
        gauges = require_gauges(definition, columns)
        asked = Asked(parse_range(start, end, now), points_max, now)
        answer = await metric_queries.read(visible, definition, gauges, host_patterns(host), asked)
        if preferred(request.headers.get("accept", ""), (JSON, MSGPACK, CSV)) == CSV:
            return CsvAnswer(answer, csv_chunks(definition, gauges, answer))
        return Answer(answer)
