"""What the gate remembers of routes is bounded by their list, however many requests come."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from litestar.datastructures import MultiDict
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute

from services.api.app import describe_app
from services.api.auth.guards import Connection, Gate
from services.api.auth.sessions import EndedSessions
from services.api.auth.tokens import TOKENS_MAX, Caller, _caller, expiry, issue, signing_key, verify
from services.api.context import KEY, RequestContext
from services.api.errors import BadParameterError

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SIGNING = signing_key("cd" * 32)
RANGE = "/api/v1/metrics/{family}"


@dataclass
class FakeConnection:
    """A request as a guard sees it."""

    query: list[tuple[str, str]]
    headers: dict[str, str]
    scope: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scope = {
            "type": "http", "method": "GET", "path_template": RANGE, KEY: RequestContext("r", "127.0.0.1"),
        }  # fmt: skip

    @property
    def query_params(self) -> MultiDict[str]:
        return MultiDict(self.query)


def handler_of(path: str) -> BaseRouteHandler:
    app = describe_app(OpenAPIConfig(title="x", version="1"))
    (route,) = (route for route in app.routes if isinstance(route, HTTPRoute) and route.path_format == path)
    return route.route_handler_map["GET"][0]


async def ask(gate: Gate, handler: BaseRouteHandler, *query: tuple[str, str]) -> None:
    token = issue(SIGNING, Caller(1, "kim", "viewer", "s", expiry(NOW)), NOW)
    connection = FakeConnection(list(query), {"authorization": f"Bearer {token}"})
    # The framework hands each request a copy of its own.
    await gate.guard(cast(Connection, connection), copy.copy(handler))


async def test_each_request_brings_a_handler_of_its_own_and_nothing_of_it_stays() -> None:
    gate, handler = Gate(SIGNING, EndedSessions(lambda _: None), lambda: NOW), handler_of(RANGE)
    for _ in range(3):
        await ask(gate, handler, ("host", "web-1"), ("step", "10"))
        with pytest.raises(BadParameterError, match="hots: there is no such parameter"):
            await ask(gate, handler, ("hots", "web-1"))
    assert set(gate.parameters) == {("GET", RANGE)}
    assert {"host", "start", "end", "columns", "step", "points_max"} <= gate.parameters["GET", RANGE]


def test_tokens_are_remembered_within_a_bound() -> None:
    for number in range(TOKENS_MAX + 10):
        caller = Caller(number, "kim", "viewer", "s", expiry(NOW))
        assert verify(SIGNING, issue(SIGNING, caller, NOW), NOW) == caller
    assert _caller.cache_info().currsize == TOKENS_MAX
