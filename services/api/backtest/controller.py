"""The route that tries a rule on stored history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from services.api.backtest.plan import asked_of
from services.api.backtest.queries import Backtests
from services.api.backtest.schemas import Backtest, BacktestWish
from services.api.hosts.inventories import Inventories
from services.api.routes import PREFIX
from services.api.scope import Scope
from shared.alerts.rule import BACKTEST


class BacktestController(Controller):
    """What a rule would have said."""

    path = f"{PREFIX}/rules"
    tags = ("rules",)

    @post(f"/{BACKTEST}", operation_id="backtestRule", status_code=200)
    async def backtest(
        self,
        data: JSONBody[BacktestWish],
        backtests: NamedDependency[Backtests],
        inventories: NamedDependency[Inventories],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
    ) -> Backtest:
        """Return when a draft of a rule would have fired within [start, end), on which hosts and series, and how long.

        It is tried as if it were switched on, and changes nothing.
        """

        def tags(host: str) -> Mapping[str, str]:
            inventory = inventories.get(host)
            return {} if inventory is None else inventory.tags

        return await backtests.run(asked_of(data, clock()), visible, tags)
