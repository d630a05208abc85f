"""From what the bus tells to every WebSocket client: groups of equal wishes, each encoded once per turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.api.alerts.active import ActiveAlerts
from services.api.live.latest import Latest
from services.api.live.slot import Batch, Message, Slot
from services.api.live.wishes import ALERT, Wish
from services.api.observations import Observations
from services.api.scope import Scope
from shared.wire.decode import DecodeError, SampleSet, decode
from shared.wire.limits import AHEAD_SECONDS_MAX

log = logging.getLogger(__name__)

TURN_SECONDS = 0.1
AHEAD_MAX = timedelta(seconds=AHEAD_SECONDS_MAX)
SEND_S_MAX = 10.0
"""A client whose connection takes nothing for so long is given up."""

FORGET_EVERY_S = 60.0


@dataclass(slots=True, eq=False)
class Client:
    """One WebSocket client: what waits for it, and how its connection does."""

    slot: Slot
    session: str
    wish: Wish | None = None
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    sending_since: float | None = None
    ended: bool = False
    give_up: Callable[[], object] = lambda: None


@dataclass(slots=True, eq=False)
class Group:
    """Clients with the same wish and scope."""

    wish: Wish
    shown: Callable[[str], bool]
    types: frozenset[str]
    clients: set[Client] = field(default_factory=set)
    waiting: list[Message] = field(default_factory=list)
    missed: int = 0
    _known: dict[str, bool] = field(default_factory=dict)

    @property
    def gets_readings(self) -> bool:
        """Return whether the group wants anything but alerts, and so misses what never came of a host."""
        return self.types != {ALERT}

    def wants(self, message: Message) -> bool:
        """Return whether the group gets a message."""
        return message.family in self.types and self.shows(message.host)

    def shows(self, host: str) -> bool:
        """Return whether the group gets messages about a host; the answer is remembered."""
        shown = self._known.get(host)
        if shown is None:
            if len(self._known) >= 50_000:
                self._known.clear()
            shown = self._known[host] = self.shown(host)
        return shown


class Relay:
    """Feeds the latest readings and the clients; a client that does not read delays nobody."""

    def __init__(self, latest: Latest, observations: Observations, alerts: ActiveAlerts | None = None) -> None:
        self.latest = latest
        self.alerts = ActiveAlerts() if alerts is None else alerts
        self.clients: set[Client] = set()
        self._groups: dict[tuple[Wish, Scope], Group] = {}
        self._observations = observations

    def receive(self, subject: str, body: bytes) -> None:
        """Take one message of the bus; what is no sample set is counted and left to ingest."""
        try:
            sample_set = decode(body, subject)
        except DecodeError:
            self._observations.refused.inc()
            return
        if sample_set.time > datetime.now(UTC) + AHEAD_MAX:
            # Ingest sets it aside. Taken over, it would hide all that the host says once its clock is right again.
            self._observations.refused.inc()
            return
        self.take(sample_set)

    def take(self, sample_set: SampleSet) -> None:
        """Take over a sample set and queue what is new for the groups that want it, and what never came as missed."""
        self._observations.lag.set((datetime.now(UTC) - sample_set.time).total_seconds())
        missed = self.latest.missed(sample_set)
        if missed:
            self._observations.missed.inc(missed)
            for group in self._groups.values():
                group.missed += missed if group.gets_readings and group.shows(sample_set.host) else 0
        for reading in self.latest.apply(sample_set):
            for group in self._groups.values():
                if group.wants(reading):
                    group.waiting.append(reading)

    def join(self, client: Client, wish: Wish, scope: Scope) -> None:
        """Give a client another wish; it gets a snapshot of what is current first."""
        self.turn()
        self.leave(client)
        key = (wish, scope)
        if key not in self._groups:
            self._groups[key] = Group(wish, scope.filter(wish.hosts), frozenset(wish.types))
        group = self._groups[key]
        group.clients.add(client)
        client.wish = wish
        client.slot.clear()
        hosts = (self.latest.get(host) for host in self.latest.hosts(group.shown))
        current: list[Message] = [
            reading for host in hosts if host is not None for reading in host.readings() if group.wants(reading)
        ]
        if ALERT in group.types:
            current += self.alerts.firing(group.shows)
        if current:
            client.slot.offer(Batch(wish, current))
        client.awake.set()
        self.clients.add(client)

    def leave(self, client: Client) -> None:
        """Forget a client, and its group when it was the last."""
        self.clients.discard(client)
        for key, group in list(self._groups.items()):
            group.clients.discard(client)
            if not group.clients:
                del self._groups[key]

    def end(self, sessions: frozenset[str]) -> None:
        """Tell the clients of ended sessions to close."""
        for client in self.clients:
            if client.session in sessions:
                client.ended = True
                client.awake.set()

    def turn(self) -> None:
        """Hand each group's messages to its clients: one batch, shared by all."""
        changed = self.alerts.take_changed()
        for group in self._groups.values():
            if ALERT in group.types:
                group.waiting += [news for news in changed if group.shows(news.host)]
        for group in self._groups.values():
            if not group.waiting and not group.missed:
                continue
            batch, missed = Batch(group.wish, group.waiting), group.missed
            group.waiting, group.missed = [], 0
            for client in group.clients:
                client.slot.miss(missed)
                client.slot.offer(batch)
                client.awake.set()

    async def run(self) -> None:
        """Take turns for ever; give up clients whose connection is stuck."""
        clock = asyncio.get_running_loop().time
        forget_at = clock() + FORGET_EVERY_S
        while True:
            await asyncio.sleep(TURN_SECONDS)
            self.turn()
            now = clock()
            for client in self.clients:
                if client.sending_since is not None and now - client.sending_since > SEND_S_MAX:
                    client.sending_since = None
                    client.give_up()
            if now > forget_at:
                forget_at = now + FORGET_EVERY_S
                self.latest.forget_silent(datetime.now(UTC))
