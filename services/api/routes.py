"""Every route and the least role it asks for; a route that is not listed here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Role = Literal["viewer", "operator", "admin"]
Least = Literal["open"] | Role

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
"""From least to most."""

PREFIX = "/api/v1"

ROUTES: Mapping[tuple[str, str], Least] = {
    ("GET", "/"): "open",
    ("GET", "/assets/{path}"): "open",
    ("GET", "/api/v1/health"): "open",
    ("POST", "/api/v1/auth/login"): "open",
    ("POST", "/api/v1/auth/refresh"): "open",
    ("GET", "/api/v1/auth/me"): "viewer",
    ("POST", "/api/v1/auth/logout"): "viewer",
    ("POST", "/api/v1/auth/password"): "viewer",
    ("GET", "/api/v1/families"): "viewer",
    ("GET", "/api/v1/hosts"): "viewer",
    ("GET", "/api/v1/hosts/{host}"): "viewer",
    ("GET", "/api/v1/hosts/{host}/delivery"): "viewer",
    ("GET", "/api/v1/metrics/current"): "viewer",
    ("GET", "/api/v1/metrics/processes"): "viewer",
    ("GET", "/api/v1/metrics/{family}"): "viewer",
    ("GET", "/api/v1/metrics/{family}/top"): "viewer",
    ("GET", "/api/v1/schema"): "viewer",
    # What alerting goes by: rules, silences and routes are operators' work, addresses are secrets of admins.
    ("GET", "/api/v1/rules"): "viewer",
    ("GET", "/api/v1/rules/{name}"): "viewer",
    ("PUT", "/api/v1/rules/{name}"): "operator",
    ("DELETE", "/api/v1/rules/{name}"): "operator",
    ("POST", "/api/v1/rules/backtest"): "operator",
    ("GET", "/api/v1/silences"): "viewer",
    ("POST", "/api/v1/silences"): "operator",
    ("GET", "/api/v1/silences/{id}"): "viewer",
    ("PUT", "/api/v1/silences/{id}"): "operator",
    ("DELETE", "/api/v1/silences/{id}"): "operator",
    ("GET", "/api/v1/routes"): "viewer",
    ("PUT", "/api/v1/routes"): "operator",
    ("GET", "/api/v1/channels"): "admin",
    ("PUT", "/api/v1/channels/{name}"): "admin",
    ("DELETE", "/api/v1/channels/{name}"): "admin",
    ("POST", "/api/v1/channels/{name}/test"): "admin",
    ("GET", "/api/v1/alerts"): "viewer",
    ("GET", "/api/v1/alerts/history"): "viewer",
    ("GET", "/api/v1/alerts/{incident}"): "viewer",
    ("POST", "/api/v1/alerts/{incident}/acknowledge"): "operator",
    ("POST", "/api/v1/alerts/{incident}/comment"): "operator",
    ("GET", "/api/v1/users"): "admin",
    ("POST", "/api/v1/users"): "admin",
    ("PATCH", "/api/v1/users/{username}"): "admin",
    ("GET", "/api/v1/audit"): "admin",
}

WEBSOCKET = "/ws"
"""Open at the handshake; the first frame or the Authorization header says who it is."""


def is_enough(role: Role, least: Least) -> bool:
    """Return whether a role may use a route that asks for `least`."""
    return least == "open" or ROLES.index(role) >= ROLES.index(least)
