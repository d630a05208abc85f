"""The evaluator with what it decided, for those who feed it and those who tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from services.alerting.change import Change
from services.alerting.evaluate import Evaluator
from services.alerting.outbox import Outbox


class Decisions:
    """What was decided waits in the outbox; `waiting` is set when there is something new."""

    def __init__(self) -> None:
        self.evaluator = Evaluator()
        self.outbox = Outbox()
        self.waiting = asyncio.Event()

    def add(self, changes: Iterable[Change]) -> None:
        """Take what the evaluator decided by a rule, a host or the time."""
        self.outbox.add(changes, self.evaluator.position)
        self._wake()

    def add_sampled(self, changes: Iterable[Change]) -> None:
        """Take what the evaluator decided by the newest sample set."""
        self.outbox.add_sampled(changes, self.evaluator.position)
        self._wake()

    def _wake(self) -> None:
        if len(self.outbox):
            self.waiting.set()
