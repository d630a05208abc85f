"""Answers in the form that the caller accepts: JSON, or msgpack with the same keys and texts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.background_tasks import BackgroundTask, BackgroundTasks
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response.base import ASGIResponse

from services.api.context import context_of

log = logging.getLogger(__name__)

T = TypeVar("T")

JSON = "application/json"
MSGPACK = "application/msgpack"
CSV = "text/csv"


class Answer(Response[T]):
    """An answer whose bytes are JSON or msgpack, as the request's Accept says."""

    def to_asgi_response(  # noqa: PLR0913 - the framework's signature
        self,
        app: Any,
        request: Request[Any, Any, Any],
        *,
        background: BackgroundTask | BackgroundTasks | None = None,
        cookies: Iterable[Cookie] | None = None,
        encoded_headers: Iterable[tuple[bytes, bytes]] | None = None,
        headers: dict[str, str] | None = None,
        is_head_response: bool = False,
        media_type: MediaType | str | None = None,
        status_code: int | None = None,
        type_encoders: Any = None,
    ) -> ASGIResponse:
        """Return the response with its body encoded."""
        body, form = self.content, self.media_type or media_type
        if isinstance(body, msgspec.Struct):
            form = preferred(request.headers.get("accept", ""), (JSON, MSGPACK))
            packed = encoded(body, form)
        else:
            packed = body if isinstance(body, bytes) else b""
        return ASGIResponse(
            body=packed,
            background=self.background or background,
            cookies=[*self.cookies, *(cookies or ())],
            encoded_headers=encoded_headers or (),
            headers={**(headers or {}), **self.headers, "vary": "accept"},
            is_head_response=is_head_response,
            media_type=str(form.value if isinstance(form, MediaType) else form or JSON),
            status_code=self.status_code or status_code,
        )


class CsvAnswer(Answer[T]):
    """An answer that goes out as lines of CSV while they are made; the first piece is there already."""

    def __init__(self, content: T, first: bytes, rest: AsyncGenerator[bytes, None], stalled_s_max: float) -> None:
        super().__init__(content)
        self._first, self._rest, self._stalled_s_max = first, rest, stalled_s_max

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> ASGIResponse:
        """Return the streaming response."""
        return _CsvStream(self._first, self._rest, self._stalled_s_max, context_of(request.scope).request_id)


class _CsvStream(ASGIResponse):
    _should_set_content_length = False

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None], stalled_s_max: float, request_id: str) -> None:
        super().__init__(media_type=CSV, headers={"vary": "accept"})
        self._first, self._rest, self._stalled_s_max = first, rest, stalled_s_max
        self._request_id = request_id

    async def send_body(self, send: Any, receive: Any) -> None:
        """Send until all is sent or the caller is gone; an error ends the connection, so that no part looks whole."""
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Before the connection goes back to its pool, the task that uses it must have ended.
            unfinished = not sending.done()
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not unfinished and sending.exception() is not None:
            # The status went out long ago, so the access log cannot tell.
            log.warning("export cut off", extra={"request_id": self._request_id, "error": repr(sending.exception())})
            sending.result()

    async def _send_all(self, send: Any) -> None:
        async with aclosing(self._rest):
            await self._send_piece(send, self._first)
            async for piece in self._rest:
                await self._send_piece(send, piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_piece(self, send: Any, piece: bytes) -> None:
        # A caller that stops reading would otherwise keep a connection of the database as long as it likes.
        async with asyncio.timeout(self._stalled_s_max):
            await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def encoded(body: msgspec.Struct, form: str) -> bytes:
    """Return a body as JSON or msgpack; instants are ISO 8601 text in both."""
    if form == MSGPACK:
        return msgspec.msgpack.encode(msgspec.to_builtins(body, builtin_types=(msgspec.Raw,)))
    return msgspec.json.encode(body)


def preferred(accept: str, forms: tuple[str, ...]) -> str:
    """Return the form that an Accept header likes best; the first where it says nothing of any."""
    best, best_quality = forms[0], 0.0
    qualities = {}
    for part in accept.lower().split(","):
        name, _, rest = part.strip().partition(";")
        qualities[name.strip()] = _quality(rest)
    for form in forms:
        quality = qualities.get(form, qualities.get(form.split("/")[0] + "/*", qualities.get("*/*", 0.0)))
        if quality > best_quality:
            best, best_quality = form, quality
    return best


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
