"""The outermost layer of every request: id, Host and Origin, limits of body and time, headers, the access log."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.api.answers import JSON, encoded
from services.api.context import KEY, RequestContext
from services.api.errors import ApiError, ForbiddenError, UnavailableError, answer_of
from services.api.live.socket import refuse_handshake
from services.api.observations import Observations

log = logging.getLogger("services.api.access")

BODY_BYTES_MAX = 64 * 1024
REQUEST_S_MAX = 30.0
NAMES_MAX = 64
"""Names of hosts whose parts are remembered: a server is asked for by few, and a stranger may make up any."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "server": "vitalwire",  # else the server names itself
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names under which this API may be addressed, and the origins whose pages may ask."""

    hosts: frozenset[str]
    origins: frozenset[str]

    def serves(self, host: str) -> bool:
        """Return whether a Host header names us: the public name, or loopback with any port."""
        name = _host_name(host)
        return name in self.hosts or _is_loopback(name)

    def trusts(self, origin: str, host: str) -> bool:
        """Return whether a page of this origin may ask: our own, loopback's under loopback, or one that was named."""
        if origin in self.origins:
            return True
        _, _, place = origin.partition("://")
        # The port counts: another program of this machine is another origin.
        return place == host and self.serves(place)


def names_of(public_url: str, bind: str, origins: tuple[str, ...]) -> Names:
    """Return the names that the settings give."""
    public = urlsplit(public_url)
    hosts = {name for name in (public.hostname, bind) if name and name not in ("0.0.0.0", "::")}  # noqa: S104 - compared
    named = (f"{public.scheme}://{public.netloc}", *(origin.rstrip("/") for origin in origins))
    return Names(frozenset(hosts), frozenset(origin.lower() for origin in named))


class Edge:
    """Wraps the application; whatever it refuses gets the same answer as any other error."""

    def __init__(self, app: App, names: Names, observations: Observations, *, https: bool) -> None:
        self._app = app
        self._names = names
        self._observations = observations
        self._headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
        if https:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        client = scope.get("client") or ("unknown", 0)
        context = scope[KEY] = RequestContext(secrets.token_hex(8), str(client[0]))
        refusal = self._refusal(_headers_of(scope))
        if scope["type"] == "websocket":
            await self._serve_websocket(scope, receive, send, refusal)
        else:
            await self._answer(_Exchange(scope, receive, send, context, self._headers), refusal)

    async def _serve_websocket(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, refusal: ApiError | None
    ) -> None:
        context: RequestContext = scope[KEY]
        started = time.monotonic()
        if refusal is not None:
            answer, headers = answer_of(refusal, context.request_id)
            await refuse_handshake(send, answer.status, encoded(answer, JSON), headers)
        else:
            await self._app(scope, receive, send)
        self._log(scope, context, 101 if refusal is None else refusal.status, time.monotonic() - started)

    async def _answer(self, exchange: _Exchange, refusal: ApiError | None) -> None:
        started = time.monotonic()
        try:
            if refusal is not None:
                raise refusal
            exchange.require_small_body()
            async with asyncio.timeout(REQUEST_S_MAX) as limit:
                now = asyncio.get_running_loop().time
                exchange.context.extend = lambda seconds: limit.reschedule(now() + seconds)
                await self._app(exchange.scope, exchange.receive, exchange.send)
        except TimeoutError:
            late = UnavailableError(f"The answer was not ready within {REQUEST_S_MAX:.0f} s; ask for less.")
            await exchange.fail(late)
        except ApiError as error:
            await exchange.fail(error)
        finally:
            seconds = time.monotonic() - started
            route = exchange.context.route or "none"
            self._observations.requests.labels(_method(exchange.scope), route, exchange.status).inc()
            self._observations.seconds.labels(route).observe(seconds)
            self._log(exchange.scope, exchange.context, exchange.status, seconds)

    def _refusal(self, headers: dict[bytes, bytes]) -> ApiError | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._names.serves(host):
            return ForbiddenError(f"The host {host[:80]!r} is not served here; the setting public_url names it.")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and not self._names.trusts(origin, host):
            return ForbiddenError(f"Pages of {origin[:80]!r} may not ask; the setting origins names those that may.")
        return None

    def _log(self, scope: MutableMapping[str, Any], context: RequestContext, status: int, seconds: float) -> None:
        log.info(
            "request",
            extra={
                # The path without its query: a caller may put there what nobody should read.
                "method": scope.get("method", "WEBSOCKET"), "path": scope["path"][:300], "status": status,
                "duration_seconds": round(seconds, 4), "request_id": context.request_id, "address": context.address,
                "user": context.caller.username if context.caller else "-",
            },
        )  # fmt: skip


class _Exchange:
    """One request and its answer on their way through the edge."""

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        receive: Receive,
        send: Send,
        context: RequestContext,
        headers: list[tuple[bytes, bytes]],
    ) -> None:
        self.scope = scope
        self.context = context
        self.status = 0
        self._receive = receive
        self._send = send
        self._received_bytes = 0
        self._headers = [*headers, (b"x-request-id", context.request_id.encode())]

    def require_small_body(self) -> None:
        """Raise where the announced length is beyond the limit."""
        announced = _headers_of(self.scope).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > BODY_BYTES_MAX:
            raise TooLargeError

    async def receive(self) -> Message:
        """Return the next part of the body; raise where it grows beyond the limit without having said so."""
        message = await self._receive()
        self._received_bytes += len(message.get("body", b""))
        if self._received_bytes > BODY_BYTES_MAX:
            raise TooLargeError
        return message

    async def send(self, message: Message) -> None:
        """Send on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            if not any(name.lower() == b"cache-control" for name, _ in given):
                given.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*given, *self._headers]}
        await self._send(message)

    async def fail(self, error: ApiError) -> None:
        """Answer with an error, unless an answer has begun; then the connection ends."""
        if self.status:
            raise error
        answer, headers = answer_of(error, self.context.request_id)
        body = encoded(answer, JSON)
        fields = {"content-type": JSON, "content-length": str(len(body)), **headers}
        pairs = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await self.send({"type": "http.response.body", "body": body})


class TooLargeError(ApiError):
    """The body is larger than any route needs."""

    status, code = 413, "too_large"

    def __init__(self) -> None:
        super().__init__(f"Expected a body of at most {BODY_BYTES_MAX} bytes.")


def _headers_of(scope: MutableMapping[str, Any]) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]}


def _method(scope: MutableMapping[str, Any]) -> str:
    """Return the method for a label: a caller may make up others without end."""
    method = str(scope["method"])
    return method if method in METHODS else "other"


@functools.lru_cache(NAMES_MAX)
def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


@functools.lru_cache(NAMES_MAX)
def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
