"""What is known of one request from its first byte on: id, address, and who asks once that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from services.api.auth.tokens import Caller

KEY = "vitalwire.context"


@dataclass(slots=True)
class RequestContext:
    """One request; the edge makes it, the guard adds the caller."""

    request_id: str
    address: str
    caller: Caller | None = None
    route: str = ""
    extend: Callable[[float], None] = lambda _: None
    """Gives the answer so many seconds from now, instead of what every request has."""


def context_of(scope: Any) -> RequestContext:
    """Return the context that the edge put into an ASGI scope."""
    return cast(RequestContext, scope[KEY])
