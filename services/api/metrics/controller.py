"""Routes for families: their definitions, what is current, and ranges over time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from services.api.answers import CSV, JSON, MSGPACK, Answer, CsvAnswer, preferred
from services.api.context import context_of
from services.api.live.latest import Latest
from services.api.metrics.asked import Asked
from services.api.metrics.csv import csv_chunks
from services.api.metrics.current import current_page, processes_page
from services.api.metrics.families import (
    all_families,
    label_patterns,
    require_family,
    require_gauge,
    require_gauges,
)
from services.api.metrics.history import History
from services.api.metrics.schemas import Current, Families, MetricRange, Processes, Top
from services.api.metrics.times import ACCEPTED, STEP_ACCEPTED, parse_range, step_of
from services.api.metrics.top import Order, TopWish, top_of
from services.api.parameters import Cursor, Hosts, Limit, host_patterns
from services.api.routes import PREFIX
from services.api.scope import Scope
from shared.resolution import POINTS_MAX_DEFAULT, POINTS_MAX_LIMIT
from shared.select import Aggregate, Selection, select_rows

Instant = Annotated[str, QueryParameter(max_length=64, description=f"Start of the range, included: {ACCEPTED}.")]
LastInstant = Annotated[
    str | None, QueryParameter(max_length=64, description=f"End of the range, excluded: {ACCEPTED}. None is now.")
]
Columns = Annotated[
    str | None, QueryParameter(max_length=4_000, description="Gauges with commas between; none is all.")
]
Labels = Annotated[
    list[str] | None,
    QueryParameter(
        description="`<label>:<value or glob>` such as `interface:eth*`; may be given several times: "
        "one of those for the same label must match, and all labels."
    ),
]
Aggregates = Annotated[Aggregate, QueryParameter(description="What one point says of its step: average, least, most.")]
Step = Annotated[
    str | None,
    QueryParameter(
        max_length=16,
        description=f"Step between points: {STEP_ACCEPTED}; a multiple of what is kept of that age. "
        "Not together with points_max.",
    ),
]
Points = Annotated[
    int | None,
    QueryParameter(
        ge=2,
        le=POINTS_MAX_LIMIT,
        description=f"Most points of time, {POINTS_MAX_DEFAULT} without it; more become steps. Not together with step.",
    ),
]
GaugeName = Annotated[str | None, QueryParameter(max_length=64, description="Gauge to order by.")]
TopOrder = Annotated[Order, QueryParameter(description="Largest first (desc), or smallest (asc).")]
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
        history: NamedDependency[History],
        family: FromPath[str],
        host: Hosts = None,
        start: Instant = "-15m",
        end: LastInstant = None,
        columns: Columns = None,
        label: Labels = None,
        aggregate: Aggregates = "avg",
        step: Step = None,
        points_max: Points = None,
    ) -> Answer[MetricRange]:
        """Return every series of the family within [start, end), in whole steps; CSV on `Accept: text/csv`."""
        definition, now = require_family(family), history.now
        asked = Asked(
            definition, require_gauges(definition, columns), tuple(host_patterns(host)),
            label_patterns(definition, label), parse_range(start, end, now), step_of(step, points_max),
            points_max or POINTS_MAX_DEFAULT, aggregate, now,
        )  # fmt: skip
        form = preferred(request.headers.get("accept", ""), (JSON, MSGPACK, CSV))
        if form == CSV:
            return await _exported(await history.queries.plan_export(asked, history.visible), history, request)
        return Answer(cast(MetricRange, await history.queries.read(asked, history.visible, form)))

    @get("/metrics/{family:str}/top", operation_id="listTop")
    async def top(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        latest: NamedDependency[Latest],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        family: FromPath[str],
        column: GaugeName = None,
        host: Hosts = None,
        label: Labels = None,
        order: TopOrder = "desc",
        limit: Limit = 10,
    ) -> Top:
        """Return the series whose gauge is largest now; silent hosts are left out; works while the database is away."""
        definition = require_family(family)
        wish = TopWish(
            definition, require_gauge(definition, column), label_patterns(definition, label), order, limit
        )  # fmt: skip
        return top_of(latest, visible.filter(host_patterns(host)), wish, clock())


async def _exported(selection: Selection, history: History, request: Request[Any, Any, Any]) -> CsvAnswer[Any]:
    exports = history.exports
    context_of(request.scope).extend(exports.limits.seconds_max)
    pieces = csv_chunks(selection, exports.rows(select_rows(selection)))
    # The first piece before the status: what cannot be read is then still an error.
    return CsvAnswer(None, await anext(pieces), pieces, exports.limits.stalled_s_max)
