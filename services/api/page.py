"""The built page, read into memory once: what is not in the table cannot be asked for."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.api.errors import NotFoundError, UnavailableError

COMPRESS_BYTES_MIN = 1_024
INDEX = "index.html"
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+\Z")
_TEXTUAL = ("text/", "application/javascript", "application/json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page, as it is and compressed."""

    media_type: str
    body: bytes
    compressed: bytes | None
    tag: str
    cache_control: str


@dataclass(frozen=True, slots=True)
class Page:
    """Name below the page's directory → file."""

    files: dict[str, PageFile]

    def answer(self, name: str, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return a file; compressed where the caller accepts that, nothing where it has it already."""
        found = self.files.get(name)
        if found is None and name == INDEX:
            raise UnavailableError("The page is not built; run 'make setup', then start the API again.")
        if found is None:
            raise NotFoundError("There is no such file.")
        headers = {"etag": found.tag, "cache-control": found.cache_control, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(b"", status_code=304, headers=headers, media_type=found.media_type)
        body = found.body
        if found.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = found.compressed, "gzip"
        return Response(body, headers=headers, media_type=found.media_type)


def read_page(directory: Path) -> Page:
    """Return the page in a directory; an empty one when there is none."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return Page({path.relative_to(directory).as_posix(): _read(path) for path in paths})


@get("/", operation_id="readPage", include_in_schema=False)
async def index(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[bytes]:
    """Return the page."""
    return page.answer(INDEX, request)


@get("/assets/{path:path}", operation_id="readAsset", include_in_schema=False)
async def asset(request: Request[Any, Any, Any], page: NamedDependency[Page], path: FromPath[Path]) -> Response[bytes]:
    """Return a file that the page needs."""
    return page.answer(f"assets/{path.as_posix().lstrip('/')}", request)


def _read(path: Path) -> PageFile:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    textual = media_type.startswith(_TEXTUAL)
    compressed = gzip.compress(body, 9, mtime=0) if textual and len(body) >= COMPRESS_BYTES_MIN else None
    hashed = _HASHED.search(path.name) is not None
    return PageFile(
        media_type, body, compressed, f'"{hashlib.sha256(body).hexdigest()[:24]}"',
        "public, max-age=31536000, immutable" if hashed else "no-cache",
    )  # fmt: skip
