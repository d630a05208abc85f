"""What waits for one address, and what is sent to it next: the newest word of each alert, one message for many."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.alerting.grouping import Group, Telling, grouped, kind_of

WAITING_MAX = 20_000
"""Alerts that one address may have to hear of; beyond them the first in its queue is given up."""

FAILURES_MAX = 20
"""Failures beyond these make a pause no longer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a message is tried again, and the pauses between: doubled after each failure, up to `pause_max`."""

    tried_for: timedelta = timedelta(hours=1)
    pause_first: timedelta = timedelta(seconds=2)
    pause_max: timedelta = timedelta(minutes=2)

    def pause(self, failures_count: int, share: float) -> timedelta:
        """Return the pause after so many failures; `share` of [0, 1) spreads it, so that no herd comes back at once."""
        doubled: timedelta = self.pause_first * 2 ** min(failures_count - 1, FAILURES_MAX)
        whole = min(self.pause_max, doubled)
        return whole * (0.5 + share / 2)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: what it tells, and the keys of all alerts in it."""

    group: Group
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waited:
    """A word that waits, and since when."""

    telling: Telling
    since: datetime


@dataclass(slots=True)
class Waiting:
    """The queue of one address: one message at a time, and nothing while it rests after a failure.

    The newest word of an alert replaces one that was not sent, so an address that was away hears what is so now, and
    not what was. Nothing outlives `Patience.tried_for`.
    """

    patience: Patience = field(default_factory=Patience)
    waiting_max: int = WAITING_MAX
    failures_count: int = 0
    _words: dict[str, Waited] = field(default_factory=dict)
    _sent: dict[str, Waited] = field(default_factory=dict)
    _rests_from: datetime | None = None
    _rests: timedelta = timedelta(0)

    def __len__(self) -> int:
        """Return of how many alerts something waits, or is being sent."""
        return len(self.alerts())

    def alerts(self) -> set[str]:
        """Return the keys of these alerts."""
        return self._words.keys() | self._sent.keys()

    def add(self, key: str, telling: Telling, now: datetime) -> dict[str, Waited]:
        """Take a word of an alert; return what has to be given up for it."""
        self._words.pop(key, None)
        self._words[key] = Waited(telling, now)
        if len(self._words) <= self.waiting_max:
            return {}
        oldest = next(iter(self._words))
        return {oldest: self._words.pop(oldest)}

    def next(self, now: datetime) -> Message | None:
        """Return what to send now, with all that goes along with the word that waits longest; None for nothing.

        Until `delivered` or `failed` is called it counts as being sent, and nothing else is.
        """
        if not self._words or self._sent or self._is_resting(now):
            return None
        kind = kind_of(next(iter(self._words.values())).telling)
        self._sent = {key: waited for key, waited in self._words.items() if kind_of(waited.telling) == kind}
        self._words = {key: waited for key, waited in self._words.items() if key not in self._sent}
        (group,) = grouped(waited.telling for waited in self._sent.values())
        return Message(group, tuple(self._sent))

    def delivered(self) -> None:
        """Take that the message has arrived."""
        self._sent = {}
        self.failures_count = 0
        self._rests_from = None

    def failed(self, now: datetime, share: float) -> None:
        """Take that it has not; it is sent again, but for the alerts of which there is a newer word.

        Behind all others: a service may refuse one message, and take the next.
        """
        self._words |= {key: each for key, each in self._sent.items() if key not in self._words}
        self._sent = {}
        self.failures_count += 1
        self._rests_from, self._rests = now, self.patience.pause(self.failures_count, share)

    def given_up(self, now: datetime) -> dict[str, Waited]:
        """Return, and forget, the words that have waited too long; what is being sent is not among them."""
        over = {key: each for key, each in self._words.items() if now - each.since >= self.patience.tried_for}
        for key in over:
            del self._words[key]
        return over

    def emptied(self) -> dict[str, Waited]:
        """Return, and forget, all words, as when the address is no longer there."""
        left = {**self._sent, **self._words}
        self._words, self._sent = {}, {}
        return left

    def _is_resting(self, now: datetime) -> bool:
        # A clock that was set back ends the rest, instead of holding everything for as long.
        return self._rests_from is not None and self._rests_from <= now < self._rests_from + self._rests
