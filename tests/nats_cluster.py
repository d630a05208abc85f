"""Several nats-servers on loopback that are one bus, with the same users on each."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import nats
from nats.errors import Error as NatsError

from shared.subjects import inbox_prefix
from tests.ports import free_ports
from tests.servers import NatsServer
from tests.waiting import holds

LEADER_S_MAX = 60.0


def cluster(directory: Path, count: int = 3, sync_interval: str = "2m") -> list[NatsServer]:
    """Return so many nodes of one cluster, none of them started; all have the same passwords."""
    routes = free_ports(count)
    first = NatsServer(directory / "nats-0", sync_interval=sync_interval)
    nodes = [first] + [
        NatsServer(directory / f"nats-{number}", sync_interval=sync_interval, passwords=first.passwords,
                   hashes=first.hashes)
        for number in range(1, count)
    ]  # fmt: skip
    others = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in routes)
    for number, node in enumerate(nodes):
        node.more = (
            f"server_name: node-{number}\n"
            f'cluster: {{ name: faults, host: "127.0.0.1", port: {routes[number]}, routes: [{others}] }}\n'
        )
    return nodes


async def leader_of(nodes: list[NatsServer], stream: str) -> NatsServer:
    """Return the node that leads the stream, once one does; only nodes that run are asked."""
    leaders: list[str] = []

    async def is_led() -> bool:
        answer = await _asked(nodes, f"$JS.API.STREAM.INFO.{stream}")
        leaders.append(answer.get("cluster", {}).get("leader") or "")
        return bool(leaders[-1])

    await holds(is_led, f"a leader of {stream}", LEADER_S_MAX)
    return nodes[int(leaders[-1].removeprefix("node-"))]


async def last_seq(nodes: list[NatsServer], stream: str) -> int:
    """Return up to where the stream goes, 0 while nobody tells; only nodes that run are asked."""
    return int((await _asked(nodes, f"$JS.API.STREAM.INFO.{stream}")).get("state", {}).get("last_seq", 0))


async def whole(nodes: list[NatsServer], streams: tuple[str, ...] = ()) -> None:
    """Return once the cluster answers, and every replica of the streams is there and has caught up."""

    async def answers() -> bool:
        return "error" not in await _asked(nodes, "$JS.API.INFO", {"error": "no answer"})

    async def is_whole(stream: str) -> bool:
        return _has_caught_up(await _asked(nodes, f"$JS.API.STREAM.INFO.{stream}"), len(nodes))

    await holds(answers, "a cluster that answers", LEADER_S_MAX)
    for stream in streams:
        await holds(partial(is_whole, stream), f"every replica of {stream}", LEADER_S_MAX)


def _has_caught_up(answer: dict[str, Any], count: int) -> bool:
    replicas = answer.get("cluster", {}).get("replicas") or []
    leads = bool(answer.get("cluster", {}).get("leader"))
    return leads and len(replicas) == count - 1 and all(replica.get("current") for replica in replicas)


async def _asked(nodes: list[NatsServer], subject: str, otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    running = [node for node in nodes if node.process is not None]
    try:
        client = await nats.connect(
            [node.url for node in running], user="provision", password=nodes[0].passwords["provision"].reveal(),
            inbox_prefix=inbox_prefix("provision"), allow_reconnect=False, error_cb=_unheard,
        )  # fmt: skip
    except (NatsError, OSError):
        return otherwise or {}
    try:
        answer: dict[str, Any] = json.loads((await client.request(subject, b"", timeout=2)).data)
        return answer
    except (NatsError, OSError, TimeoutError):
        return otherwise or {}
    finally:
        await client.close()


async def _unheard(_: Exception) -> None:
    """Errors of a connection are told by what it raises."""
