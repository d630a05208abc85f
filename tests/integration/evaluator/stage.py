"""Hosts that speak on a bus, rules in their bucket, and what was told of it on ALERTS."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgpack
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import encode_rule
from shared.alerts.state import BEGINNING
from shared.families import FAMILIES
from shared.subjects import (
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    ALERTS,
    bucket_stream,
    bucket_subject,
    metrics_subject,
    token,
)
from shared.wire.alert import AlertTransition, decode_alert
from tests.integration.ingest.running import events
from tests.processes import Service
from tests.unit.shared.alerts.rules import rule

QUICK = rule(name="quick", warning=80, critical=None)
TAKES_OVER = "telling from here on"
CPU = FAMILIES["cpu"].column_names


def now() -> datetime:
    """Return the time in whole milliseconds, which a message keeps."""
    here = datetime.now(UTC)
    return here.replace(microsecond=here.microsecond // 1_000 * 1_000)


def cpu(percent: float, interval_s: float = 1.0) -> dict[str, object]:
    """Return a table of the family cpu; written without product code but for the names of columns."""
    row = {"total_percent": percent, "user_percent": 0.0, "system_percent": 0.0, "idle_percent": 0.0, "cores_count": 1}
    return {"interval_seconds": interval_s, "columns": list(CPU), "rows": [[row.get(name) for name in CPU]]}


@dataclass
class Speaker:
    """Speaks for any host, and remembers what must be told of it by the rule QUICK."""

    client: Client
    seq: int = 0
    newest: datetime = BEGINNING
    expected: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)

    async def say(self, host: str, percent: float) -> None:
        """Publish one sample set and return once the stream has it."""
        self.seq += 1
        while (moment := now()) <= self.newest:  # noqa: ASYNC110 - a millisecond passes
            await asyncio.sleep(0.001)
        self.newest = moment
        body = {"v": 1, "host": host, "source": "system", "session": "s" * 24, "seq": self.seq, "time": moment,
                "families": {"cpu": cpu(percent)}}  # fmt: skip
        await self.client.jetstream().publish(
            metrics_subject(host, "system"), msgpack.packb(body, datetime=True), timeout=5
        )
        told = self.expected.setdefault(host, [])
        status = "firing" if percent >= 80 else "ok"
        if status != (told[-1][0] if told else "ok"):
            told.append((status, moment))

    async def say_in_turn(self, hosts: Iterable[str], seconds: float, every_s: float = 0.25) -> None:
        """Let hosts rise and fall in turn for so many seconds."""
        end, high = time.monotonic() + seconds, True
        while time.monotonic() < end:
            for host in hosts:
                await self.say(host, 95.0 if high else 10.0)
            high = not high
            await asyncio.sleep(every_s)


async def put_rule(client: Client, made: Rule) -> None:
    """Put a rule into its bucket, as a user that may."""
    await client.jetstream().publish(bucket_subject(ALERT_RULES_BUCKET, token(made.name)), encode_rule(made))


async def remove_rule(client: Client, name: str) -> None:
    """Remove a rule from its bucket."""
    subject = bucket_subject(ALERT_RULES_BUCKET, token(name))
    await client.jetstream().publish(subject, b"", headers={"KV-Operation": "DEL"})


async def told(client: Client) -> list[AlertTransition]:
    """Return every transition on ALERTS, the oldest first."""
    return [transition for transition, _ in await told_when(client)]


async def told_when(client: Client) -> list[tuple[AlertTransition, datetime]]:
    """Return every transition on ALERTS and when the broker had it, the oldest first."""
    jetstream = client.jetstream()
    state = (await jetstream.stream_info(ALERTS)).state
    found = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        message = await jetstream.get_msg(ALERTS, seq=sequence)
        event = decode_alert(message.data or b"", message.subject or "")
        assert isinstance(event, AlertTransition)
        assert message.time is not None
        found.append((event, message.time))
    return found


def by_host(transitions: Iterable[AlertTransition], name: str = "quick") -> dict[str, list[tuple[str, datetime]]]:
    """Return status and time of each transition of a rule, by host."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for each in transitions:
        if each.rule == name:
            found.setdefault(each.host, []).append((each.status, each.time))
    return found


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds_max: float = 30.0) -> None:
    """Return once the condition holds; fail naming what was awaited when it does not within the bound."""
    end = time.monotonic() + seconds_max
    while not await condition():
        assert time.monotonic() < end, f"waited {seconds_max} s for {what}"
        await asyncio.sleep(0.1)


async def until_told(client: Client, speaker: Speaker, seconds_max: float = 30.0) -> list[AlertTransition]:
    """Return every transition once the newest that must be told of each host is there."""

    async def is_told() -> bool:
        found = by_host(await told(client))
        return all(found.get(host, [])[-1:] == expected[-1:] for host, expected in speaker.expected.items())

    await until(is_told, "the newest transitions", seconds_max)
    return await told(client)


async def until_active(service: Service, seconds_max: float = 30.0) -> None:
    """Return once an evaluator tells."""

    async def is_active() -> bool:
        return is_telling(service)

    await until(is_active, f"{TAKES_OVER!r} in {service.log}", seconds_max)


def is_telling(service: Service) -> bool:
    """Return whether an evaluator has begun to tell, at any time."""
    return service.log.exists() and bool(events(service, TAKES_OVER))


async def state_of(client: Client, key: str) -> bytes | None:
    """Return what the bucket of states holds under a key."""
    try:
        found = await client.jetstream().get_last_msg(
            bucket_stream(ALERT_STATE_BUCKET), bucket_subject(ALERT_STATE_BUCKET, key)
        )
    except NotFoundError:
        return None
    return found.data
