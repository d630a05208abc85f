"""Channels: the names by which rules and routes say where messages go, and the secret addresses behind each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from shared.alerts.problems import ProblemsError, problem_of
from shared.alerts.rule import ChannelName
from shared.settings import Secret

CHANNEL_VERSION = 1
CHANNEL_BYTES_MAX = 64 * 1024
URLS_MAX = 10
URL_CHARACTERS_MAX = 2_000
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


class ChannelError(ProblemsError):
    """A channel cannot be used. Tell whoever wrote it; the text never holds an address."""


class NewerChannelError(ChannelError):
    """A channel is of a later version. Leave it where it is; a later release can read it."""


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages go under one name; `check_channel` tells what is wrong with it.

    Every address is told. They are secrets, as most hold a password or a token.
    """

    v: int = CHANNEL_VERSION
    name: ChannelName
    urls: Annotated[tuple[Secret, ...], Meta(min_length=1, max_length=URLS_MAX)]
    """As Apprise writes them, such as `mailto://…` or `slack://…`."""


class _VersionOnly(msgspec.Struct):
    v: int = CHANNEL_VERSION


def check_channel(channel: Channel) -> list[str]:
    """Return every problem of a channel, as sentences that say what was expected, what came, and what to do."""
    problems = []
    if channel.v != CHANNEL_VERSION:
        problems.append(f"v: expected {CHANNEL_VERSION}, got {channel.v}; leave it out")
    if not channel.name.isprintable() or channel.name != channel.name.strip():
        problems.append(f"name: expected visible characters, no space at either end, got {channel.name!r}; rename it")
    return [*problems, *_urls(channel)]


def channel_from(content: Any) -> Channel:
    """Return the channel in what YAML or JSON made of a text; raise ChannelError with every problem."""
    if isinstance(content, Mapping) and isinstance(content.get("v"), int):
        _refuse_newer(content["v"])
    try:
        channel = msgspec.convert(content, Channel, dec_hook=_secret)
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError) as error:
        # Not `from error`: a traceback that is printed would hold whatever was converted.
        raise ChannelError([problem_of(error)]) from None
    return _checked(channel)


def encode_channel(channel: Channel) -> bytes:
    """Return the channel as the bucket holds it, with its addresses: for that bucket only."""
    urls = [url.reveal() for url in channel.urls]
    body = msgspec.msgpack.encode({"v": channel.v, "name": channel.name, "urls": urls})
    if len(body) > CHANNEL_BYTES_MAX:
        raise ChannelError([f"expected at most {CHANNEL_BYTES_MAX} bytes, got {len(body)}; name fewer addresses"])
    return body


def decode_channel(body: bytes, name: str) -> Channel:
    """Return the channel that the bucket holds under a name; raise ChannelError, and nothing else, if it is none."""
    if len(body) > CHANNEL_BYTES_MAX:
        raise ChannelError([f"expected at most {CHANNEL_BYTES_MAX} bytes, got {len(body)}"])
    try:
        _refuse_newer(_versions.decode(body).v)
        channel = _channels.decode(body)
    except ChannelError:
        raise
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ChannelError([problem_of(error)]) from None
    if channel.name != name:
        raise ChannelError([f"name: expected that of the key, {name!r}, got {channel.name!r}"])
    return _checked(channel)


def _secret(kind: type, value: Any) -> Any:
    if kind is not Secret or not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    return Secret(value)


_channels = msgspec.msgpack.Decoder(Channel, dec_hook=_secret)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def _urls(channel: Channel) -> Iterator[str]:
    for number, url in enumerate((url.reveal() for url in channel.urls), 1):
        if len(url) > URL_CHARACTERS_MAX or not url.isprintable() or _URL.fullmatch(url) is None:
            yield (
                f"urls, number {number}: expected an address such as mailto://…, visible characters without a space, "
                f"at most {URL_CHARACTERS_MAX}, got a text of {len(url)}; write it as Apprise does"
            )


def _checked(channel: Channel) -> Channel:
    problems = check_channel(channel)
    if problems:
        raise ChannelError(problems)
    return channel


def _refuse_newer(version: int) -> None:
    if version > CHANNEL_VERSION:
        raise NewerChannelError([f"v: expected {CHANNEL_VERSION}, got the newer {version}; upgrade to change it"])
