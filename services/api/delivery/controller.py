"""The route for delivery of one host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from services.api.delivery.judge import STEPS_MAX, STEPS_MIN, Asked, delivery_of, step_seconds_of
from services.api.delivery.queries import DeliveryQueries
from services.api.delivery.schemas import Delivery
from services.api.errors import NotFoundError
from services.api.hosts.inventories import Inventories
from services.api.live.latest import Latest
from services.api.metrics.times import ACCEPTED, Range, parse_range
from services.api.routes import PREFIX
from services.api.scope import Scope
from shared.subjects import is_host_name
from shared.wire.limits import AHEAD_SECONDS_MAX

AHEAD_MAX = timedelta(seconds=AHEAD_SECONDS_MAX)

Start = Annotated[str, QueryParameter(max_length=64, description=f"Start of the range, included: {ACCEPTED}.")]
End = Annotated[
    str | None, QueryParameter(max_length=64, description=f"End of the range, excluded: {ACCEPTED}. None is now.")
]
Points = Annotated[
    int, QueryParameter(ge=STEPS_MIN, le=STEPS_MAX, description="Steps that the timeline may have at most.")
]


class DeliveryController(Controller):
    """What of a host's sample sets arrived, and what did not."""

    path = f"{PREFIX}/hosts"
    tags = ("hosts",)

    @get("/{host:str}/delivery", operation_id="readDelivery")
    async def read_delivery(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        delivery: NamedDependency[DeliveryQueries],
        latest: NamedDependency[Latest],
        inventories: NamedDependency[Inventories],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        host: FromPath[str],
        start: Start = "-24h",
        end: End = None,
        points_max: Points = STEPS_MAX,
    ) -> Delivery:
        """Return what arrived of one host within [start, end), what is missing, late or unusable, and when.

        What is still on its way, or in the host's spool, is missing until it arrives; awaited of it is what may be on
        its way from the stream to the database.
        """
        now = clock()
        span = parse_range(start, end, now)
        if not visible.sees(host) or not is_host_name(host):
            raise NotFoundError(f"There is no host {host[:80]!r}; GET /api/v1/hosts lists them.", field="host")
        # Without an end everything that came counts, also of a host whose clock is ahead.
        until = span.end + AHEAD_MAX if end is None else span.end
        found = await delivery.read(Asked(host, Range(span.start, until), step_seconds_of(span, points_max), now))
        if found.is_empty and latest.get(host) is None and inventories.get(host) is None:
            raise NotFoundError(f"There is no host {host[:80]!r}; GET /api/v1/hosts lists them.", field="host")
        return delivery_of(host, span, found, inventories.host_ids(host))
