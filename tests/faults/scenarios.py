"""Every fault that an installation under load is to survive without losing or doubling anything; the explicit list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from tests.faults import on_bus, on_database, on_ingest, on_publishers
from tests.faults.fleet import Fleet
from tests.faults.length import Length
from tests.faults.proof import Proof, commit, delivered_again, heard_again, held_up
from tests.faults.watch import Watch

Commit = Callable[[Fleet, Length], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault by name; `commit` returns once what it broke is there again."""

    name: str
    commit: Commit
    short: Length
    long: Length
    proof: Proof | None = None
    """What shows from outside that it hit something; None where `commit` asserts that itself."""


BUS_AWAY = Scenario("NATS away for long", on_bus.restarted, Length(5), Length(45), held_up)
"""Longer than any other fault takes it away: what waits for it is never more afterwards."""

NATS_KILLED = Scenario("NATS killed -9", on_bus.killed, Length(0.5, 2), Length(5, 2), held_up)
SCENARIOS = (
    Scenario("ingest killed -9 at random moments", on_ingest.killed, Length(0.2, 5), Length(1, 20), delivered_again),
    Scenario(
        "two ingest processes, one killed -9", on_ingest.two_and_one_killed, Length(2), Length(15), delivered_again
    ),
    Scenario("PostgreSQL stopped", on_database.stopped, Length(3), Length(60), delivered_again),
    Scenario("PostgreSQL killed -9", on_database.killed, Length(0.5), Length(10), delivered_again),
    Scenario("PostgreSQL out of connections", on_database.out_of_connections, Length(1), Length(20), delivered_again),
    Scenario("PostgreSQL read-only", on_database.read_only, Length(0.5), Length(20), delivered_again),
    Scenario("NATS restarted", on_bus.restarted, Length(1), Length(10), held_up),
    NATS_KILLED,
    Scenario("NATS frozen", on_bus.frozen, Length(12), Length(15), heard_again),
    Scenario("poison amid each batch", on_publishers.poison, Length(3), Length(20)),
    Scenario("one bad host at 1 kHz", on_publishers.one_bad_host, Length(3), Length(20)),
)
"""Those that one node of NATS and one PostgreSQL can have, so that a soak may draw from them."""

CLUSTER_SCENARIOS = (
    Scenario("a node lost that does not lead", on_bus.follower_lost, Length(1), Length(20)),
    Scenario("the leader lost", on_bus.leader_lost, Length(1), Length(20), heard_again),
)
"""Those of three nodes that keep three replicas."""


async def commit_scenario(scenario: Scenario, watch: Watch, length: Length) -> None:
    """Commit it, again where by luck it hit nothing; return once what it broke is there again, and it showed."""
    if scenario.proof is None:
        await scenario.commit(watch.fleet, length)
    else:
        await commit(watch, partial(scenario.commit, watch.fleet, length), scenario.proof)
