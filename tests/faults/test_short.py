"""Every fault in a short form on real servers, with a witness outside the product: sent = stored, nothing doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.fleet import Durability, Fleet, installation
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.short import SEED, nothing_is_lost
from tests.faults.shown import DeliveryPage, delivery_page

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """One installation for all faults; each has hosts, sessions and a witness of its own."""
    async with installation(Durability(), SEED) as made:
        yield made
        await made.end(made.ingests[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(fleet: Fleet) -> AsyncIterator[DeliveryPage]:
    """What shows the figures of delivery."""
    made = await delivery_page(fleet)
    yield made
    await made.client.aclose()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_nothing_is_lost_and_nothing_doubled(scenario: Scenario, fleet: Fleet, page: DeliveryPage | None) -> None:
    await nothing_is_lost(fleet, scenario, page)
