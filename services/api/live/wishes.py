"""What a WebSocket client wants, and the frames it may send; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.families import FAMILIES
from shared.glob import PATTERN_CHARACTERS_MAX, PATTERNS_MAX

FRAME_BYTES_MAX = 64 * 1024

ALERT = "alert"
"""Type of what is told of alerts; who does not name it gets none."""

Format = Literal["json", "msgpack"]
Pattern = Annotated[str, Meta(min_length=1, max_length=PATTERN_CHARACTERS_MAX)]
FamilyName = Annotated[str, Meta(min_length=1, max_length=64)]


EXPECTED = 'expected "subscribe" (hosts, types: lists; batch: bool; format: json, msgpack), "auth" (token) or "pong"'
"""A close frame carries at most 123 bytes."""


class FrameError(ValueError):
    """A frame is none of ours. Close with 4400; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which readings and alerts a client wants, and how; clients with the same wish share one group."""

    hosts: tuple[str, ...] = ("*",)
    types: tuple[str, ...] = tuple(FAMILIES)
    batch: bool = False
    format: Format = "json"


class AuthFrame(msgspec.Struct, tag_field="type", tag="auth", forbid_unknown_fields=True):
    """Says who the client is; again with a fresh token before the old one expires."""

    token: Annotated[str, Meta(min_length=1, max_length=2_048)]


class SubscribeFrame(msgspec.Struct, tag_field="type", tag="subscribe", forbid_unknown_fields=True):
    """Replaces what the client gets."""

    hosts: Annotated[list[Pattern], Meta(min_length=1, max_length=PATTERNS_MAX)] | None = None
    types: Annotated[list[FamilyName], Meta(min_length=1, max_length=PATTERNS_MAX)] | None = None
    batch: bool = False
    format: Format = "json"


class PongFrame(msgspec.Struct, tag_field="type", tag="pong"):
    """Answers a ping; nobody has to."""


Frame = AuthFrame | SubscribeFrame | PongFrame
_frames: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_packed_frames: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def read_frame(body: str | bytes) -> Frame:
    """Return the frame in a text (JSON) or binary (msgpack) message; raise FrameError otherwise."""
    size = len(body) if isinstance(body, bytes) else len(body.encode())
    if size > FRAME_BYTES_MAX:
        raise FrameError(f"expected a frame of at most {FRAME_BYTES_MAX} bytes, got {size}")
    try:
        return _packed_frames.decode(body) if isinstance(body, bytes) else _frames.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FrameError(EXPECTED) from error


def wish_of(frame: SubscribeFrame) -> Wish:
    """Return the wish in a frame; raise FrameError where it names an unknown family."""
    known = (*FAMILIES, ALERT)
    unknown = [name for name in frame.types or () if name not in known]
    if unknown:
        raise FrameError(f"types: there is no {unknown[0]!r}; known are {', '.join(known)}"[:120])
    hosts = tuple(sorted(set(frame.hosts))) if frame.hosts else ("*",)
    types = tuple(FAMILIES) if frame.types is None else tuple(name for name in known if name in frame.types)
    return Wish(hosts, types, frame.batch, frame.format)
