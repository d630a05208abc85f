"""What messages are sent by: a sender for each URL of each channel, made anew only where the URL has changed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.alerting.notifier.outbox import Address
from services.alerting.notifier.sending import AddressError, Text
from shared.alerts.channel import Channel
from shared.settings import Secret

log = logging.getLogger(__name__)

Send = Callable[[Text], None]
"""Sends a text, blocking; raises DeliveryError where it does not arrive."""


@dataclass(frozen=True, slots=True)
class _Made:
    url: Secret
    send: Send | None
    refused: str | None = None
    """Why nothing can be sent to it."""


class Addresses:
    """The addresses of all channels, and how to send to each.

    `sender_of` raises AddressError for a URL that nothing can be sent to; the channel's others are of use all the same.
    """

    def __init__(self, sender_of: Callable[[Secret], Send]) -> None:
        self._sender_of = sender_of
        self._made: dict[Address, _Made] = {}

    def set_channels(self, channels: Mapping[str, Channel]) -> None:
        """Take which channels there are, and what their URLs are."""
        wanted = {
            Address(name, number): url
            for name, channel in channels.items()
            for number, url in enumerate(channel.urls, 1)
        }
        made = {}
        for address, url in wanted.items():
            known = self._made.get(address)
            made[address] = known if known is not None and known.url == url else self._make(address, url)
        self._made = made

    def usable(self) -> set[Address]:
        """Return the addresses that something can be sent to."""
        return {address for address, made in self._made.items() if made.send is not None}

    def refused_counts(self) -> Counter[str]:
        """Return for each channel how many of its URLs nothing can be sent to."""
        counts = Counter(dict.fromkeys((address.channel for address in self._made), 0))
        counts.update(address.channel for address, made in self._made.items() if made.send is None)
        return counts

    def send_to(self, address: Address) -> Send | None:
        """Return what sends to an address; None where it is no longer there."""
        made = self._made.get(address)
        return None if made is None else made.send

    def of(self, channel: str) -> list[Address]:
        """Return the addresses of a channel, those that nothing can be sent to as well; none where there is none."""
        return [address for address in self._made if address.channel == channel]

    def why_refused(self, address: Address) -> str | None:
        """Return why nothing can be sent to an address; None where something can, or where it is no longer there."""
        made = self._made.get(address)
        return None if made is None else made.refused

    def _make(self, address: Address, url: Secret) -> _Made:
        try:
            return _Made(url, self._sender_of(url))
        except AddressError as error:
            where = {"channel": address.channel, "url_number": address.number}
            log.warning("a channel's URL is of no use", extra={**where, "reason": str(error)})
            return _Made(url, None, str(error))
