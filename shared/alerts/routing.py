"""Who is told of what and how often, as the bucket `alert_routes` holds it under its one key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from shared.alerts.policy import ESCALATIONS_MAX, WINDOW, Escalation, Policy
from shared.alerts.problems import ProblemsError, problem_of
from shared.alerts.route import ROUTES_MAX, Route, check_route

ROUTING_VERSION = 1
ROUTING_BYTES_MAX = 512 * 1024
WINDOW_SECONDS_MAX = 86_400.0
RESEND_SECONDS_MIN = 60.0
RESEND_SECONDS_MAX = 7 * 86_400.0


class RoutingError(ProblemsError):
    """Routes or policy cannot be used. Tell whoever wrote them; what was kept before stays."""


class NewerRoutingError(RoutingError):
    """Routes and policy are of a later version. Leave them where they are; a later release can read them."""


class Routing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All routes, and the policy by which people are told; what is left out is at its default.

    One value and not one a route: they are changed together, so nobody is ever told by half of a change.
    `check_routing` tells what is wrong with it.
    """

    v: int = ROUTING_VERSION
    routes: Annotated[tuple[Route, ...], Meta(max_length=ROUTES_MAX)] = ()
    window_seconds: Annotated[float, Meta(ge=0, le=WINDOW_SECONDS_MAX)] = WINDOW.total_seconds()
    """An alert that fires again within it, after people were told that it fires, is held until its end."""
    resend_every_seconds: Annotated[float, Meta(ge=0, le=RESEND_SECONDS_MAX)] = 0.0
    """After so long people are reminded of what still fires; never at 0."""
    escalations: Annotated[tuple[Escalation, ...], Meta(max_length=ESCALATIONS_MAX)] = ()
    """In the order of their times."""

    @property
    def policy(self) -> Policy:
        """How often people are told."""
        return Policy(
            window=timedelta(seconds=self.window_seconds),
            resend_every=timedelta(seconds=self.resend_every_seconds),
            escalations=self.escalations,
        )


class _VersionOnly(msgspec.Struct):
    v: int = ROUTING_VERSION


_routings = msgspec.msgpack.Decoder(Routing)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def check_routing(routing: Routing) -> list[str]:
    """Return every problem of routes and policy, as sentences that say what was expected, what came, what to do."""
    problems = []
    if routing.v != ROUTING_VERSION:
        problems.append(f"v: expected {ROUTING_VERSION}, got {routing.v}; leave it out")
    for number, route in enumerate(routing.routes, 1):
        problems += [f"routes, number {number}: {problem}" for problem in check_route(route)]
    if 0 < routing.resend_every_seconds < RESEND_SECONDS_MIN:
        problems.append(
            f"resend_every_seconds: expected 0 for no reminder, or {RESEND_SECONDS_MIN:g} and more, "
            f"got {routing.resend_every_seconds:g}; raise it"
        )
    return [*problems, *_escalations(routing.escalations)]


def routing_from(content: Any) -> Routing:
    """Return what YAML or JSON made of a text; raise RoutingError with every problem."""
    if isinstance(content, Mapping) and isinstance(content.get("v"), int):
        _refuse_newer(content["v"])
    try:
        routing = msgspec.convert(content, Routing)
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RoutingError([problem_of(error)]) from error
    return _checked(routing)


def to_mapping(routing: Routing) -> dict[str, Any]:
    """Return routes and policy as plain values for JSON or YAML, without what is at its default."""
    content: dict[str, Any] = msgspec.to_builtins(routing)
    return {"v": routing.v, **content}


def encode_routing(routing: Routing) -> bytes:
    """Return routes and policy as the bucket holds them; raise RoutingError when they are too large for that."""
    body = msgspec.msgpack.encode(to_mapping(routing))
    if len(body) > ROUTING_BYTES_MAX:
        raise RoutingError([f"expected at most {ROUTING_BYTES_MAX} bytes, got {len(body)}; leave some routes out"])
    return body


def decode_routing(body: bytes) -> Routing:
    """Return what the bucket holds; raise RoutingError, and nothing else, with every problem."""
    if len(body) > ROUTING_BYTES_MAX:
        raise RoutingError([f"expected at most {ROUTING_BYTES_MAX} bytes, got {len(body)}"])
    try:
        _refuse_newer(_versions.decode(body).v)
        routing = _routings.decode(body)
    except RoutingError:
        raise
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RoutingError([problem_of(error)]) from error
    return _checked(routing)


def _escalations(escalations: tuple[Escalation, ...]) -> Iterator[str]:
    for number, escalation in enumerate(escalations, 1):
        where = f"escalations, number {number}: "
        if not escalation.channels:
            yield f"{where}channels: expected at least one name, got none; name one"
        if not escalation.levels:
            yield f"{where}levels: expected at least one, got none; leave them out for all"
    for number, (before, after) in enumerate(pairwise(escalations), 2):
        if after.after_seconds < before.after_seconds:
            yield (
                f"escalations, number {number}: after_seconds: expected at least the {before.after_seconds:g} of the "
                f"one before, got {after.after_seconds:g}; put them in the order of their times"
            )


def _checked(routing: Routing) -> Routing:
    problems = check_routing(routing)
    if problems:
        raise RoutingError(problems)
    return routing


def _refuse_newer(version: int) -> None:
    if version > ROUTING_VERSION:
        raise NewerRoutingError([f"v: expected {ROUTING_VERSION}, got the newer {version}; upgrade to change them"])
