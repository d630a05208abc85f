"""Answers in the form that the caller accepts: JSON, or msgpack with the same keys and texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.background_tasks import BackgroundTask, BackgroundTasks
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

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
    """An answer that goes out as lines of CSV while they are made."""

    def __init__(self, content: T, chunks: Iterator[str]) -> None:
        super().__init__(content)
        self._chunks = chunks

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> ASGIResponse:
        """Return the streaming response."""
        return ASGIStreamingResponse(
            iterator=self._chunks, media_type=CSV, headers={"vary": "accept"}, status_code=200,
            encoded_headers=given.get("encoded_headers") or (),
        )  # fmt: skip


def encoded(body: msgspec.Struct, form: str) -> bytes:
    """Return a body as JSON or msgpack; instants are ISO 8601 text in both."""
    if form == MSGPACK:
        return msgspec.msgpack.encode(msgspec.to_builtins(body))
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
