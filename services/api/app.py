"""Puts the application together: routes, what they need, and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Litestar, Request
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from services.api.admin.controller import AdminController
from services.api.admin.queries import AdminQueries
from services.api.alerts.controller import AlertsController
from services.api.alerts.desk import AlertDesk
from services.api.answers import Answer
from services.api.audit import Actor
from services.api.auth.access import Access
from services.api.auth.controller import AuthController
from services.api.auth.guards import Gate
from services.api.auth.tokens import Caller
from services.api.backtest.controller import BacktestController
from services.api.backtest.queries import Backtests
from services.api.channels.controller import ChannelsController
from services.api.configured import Configured
from services.api.context import context_of
from services.api.delivery.controller import DeliveryController
from services.api.delivery.queries import DeliveryQueries
from services.api.errors import ErrorAnswer, answer_of
from services.api.health.checks import HealthBoard
from services.api.health.controller import HealthController
from services.api.hosts.controller import HostsController
from services.api.hosts.inventories import Inventories
from services.api.live.latest import Latest
from services.api.live.socket import LiveSockets, live
from services.api.metrics.controller import MetricsController
from services.api.metrics.export import Exports
from services.api.metrics.history import History
from services.api.metrics.queries import MetricQueries
from services.api.page import Page, asset, index
from services.api.refusals import in_our_words
from services.api.routing.controller import RoutingController
from services.api.rules.controller import RulesController
from services.api.scope import Scope
from services.api.silences.controller import SilencesController

log = logging.getLogger(__name__)

HANDLERS: list[ControllerRouterHandler] = [
    index, asset, HealthController, AuthController, HostsController, DeliveryController, MetricsController,
    AlertsController, RulesController, SilencesController, RoutingController, ChannelsController, BacktestController,
    AdminController, live,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that routes ask for."""

    access: Access
    gate: Gate
    admin: AdminQueries
    metric_queries: MetricQueries
    delivery: DeliveryQueries
    alert_desk: AlertDesk
    exports: Exports
    backtests: Backtests
    latest: Latest
    inventories: Inventories
    board: HealthBoard
    sockets: LiveSockets
    configured: Configured
    page: Page
    description: bytes
    secure: bool
    clock: Callable[[], datetime]


def make_app(parts: Parts, origins: tuple[str, ...] = ()) -> Litestar:
    """Return the application; it owns no connection and no task."""
    dependencies = {
        "access": parts.access, "admin": parts.admin, "delivery": parts.delivery, "latest": parts.latest,
        "inventories": parts.inventories, "board": parts.board, "sockets": parts.sockets, "page": parts.page,
        "description": parts.description, "secure": parts.secure, "clock": parts.clock,
        "alert_desk": parts.alert_desk, "configured": parts.configured,
        "backtests": parts.backtests,
    }  # fmt: skip
    return Litestar(
        HANDLERS,
        dependencies={name: _constant(value) for name, value in dependencies.items()} | _per_request(parts),
        guards=[parts.gate.guard],
        exception_handlers={Exception: on_error},
        response_class=Answer,
        cors_config=_cors(origins),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def describe_app(openapi: OpenAPIConfig) -> Litestar:
    """Return an application that is never served: only its description is read."""
    return Litestar(HANDLERS, dependencies=_undecided(), openapi_config=openapi, logging_config=None)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Answer[ErrorAnswer]:
    """Return the answer to any exception; a failure of our own is logged once, here."""
    answer, headers = answer_of(in_our_words(request, error), context_of(request.scope).request_id)
    if answer.status >= 500 and answer.code == "internal":
        log.error("request failed", extra={"request_id": answer.request_id}, exc_info=error)
    return Answer(answer, status_code=answer.status, headers=headers)


def _constant(value: object) -> Provide:
    return Provide(lambda: value, use_cache=True, sync_to_thread=False)


def _per_request(parts: Parts | None) -> dict[str, Provide]:
    def provide_history(request: Request[Any, Any, Any]) -> History:
        assert parts is not None
        return History(parts.metric_queries, parts.exports, provide_visible(request), parts.clock())

    return {
        "history": Provide(provide_history, sync_to_thread=False),
        "caller": Provide(provide_caller, sync_to_thread=False),
        "actor": Provide(provide_actor, sync_to_thread=False),
        "visible": Provide(provide_visible, sync_to_thread=False),
    }


def _undecided() -> dict[str, Provide]:
    names = (
        "access", "admin", "delivery", "latest", "inventories", "board", "sockets", "page",
        "description", "secure", "clock", "alert_desk", "configured", "backtests",
    )  # fmt: skip
    return {name: _constant(None) for name in names} | _per_request(None)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Return who asks; routes that use it are not open."""
    caller = context_of(request.scope).caller
    assert caller is not None
    return caller


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """Return who acts, for the audit."""
    context = context_of(request.scope)
    return Actor(context.caller.username if context.caller else "-", context.address, context.request_id)


def provide_visible(request: Request[Any, Any, Any]) -> Scope:
    """Return which hosts the caller may see."""
    return Scope(provide_caller(request).username)


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins), allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "x-vitalwire-client"], expose_headers=["x-request-id"],
    )  # fmt: skip
