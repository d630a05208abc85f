"""Routes and policy as their bucket holds them: one value, which is read and replaced as a whole."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from services.api.audit import Actor
from services.api.bodies import fields_of, unacceptable
from services.api.buckets import Bucket, Kept, fence_of
from services.api.errors import ConflictError
from services.api.routing.schemas import AlertEscalation, AlertRoute, AlertRouting, KeptRouting
from services.api.trail import Trail
from shared.alerts.routing import (
    NewerRoutingError,
    Routing,
    RoutingError,
    decode_routing,
    encode_routing,
    routing_from,
)
from shared.subjects import ROUTES_KEY


class RoutingBook:
    """Who is told of what; whoever changes it is kept in the audit."""

    def __init__(self, bucket: Bucket, trail: Trail) -> None:
        self._bucket = bucket
        self._trail = trail

    async def routing(self) -> KeptRouting:
        """Return routes and policy; those of an installation in which nobody has set any, where there are none."""
        return shown(await self._bucket.read(ROUTES_KEY))

    async def put(self, actor: Actor, body: Any, revision: int | None) -> KeptRouting:
        """Replace all of it; raise UnacceptableError with every problem, and change nothing then."""
        routing = routing_of(body)
        before = await self._bucket.read(ROUTES_KEY)
        fence = fence_of(before, revision)
        if before is not None and before.body is not None and is_newer(before.body):
            raise ConflictError("A later release has written the routes; upgrade to change them.")
        made = await self._bucket.put(ROUTES_KEY, encode_routing(routing), fence)
        detail = f"revision {made}, {len(routing.routes)} routes"
        await self._trail.note(actor, "routes changed", ROUTES_KEY, detail)
        return KeptRouting(made, _whole(routing), None)


def routing_of(body: Any) -> Routing:
    """Return routes and policy in a body; raise UnacceptableError with every problem."""
    try:
        routing = routing_from(fields_of(body))
        encode_routing(routing)
    except RoutingError as error:
        raise unacceptable(error.problems) from None
    return routing


def is_newer(body: bytes) -> bool:
    """Return whether a later release has written what stands there."""
    try:
        decode_routing(body)
    except NewerRoutingError:
        return True
    except RoutingError:
        pass
    return False


def shown(kept: Kept | None) -> KeptRouting:
    """Return routes and policy as callers see them; where they cannot be read, with the reason."""
    if kept is None or kept.body is None:
        return KeptRouting(0, _whole(Routing()), None)
    try:
        routing = decode_routing(kept.body)
    except RoutingError as error:
        return KeptRouting(kept.revision, None, str(error)[:1_000])
    return KeptRouting(kept.revision, _whole(routing), None)


def _whole(routing: Routing) -> AlertRouting:
    """Return them with every field of every part."""
    routes = tuple(AlertRoute(**asdict(route)) for route in routing.routes)
    escalations = tuple(AlertEscalation(**asdict(escalation)) for escalation in routing.escalations)
    return AlertRouting(**{**asdict(routing), "routes": routes, "escalations": escalations})
