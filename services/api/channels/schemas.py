"""Bodies of the routes for channels; no answer holds an address."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.alerts.channel import URL_CHARACTERS_MAX, URLS_MAX

Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=URL_CHARACTERS_MAX,
        description="An address as Apprise writes it. It is a secret: no answer, log or error holds it.",
        extra_json_schema={"writeOnly": True},
    ),
]


class NewChannel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go that name the channel: each of the addresses is told."""

    urls: Annotated[list[Url], Meta(min_length=1, max_length=URLS_MAX)]


class Channel(msgspec.Struct, frozen=True):
    """A channel, by its name alone: nobody but the notifier may read what lies behind it."""

    name: str


class Channels(msgspec.Struct, frozen=True):
    """All channels by name."""

    channels: list[Channel]


class UrlTest(msgspec.Struct, frozen=True):
    """What became of a test message at one address, which is named by its place in the channel, from 1."""

    url_number: int
    arrived: bool
    """Whether its service took the message; it may still lose it."""
    reason: str | None
    """Why it did not arrive."""


class ChannelTest(msgspec.Struct, frozen=True):
    """What became of a test message at each address of a channel."""

    channel: str
    urls: list[UrlTest]
