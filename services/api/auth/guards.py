"""Decides before each route whether the caller may use it, from the one list of routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from services.api.auth.sessions import EndedSessions
from services.api.auth.tokens import Caller, SigningKey, verify
from services.api.context import context_of
from services.api.errors import ApiError, BadParameterError, ForbiddenError, NotAuthenticatedError, NotFoundError
from services.api.routes import ROUTES, is_enough

Connection = ASGIConnection[BaseRouteHandler, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """Knows the callers of tokens, and which of them may use which route."""

    key: SigningKey
    sessions: EndedSessions
    clock: Callable[[], datetime]
    parameters: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Route → the names of its query parameters, once it was asked for."""

    def caller_of(self, token: str) -> Caller:
        """Return who a token speaks for; raise NotAuthenticatedError when it does not hold."""
        return self.sessions.require_open(verify(self.key, token, self.clock()))

    async def guard(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the connection pass, or raise; a route that is not in the list is refused to everybody.

        Awaits nothing, but the framework would run an ordinary function in a thread, which takes longer than all this.
        """
        scope: dict[str, Any] = dict(connection.scope)
        context = context_of(scope)
        context.route = scope["path_template"]
        if scope["type"] == "websocket":
            return
        method = scope["method"]
        if method == "OPTIONS":
            raise MethodNotAllowedException(headers={"Allow": allowed(context.route)})
        least = ROUTES.get((method, context.route))
        if least is None:
            raise NotFoundError("There is no such route.")
        token = bearer(connection.headers.get("authorization"))
        if least == "open":
            context.caller = self._caller_or_none(token)
        elif token is None:
            raise NotAuthenticatedError("Expected the header 'Authorization: Bearer <access token>'; sign in first.")
        else:
            context.caller = self.caller_of(token)
            if not is_enough(context.caller.role, least):
                caller = context.caller
                raise ForbiddenError(f"This needs the role {least}; {caller.username} has the role {caller.role}.")
        require_known_parameters(connection, self._parameters_of((method, context.route), handler))

    def _parameters_of(self, route: tuple[str, str], handler: BaseRouteHandler) -> frozenset[str]:
        # By the route, of which there are as many as in the list: each request has a copy of the handler of its own.
        known = self.parameters.get(route)
        if known is None:
            known = self.parameters[route] = query_parameters(handler)
        return known

    def _caller_or_none(self, token: str | None) -> Caller | None:
        try:
            return None if token is None else self.caller_of(token)
        except ApiError:
            return None


def allowed(route: str) -> str:
    """Return the methods of a route, for the header Allow."""
    return ", ".join(sorted(method for method, path in ROUTES if path == route))


def bearer(header: str | None) -> str | None:
    """Return the token of an Authorization header, None when there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def query_parameters(handler: BaseRouteHandler) -> frozenset[str]:
    """Return the names of the query parameters in a route's signature."""
    return frozenset(
        definition.query or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(definition := field.kwarg_definition, QueryParameter)
    )


def require_known_parameters(connection: Connection, accepted: frozenset[str]) -> None:
    """Raise BadParameterError for a query parameter that the route does not have: a typing error must not pass."""
    asked = {name for name, _ in connection.query_params.multi_items()}
    unknown = sorted(asked - accepted)
    if unknown:
        known = ", ".join(sorted(accepted)) or "none"
        raise BadParameterError(
            f"{unknown[0][:64]}: there is no such parameter; accepted are: {known}", field=unknown[0][:64]
        )
