"""Faults of a cluster of three nodes with three replicas: it goes on, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.fleet import Durability, Fleet, installation
from tests.faults.scenarios import CLUSTER_SCENARIOS, Scenario
from tests.faults.short import SEED, nothing_is_lost

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """An installation with three nodes of NATS."""
    async with installation(Durability(sync_interval="2m"), SEED, nodes=3) as made:
        yield made


@pytest.mark.parametrize("scenario", CLUSTER_SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_cluster_of_three_loses_nothing(scenario: Scenario, fleet: Fleet) -> None:
    await nothing_is_lost(fleet, scenario)
