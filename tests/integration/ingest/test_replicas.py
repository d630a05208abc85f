"""Streams on several nodes: what provision makes of the setting, and the sentence where there are no nodes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from functools import partial

import pytest
from nats.aio.client import Client

from services.ingest.provision import provision, provision_bus
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.settings import ProvisionSettings
from shared.settings import Secret
from shared.streams import streams
from shared.subjects import ALERTS, BACKFILL, DURABLE, METRICS, host_user
from tests.integration.conftest import BusConnect
from tests.nats_cluster import cluster, whole
from tests.servers import NatsServer, temporary_directory
from tests.waiting import holds

MIB = 1024**2


@pytest.fixture
def nodes() -> Iterator[list[NatsServer]]:
    """Three nodes that are one bus."""
    directory = temporary_directory("cluster")
    made = cluster(directory)
    for node in made:
        node.start()
    yield made
    for node in made:
        node.stop()
    shutil.rmtree(directory, ignore_errors=True)


def settings_of(nodes: list[NatsServer], replicas: int) -> ProvisionSettings:
    return ProvisionSettings(
        nats_urls=tuple(node.url for node in nodes),
        nats_password=nodes[0].passwords["provision"],
        database_url="",
        metrics_bytes_max=64 * MIB,
        backfill_bytes_max=64 * MIB,
        replicas=replicas,
    )


async def has_replicas(client: Client, stream: str) -> bool:
    found = (await client.jetstream().consumer_info(stream, DURABLE)).cluster
    return found is not None and len(found.replicas or []) == 2


async def test_every_stream_is_on_as_many_nodes_as_asked_for(nodes: list[NatsServer], bus_connect: BusConnect) -> None:
    await whole(nodes)
    client = await bus_connect(nodes[0], "provision")
    names = tuple(stream.name for stream in streams(1, 1))
    for replicas in (1, 3):
        await provision_bus(settings_of(nodes, replicas))
        for stream in names:
            assert (await client.jetstream().stream_info(stream)).config.num_replicas == replicas
    await whole(nodes, names)
    for stream in (METRICS, BACKFILL, ALERTS):
        # The place in the stream must not live on one node alone; the cluster moves it a moment later.
        await holds(partial(has_replicas, client, stream), f"three replicas of the durable of {stream}", 20)
    # A host stands in another account than the streams: its answers come from whichever node leads.
    for node in nodes:
        host = await bus_connect(node, host_user("web-2"))
        for subject in ("metrics.web-2.system", "backfill.web-2.system", "$KV.hosts.web-2"):
            answer = json.loads((await host.request(subject, b"its own", timeout=20)).data)
            assert (answer.get("error"), answer["seq"] > 0) == (None, True), subject


async def test_a_bus_with_fewer_nodes_gives_a_sentence(own_bus: NatsServer) -> None:
    with pytest.raises(ProvisionError, match=r"no 3 nodes for the stream METRICS .* or lower replicas"):
        await provision_bus(settings_of([own_bus], 3))


async def test_a_cluster_with_fewer_nodes_gives_a_sentence(nodes: list[NatsServer]) -> None:
    await whole(nodes)
    with pytest.raises(ProvisionError, match=r"no 5 nodes for the stream METRICS .* or lower replicas"):
        await provision_bus(settings_of(nodes, 5))


def test_an_even_number_gives_a_sentence() -> None:
    settings = ProvisionSettings(("nats://127.0.0.1:1",), Secret("unused"), "", replicas=2)
    with pytest.raises(ProvisionError, match="replicas: expected 1, 3 or 5, got 2"):
        asyncio.run(provision(settings))
