"""Every fault in a short form on real servers, with a witness outside the product: sent = stored, nothing doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.fleet import Durability, Fleet, installation
from tests.faults.scenarios import CLUSTER_SCENARIOS, SCENARIOS, Scenario, commit_scenario
from tests.faults.shown import DeliveryPage, delivery_page
from tests.faults.watch import watching

HOSTS = 100
SEED = 20_261_126
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """One installation for all faults; each has hosts, sessions and a witness of its own."""
    async with installation(Durability(), SEED) as made:
        yield made
        await made.end(made.ingests[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster_fleet() -> AsyncIterator[Fleet]:
    """The same with three nodes of NATS."""
    async with installation(Durability(sync_interval="2m"), SEED, nodes=3) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(fleet: Fleet) -> AsyncIterator[DeliveryPage]:
    """What shows the figures of delivery."""
    made = await delivery_page(fleet)
    yield made
    await made.client.aclose()


async def committed(fleet: Fleet, scenario: Scenario, page: DeliveryPage | None = None) -> None:
    async with watching(fleet) as watch:
        await watch.simulate(HOSTS)
        await commit_scenario(scenario, watch, scenario.short)
        verdict = await watch.verdict()
        assert verdict.problems == []
        assert watch.lost_by_publishers() == 0
        assert verdict.stored > HOSTS
        if page is not None:
            assert await page.disagreements(verdict, watch) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_nothing_is_lost_and_nothing_doubled(scenario: Scenario, fleet: Fleet, page: DeliveryPage | None) -> None:
    await committed(fleet, scenario, page)


@pytest.mark.parametrize("scenario", CLUSTER_SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_cluster_of_three_loses_nothing(scenario: Scenario, cluster_fleet: Fleet) -> None:
    await committed(cluster_fleet, scenario)
