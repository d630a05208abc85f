"""The route for health, open to everybody, and the description of the API."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency

from services.api.answers import Answer
from services.api.context import context_of
from services.api.health.checks import HealthBoard
from services.api.health.schemas import Health
from services.api.routes import PREFIX


class HealthController(Controller):
    """How the product is doing."""

    path = PREFIX
    tags = ("health",)

    @get("/health", operation_id="readHealth")
    async def health(self, request: Request[Any, Any, Any], board: NamedDependency[HealthBoard]) -> Health:
        """Return whether everything works; with a token also each part, the versions and the stream. Always 200."""
        return board.health(full=context_of(request.scope).caller is not None)

    @get("/schema", operation_id="readSchema")
    async def schema(self, description: NamedDependency[bytes]) -> Answer[bytes]:
        """Return this description of the API, as OpenAPI."""
        return Answer(description, media_type="application/json")
