"""Waits for what was sent to a webhook, what a notifier has written, and what is kept of it on the bus."""

from __future__ import annotations

import asyncio

from nats.aio.client import Client

from shared.subjects import NOTIFIED_BUCKET, alert_key, bucket_stream, bucket_subject
from shared.wire.alert_state import decode_notified
from tests.integration.alerting.webhook import Webhook
from tests.processes import Service
from tests.waiting import holds

CPU = "[CRITICAL] cpu on web-1: 99.0%"
CPU_OVER = "[RESOLVED] cpu on web-1"
KEY = alert_key("cpu", "web-1", "system")

TOLD_S_MAX = 10.0
"""Ten times what is promised: a second from a sample to the webhook."""

TAKEN_OVER_S_MAX = 60.0
"""A lease lasts 10 s."""

QUIET_S = 2.0
"""For so long nothing more may come: longer than transitions are gathered, than a round, and than a first pause."""


async def told(hook: Webhook, *titles: str, seconds_max: float = TOLD_S_MAX) -> None:
    """Return once exactly these titles were sent, in this order."""

    async def are_there() -> bool:
        return hook.titles == list(titles)

    await holds(are_there, f"the titles {titles}", seconds_max, lambda: str(hook.titles))


async def stays(hook: Webhook, *titles: str) -> None:
    await told(hook, *titles)
    await asyncio.sleep(QUIET_S)
    assert hook.titles == list(titles)


def says(process: Service, text: str) -> bool:
    return text in process.log.read_text(errors="replace")


async def is_telling(*processes: Service) -> Service:
    """Return the one that tells."""
    found: list[Service] = []

    async def one_does() -> bool:
        found[:] = [process for process in processes if says(process, '"event": "telling"')]
        return len(found) == 1

    await holds(one_does, "one notifier that tells", TAKEN_OVER_S_MAX)
    return found[0]


async def kept(client: Client, key: str) -> str | None:
    """Return the status that the bucket has of an alert, `acknowledged` beside it; None where it has none."""
    messages = client.jetstream()
    try:
        message = await messages.get_last_msg(bucket_stream(NOTIFIED_BUCKET), bucket_subject(NOTIFIED_BUCKET, key))
    except Exception:
        return None
    if not message.data:
        return None
    notified = decode_notified(message.data)
    return notified.status + (" acknowledged" if notified.is_acknowledged else "")


async def is_kept(client: Client, key: str, wanted: str | None) -> None:
    async def it_is() -> bool:
        return await kept(client, key) == wanted

    await holds(it_is, f"{key} to be kept as {wanted}", TOLD_S_MAX)


async def told_in_any_order(hook: Webhook, *titles: str) -> None:
    async def are_there() -> bool:
        return sorted(hook.titles) == sorted(titles)

    await holds(are_there, f"the titles {titles}", TAKEN_OVER_S_MAX, lambda: str(hook.titles))
    await asyncio.sleep(QUIET_S)
    assert sorted(hook.titles) == sorted(titles)
