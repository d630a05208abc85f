"""Tries a channel where the API asks for it: a test message to each URL, and an answer that holds none of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable
from functools import partial

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from services.alerting.notifier.addresses import Addresses
from services.alerting.notifier.outbox import Address
from services.alerting.notifier.sending import Attempts, DeliveryError, Text
from shared.alerts.channel_answer import REASON_CHARACTERS_MAX, ChannelAnswer, UrlTried, encode_channel_answer
from shared.runtime.bus import BREAKING
from shared.subjects import CHANNEL_TESTS, TokenError, inbox_prefix, untoken

log = logging.getLogger(__name__)

TRIED_S_MAX = 15.0
"""Whoever asks waits at a page, so a service that is slow is told of sooner than with a message that is for real."""

CHANNELS_TRIED_MAX = 8
"""Channels that are tried at one time; each of them once."""

AGAIN_S = 1.0
END_S_MAX = 0.5
REPLY_CHARACTERS_MAX = 200
_REPLY = re.compile(rf"{re.escape(inbox_prefix('api'))}(?:\.[A-Za-z0-9_-]+)+")


class Trying:
    """Hears what the API asks, for as long as it runs: one term of the notifier that tells.

    `text_of` makes the message for a channel; `may_tell` is asked each time, as the lease may have ended meanwhile.
    """

    def __init__(
        self,
        bus: Client,
        addresses: Addresses,
        attempts: Attempts,
        text_of: Callable[[str], Text],
        may_tell: Callable[[], bool],
    ) -> None:
        self._bus = bus
        self._addresses = addresses
        self._attempts = attempts
        self._text_of = text_of
        self._may_tell = may_tell
        self._tried: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_warned = False

    async def run(self) -> None:
        """Answer until it is cancelled."""
        subscription = await self._subscribed()
        try:
            await asyncio.Event().wait()
        finally:
            with contextlib.suppress(TimeoutError, *BREAKING):
                async with asyncio.timeout(END_S_MAX):
                    await subscription.unsubscribe()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def asked(self, message: Msg) -> None:
        """Take one question; the answer follows."""
        if not may_answer(message.reply):
            # The broker sends an answer wherever the asker says, and we may write what the API may not.
            if not self._has_warned:
                log.warning("asked to answer elsewhere than the API listens", extra={"reply": message.reply[:200]})
            self._has_warned = True
            return
        if not self._may_tell():
            return
        channel = _channel_of(message.subject)
        addresses = self._addresses.of(channel)
        if not addresses:
            await self._answer(message.reply, ChannelAnswer(outcome="unknown"))
        elif channel in self._tried or len(self._tried) >= CHANNELS_TRIED_MAX:
            await self._answer(message.reply, ChannelAnswer(outcome="busy"))
        else:
            self._tried.add(channel)
            task = asyncio.create_task(self._try(channel, addresses, message.reply))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _subscribed(self) -> Subscription:
        """Return the subscription, which outlives reconnects."""
        while True:
            try:
                return await self._bus.subscribe(CHANNEL_TESTS, cb=self.asked)
            except BREAKING as error:
                log.info("tests cannot be heard of yet", extra={"error": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(AGAIN_S)

    async def _try(self, channel: str, addresses: list[Address], reply: str) -> None:
        try:
            text = self._text_of(channel)
            urls = await asyncio.gather(*(self._send(address, text) for address in addresses))
        finally:
            self._tried.discard(channel)
        arrived_count = sum(url.reason is None for url in urls)
        log.info("channel tested", extra={"channel": channel, "urls": len(urls), "arrived": arrived_count})
        await self._answer(reply, ChannelAnswer(outcome="tried", urls=tuple(urls)))

    async def _send(self, address: Address, text: Text) -> UrlTried:
        """Return what became of a message to one address; the thread is one of those that real messages have."""
        send = self._addresses.send_to(address)
        if send is None:
            reason = self._addresses.why_refused(address) or "its channel was changed or removed"
            return UrlTried(url_number=address.number, reason=reason[:REASON_CHARACTERS_MAX])
        try:
            async with asyncio.timeout(TRIED_S_MAX):
                await self._attempts.make(address, partial(send, text))
        except DeliveryError as error:
            return UrlTried(url_number=address.number, reason=str(error)[:REASON_CHARACTERS_MAX])
        except TimeoutError:
            return UrlTried(url_number=address.number, reason=f"no end within {TRIED_S_MAX:g} s")
        return UrlTried(url_number=address.number)

    async def _answer(self, reply: str, answer: ChannelAnswer) -> None:
        try:
            await self._bus.publish(reply, encode_channel_answer(answer))
        except BREAKING as error:
            log.warning("test not answered", extra={"error": f"{type(error).__name__}: {error}"})


def may_answer(reply: str) -> bool:
    """Return whether a question names a place to answer to that only the API listens at."""
    return len(reply) <= REPLY_CHARACTERS_MAX and _REPLY.fullmatch(reply) is not None


def _channel_of(subject: str) -> str:
    """Return the name in `notifier.test.<channel>`; an empty one, which no channel has, where it holds none."""
    try:
        return untoken(subject.rpartition(".")[2])
    except TokenError:
        return ""
