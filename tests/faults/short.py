"""One fault in its short form: committed amid invented hosts, then all that they sent is compared with what is kept."""

from __future__ import annotations

from tests.faults.fleet import Fleet
from tests.faults.scenarios import Scenario, commit_scenario
from tests.faults.shown import DeliveryPage
from tests.faults.watch import watching

HOSTS = 100
SEED = 20_261_126


async def nothing_is_lost(fleet: Fleet, scenario: Scenario, page: DeliveryPage | None = None) -> None:
    """Fail unless what was sent is stored once, and the page of delivery says so."""
    async with watching(fleet) as watch:
        await watch.simulate(HOSTS)
        await commit_scenario(scenario, watch, scenario.short)
        verdict = await watch.verdict()
        assert verdict.problems == [], verdict.problems
        assert watch.lost_by_publishers() == 0
        assert verdict.stored > HOSTS
        if page is not None:
            shown = await page.disagreements(verdict, watch)
            assert shown == [], shown
