"""Routes for who is told of what; they need the bus and no database."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from services.api.audit import Actor
from services.api.configured import Configured
from services.api.parameters import Revision
from services.api.routes import PREFIX
from services.api.routing.schemas import KeptRouting


class RoutingController(Controller):
    """Routes and policy: who is told of what, and how often."""

    path = f"{PREFIX}/routes"
    tags = ("routes",)

    @get("/", operation_id="readRoutes")
    async def read_routes(self, configured: NamedDependency[Configured]) -> KeptRouting:
        """Return all routes and the policy, with their revision."""
        return await configured.routing.routing()

    @put("/", operation_id="putRoutes")
    async def put_routes(
        self,
        data: JSONBody[Any],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
        revision: Revision = None,
    ) -> KeptRouting:
        """Replace all routes and the policy, which count at once; a body that cannot be used is told every problem.

        What stands there is replaced only with the `revision` of it, else the answer is 409.
        """
        return await configured.routing.put(actor, data, revision)
