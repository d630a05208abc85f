"""Asks the API of JetStream for what nats-py leaves out of its answers."""

from __future__ import annotations

import json
from typing import Any

from nats.aio.client import Client

_ERROR_CHARACTERS_MAX = 300


async def ask(bus: Client, subject: str, timeout_s: float) -> dict[str, Any]:
    """Return an answer of `$JS.API.<subject>`, such as of `STREAM.INFO.METRICS`.

    Raises NatsError or OSError where the bus is silent, ValueError where it answers with an error or with no JSON.
    """
    answer = await bus.request(f"$JS.API.{subject}", b"", timeout=timeout_s)
    found: dict[str, Any] = json.loads(answer.data)
    if "error" in found:
        raise ValueError(str(found["error"])[:_ERROR_CHARACTERS_MAX])
    return found
