"""The queues of all addresses: one that does not answer delays no other, and nothing is told as kept too early."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.alerting.grouping import Telling
from services.alerting.notifier.waiting import Message, Patience, Waited, Waiting


class Address(NamedTuple):
    """One URL of a channel, by its number from 1: the URL itself is a secret, and no name of anything."""

    channel: str
    number: int


@dataclass(frozen=True, slots=True)
class Sending:
    """A message on its way to an address; `queue` is told what becomes of it, even if it is nobody's by then."""

    address: Address
    message: Message
    queue: Waiting


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A word that an address will never hear, and why."""

    address: Address
    telling: Telling
    reason: str


class Outbox:
    """Everything that waits to be sent, by address."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._queues: dict[Address, Waiting] = {}
        self._given_up: list[GivenUp] = []

    @property
    def queues(self) -> Mapping[Address, Waiting]:
        """Return what waits, by address."""
        return self._queues

    def set_addresses(self, addresses: Collection[Address]) -> None:
        """Take which addresses there are; what waits for another is given up."""
        for address in [each for each in self._queues if each not in addresses]:
            self._give_up(address, self._queues.pop(address).emptied(), "its channel was changed or removed")
        for address in addresses:
            self._queues.setdefault(address, Waiting(self._patience))

    def add(self, tellings: Iterable[tuple[str, Telling]], now: datetime) -> None:
        """Take what is to be told, by the keys of the alerts: every URL of a channel that is named hears it."""
        by_channel: dict[str, list[Address]] = {}
        for address in self._queues:
            by_channel.setdefault(address.channel, []).append(address)
        for key, telling in tellings:
            for channel in telling.channels:
                alone = dataclasses.replace(telling, channels=(channel,))
                for address in by_channel.get(channel, ()):
                    dropped = self._queues[address].add(key, alone, now)
                    self._give_up(address, dropped, "too much waits for its address")

    def sendings(self, now: datetime) -> list[Sending]:
        """Return what to send now, to each address that is free; tell the queue of each what became of it."""
        found = ((address, queue.next(now), queue) for address, queue in self._queues.items())
        return [Sending(address, message, queue) for address, message, queue in found if message is not None]

    def given_up(self, now: datetime) -> list[GivenUp]:
        """Return, once, what was given up since it was asked for last."""
        for address, queue in self._queues.items():
            self._give_up(address, queue.given_up(now), "its address took nothing for too long")
        given_up, self._given_up = self._given_up, []
        return given_up

    def waiting_keys(self) -> set[str]:
        """Return the keys of all alerts of which a message is still on its way somewhere."""
        return {key for queue in self._queues.values() for key in queue.alerts()}

    def _give_up(self, address: Address, words: Mapping[str, Waited], reason: str) -> None:
        self._given_up += [GivenUp(address, waited.telling, reason) for waited in words.values()]
