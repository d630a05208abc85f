"""The one list of routes is what the application has, no more and no less."""

from __future__ import annotations

import pytest
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute, WebSocketRoute

from services.api.app import describe_app
from services.api.routes import ROLES, ROUTES, WEBSOCKET, Least, Role, is_enough
from services.api.schema import describe
from shared.families import FAMILIES

APP = describe_app(OpenAPIConfig(title="x", version="1"))


def served() -> set[tuple[str, str]]:
    """Return what the application has, but for the framework's own OPTIONS and the description's default routes."""
    routes = [route for route in APP.routes if isinstance(route, HTTPRoute)]
    own = [route for route in routes if not route.path_format.startswith("/schema")]
    return {(method, route.path_format) for route in own for method in route.methods if method != "OPTIONS"}


def test_the_list_is_what_the_application_has() -> None:
    assert served() == set(ROUTES)


def test_there_is_one_websocket() -> None:
    assert [route.path for route in APP.routes if isinstance(route, WebSocketRoute)] == [WEBSOCKET]


@pytest.mark.parametrize(
    ("role", "enough"),
    [("viewer", "y y n n"), ("operator", "y y y n"), ("admin", "y y y y")],
)
def test_a_role_is_enough_for_itself_and_less(role: Role, enough: str) -> None:
    least: tuple[Least, ...] = ("open", *ROLES)
    assert " ".join("y" if is_enough(role, each) else "n" for each in least) == enough


def test_every_route_has_a_name_for_the_front_end_and_says_who_may_ask() -> None:
    operations = {
        (method.upper(), path): operation
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {route for route in ROUTES if route[1].startswith("/api/")}
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert all(name[0].islower() and name.isalnum() for name in names)
    for route, operation in operations.items():
        assert ("security" in operation) == (ROUTES[route] != "open")
        assert {"400", "403", "503"} <= set(operation["responses"])


def test_every_family_and_column_is_described() -> None:
    schemas = describe()["components"]["schemas"]
    for family in FAMILIES.values():
        name = "".join(part.capitalize() for part in family.name.split("_"))
        assert list(schemas[f"{name}Labels"]["properties"]) == [column.name for column in family.labels]
        assert list(schemas[f"{name}Values"]["properties"]) == [column.name for column in family.gauges]
