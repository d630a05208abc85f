"""Back-tests, read only: few at one time, each on one connection and as of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from services.api.backtest.history_queries import History
from services.api.backtest.ledger_queries import Ledger
from services.api.backtest.plan import Asked
from services.api.backtest.schemas import Backtest
from services.api.database import Database
from services.api.errors import UnavailableError
from services.api.metrics.queries import read_retention
from services.api.scope import Scope

AT_ONCE_MAX = 2
"""Back-tests at one time: each holds a connection that reads, and half of the time a thread."""
RETRY_AFTER_S = 10


class Backtests:
    """Tries rules on history; few at one time, and one of each user."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[str] = set()

    async def run(self, asked: Asked, visible: Scope, tags: Callable[[str], Mapping[str, str]]) -> Backtest:
        """Return what a rule would have told of the hosts that it looks at and the caller may see.

        Raises TooMuchError beyond the limits of one back-test, UnavailableError where others run.
        """
        named = visible.filter(asked.hosts)

        def covers(host: str) -> bool:
            return visible.sees(host) and named(host) and asked.rule.covers(host, tags(host))

        with self._turn(visible.username):
            async with (
                self._database.connection() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                retention = await read_retention(connection)
                if asked.rule.kind == "absence":
                    return await Ledger(connection, asked).backtest(retention, covers)
                return await History(connection, asked).backtest(retention, covers, visible)

    @contextmanager
    def _turn(self, username: str) -> Iterator[None]:
        if username in self._running:
            raise UnavailableError(
                "A back-test of yours runs already. Try again when it is done.", retry_after_s=RETRY_AFTER_S
            )
        if len(self._running) >= AT_ONCE_MAX:
            raise UnavailableError(
                f"{AT_ONCE_MAX} back-tests run already, and more are not done at one time. Try again later.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._running.add(username)
        try:
            yield
        finally:
            self._running.discard(username)
