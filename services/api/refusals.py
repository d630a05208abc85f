"""Turns what the framework refuses before a route runs into refusals in our words."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from services.api import wording
from services.api.errors import BadRequestError, NotFoundError
from services.api.routes import PREFIX

WHERE_ROUTES_ARE = f"GET {PREFIX}/schema lists the routes"
PATH_CHARACTERS_MAX = 100

_MISSING = re.compile(r"Missing required query parameter '(\w+)'")
"""What the framework says of a parameter that was not sent; it does not say it in parts."""


def in_our_words(request: Request[Any, Any, Any], error: Exception) -> Exception:
    """Return an error of the framework with a text that helps; any other error as it is."""
    asked = f"{request.method[:16]} {request.url.path[:PATH_CHARACTERS_MAX]}"
    if isinstance(error, ValidationException):
        return _validation(request, error)
    if isinstance(error, NotFoundException):
        return NotFoundError(f"There is no route {asked}; {WHERE_ROUTES_ARE}.")
    if isinstance(error, MethodNotAllowedException):
        return _method(error, asked)
    if isinstance(error, HTTPException) and error.status_code == 400:
        found = error.detail.partition(" - at ")[0][:200]
        return BadRequestError(f"The body: expected JSON; it cannot be read: {found}")
    return error


def _method(error: MethodNotAllowedException, asked: str) -> HTTPException:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    accepted = [name for name in headers.get("allow", "").split(", ") if name not in ("", "OPTIONS")]
    return MethodNotAllowedException(
        f"There is no {asked}; this path takes {', '.join(sorted(accepted))}; {WHERE_ROUTES_ARE}.", headers=headers
    )


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Exception:
    faults: Any = error.extra
    missing = _MISSING.match(error.detail)
    if missing is not None:
        faults = [{"key": missing[1], "source": "query"}]
    if not faults or not isinstance(faults, list):
        return BadRequestError(str(error.detail)[:300])
    body = ScopeState.from_scope(request.scope).json
    accepted = request.route_handler.signature_model.__annotations__
    asked = wording.Request(accepted, dict(request.query_params), wording.NOTHING if body is Empty else body)
    return wording.refusal_of(faults[0], asked)
