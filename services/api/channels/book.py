"""Channels as they can be set without ever being read: named, replaced, deleted, and tried by the notifier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from services.api.audit import Actor
from services.api.bodies import fields_of, unacceptable
from services.api.buckets import Bucket
from services.api.bus import Asks
from services.api.channels.schemas import Channel, Channels, ChannelTest, UrlTest
from services.api.errors import BusAwayError, ConflictError, NobodyAnswersError, NotFoundError, UnavailableError
from services.api.trail import Trail
from shared.alerts import channel as alert_channel
from shared.alerts.channel_answer import ChannelAnswer, ChannelAnswerError, decode_channel_answer
from shared.alerts.rule import CHANNELS_MAX
from shared.subjects import TokenError, channel_test_subject, token, untoken

MARKER_S = 60
"""For so long a deleted channel's key is there, which without its value cannot be told from a channel.

It must not be shorter: whoever reads the bucket and pauses for longer than the broker keeps his consumer (35 s) reads
all of it anew; whoever pauses for less has to find the marker.
"""

TEST_S_MAX = 20.0
"""Longer than the notifier takes for it, and shorter than the API for any answer."""

KNOWN_ASKS_MAX = 5
KNOWN_PAUSE_S = 0.4
"""A notifier needs a moment to learn of a channel that was just set."""

RETRY_AFTER_S = 5
_FIELDS = frozenset({"v", "name", "urls"})


class ChannelBook:
    """The channels; whoever sets, deletes or tries one is kept in the audit."""

    def __init__(
        self,
        bucket: Bucket,
        bus: Asks,
        trail: Trail,
        clock: Callable[[], datetime],
        known_pause_s: float = KNOWN_PAUSE_S,
    ) -> None:
        self._bucket = bucket
        self._bus = bus
        self._trail = trail
        self._clock = clock
        self._known_pause_s = known_pause_s
        self._deleted: dict[str, datetime] = {}

    async def channels(self) -> Channels:
        """Return the names of all channels; one that another API has deleted may be among them for a minute more."""
        return Channels([Channel(name) for name in await self._names()])

    async def put(self, actor: Actor, name: str, body: Any) -> None:
        """Make or replace a channel; raise UnacceptableError with every problem, none of which holds an address."""
        channel = channel_of(name, body)
        encoded = encoded_of(channel)
        names = await self._names()
        if name not in names and len(names) >= CHANNELS_MAX:
            raise ConflictError(f"There are {CHANNELS_MAX} channels, and no more may be; delete one.")
        await self._bucket.put(token(name), encoded)
        self._deleted.pop(name, None)
        count = len(channel.urls)
        await self._trail.note(actor, "channel set", name, f"{count} address{'' if count == 1 else 'es'}")

    async def delete(self, actor: Actor, name: str) -> None:
        """Delete a channel; raise NotFoundError where there is none."""
        await self._require(name)
        await self._bucket.delete(token(name), marker_s=MARKER_S)
        self._deleted[name] = self._clock()
        await self._trail.note(actor, "channel deleted", name)

    async def test(self, actor: Actor, name: str) -> ChannelTest:
        """Have the notifier send a test message to each address; return what became of it.

        Raise UnavailableError where no notifier tells, ConflictError where it is trying this channel already.
        """
        await self._require(name)
        answer = await self._asked(name)
        if answer.outcome == "busy":
            raise ConflictError("This channel is being tested already, or many others are. Wait for that to end.")
        if answer.outcome == "unknown":
            raise UnavailableError(
                "The notifier does not know this channel, or cannot use what is kept of it. Try again in a few "
                "seconds; if that does not help, set the channel again.",
                retry_after_s=RETRY_AFTER_S,
            )
        urls = [UrlTest(url.url_number, url.reason is None, url.reason) for url in answer.urls]
        arrived_count = sum(url.arrived for url in urls)
        await self._trail.note(actor, "channel tested", name, f"{arrived_count} of {len(urls)} arrived")
        return ChannelTest(name, urls)

    async def _asked(self, name: str) -> ChannelAnswer:
        for _ in range(KNOWN_ASKS_MAX - 1):
            answer = await self._ask(name)
            if answer.outcome != "unknown":
                return answer
            await asyncio.sleep(self._known_pause_s)
        return await self._ask(name)

    async def _ask(self, name: str) -> ChannelAnswer:
        try:
            answer = await self._bus.ask(channel_test_subject(name), b"", None, TEST_S_MAX)
            return decode_channel_answer(answer)
        except NobodyAnswersError as error:
            raise UnavailableError(
                "No notifier tells now: nothing was sent. Start one, or wait until another has taken over from one "
                "that was killed (some ten seconds), then try again.",
                retry_after_s=RETRY_AFTER_S,
            ) from error
        except ChannelAnswerError as error:
            raise BusAwayError(
                f"The notifier's answer cannot be read ({error}); it must be of the same release.",
                retry_after_s=RETRY_AFTER_S,
            ) from error

    async def _names(self) -> list[str]:
        now = self._clock()
        self._deleted = {name: at for name, at in self._deleted.items() if now - at < timedelta(seconds=MARKER_S)}
        names = (_name_of(key) for key in await self._bucket.keys())
        return sorted(name for name in names if name is not None and name not in self._deleted)

    async def _require(self, name: str) -> None:
        if name not in await self._names():
            raise NotFoundError(f"There is no channel {name[:80]!r}; GET /api/v1/channels lists them.", field="name")


def channel_of(name: str, body: Any) -> alert_channel.Channel:
    """Return the channel in a body; raise UnacceptableError with every problem, none of which holds an address."""
    fields = fields_of(body)
    problems: list[str] = []
    if fields.get("name", name) != name:
        problems.append("name: expected that of the path; leave it out")
    if not fields.keys() <= _FIELDS:
        # What they are called is not repeated: it may be an address that stands in the wrong place.
        problems.append("the body: expected urls and nothing else; leave the other fields out")
    try:
        known = {field: value for field, value in fields.items() if field in _FIELDS}
        channel = alert_channel.channel_from({**known, "name": name})
    except alert_channel.ChannelError as error:
        # Not `from error`: nothing that has seen an address may be printed.
        raise unacceptable([*problems, *error.problems]) from None
    if problems:
        raise unacceptable(problems)
    return channel


def encoded_of(channel: alert_channel.Channel) -> bytes:
    """Return the channel as its bucket holds it; raise UnacceptableError where it is too large."""
    try:
        return alert_channel.encode_channel(channel)
    except alert_channel.ChannelError as error:
        raise unacceptable(error.problems) from None


def _name_of(key: str) -> str | None:
    try:
        return untoken(key)
    except TokenError:
        return None
