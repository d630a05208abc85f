"""An evaluator that says on the bus what a test wants, and callers of the API who act on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from nats.aio.client import Client
from websockets.asyncio.client import ClientConnection, connect

from shared.wire.alert import AlertTransition, encode_alert, event_subject
from tests.integration.api.server import ApiServer, bearer
from tests.waiting import holds

SOON_S = 10.0


@dataclass
class Evaluator:
    """Publishes transitions as the bus user `alerting`, each behind the one before on its subject."""

    client: Client
    newest: dict[str, int] = field(default_factory=dict)

    async def say(self, *transitions: AlertTransition) -> None:
        for each in transitions:
            subject = event_subject(each)
            said = {
                "Nats-Msg-Id": each.id, "Nats-Expected-Last-Subject-Sequence": str(self.newest.get(subject, 0)),
            }  # fmt: skip
            stored = await self.client.jetstream().publish(subject, encode_alert(each), timeout=5, headers=said)
            self.newest[subject] = stored.seq


@dataclass
class Caller:
    """Somebody who asks the API."""

    http: httpx.AsyncClient

    async def get(self, path: str = "", **parameters: Any) -> httpx.Response:
        return await self.http.get(f"/api/v1/alerts{path}", params=parameters)

    async def firing(self, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self.get(**parameters)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["alerts"])

    async def act(self, incident: str, what: str = "acknowledge", **body: Any) -> httpx.Response:
        return await self.http.post(f"/api/v1/alerts/{incident}/{what}", json=body)

    async def sees(self, *hosts: str) -> None:
        """Return once alerts fire on these hosts and no other."""
        seen: list[str] = []

        async def is_so() -> bool:
            answer = await self.get(limit=1_000)
            seen[:] = sorted(alert["host"] for alert in answer.json().get("alerts", [])) or [str(answer.status_code)]
            return answer.status_code == 200 and seen == (sorted(hosts) or ["200"])

        await holds(is_so, f"alerts on {hosts}", SOON_S, lambda: ", ".join(seen))


@asynccontextmanager
async def calling(api: ApiServer, token: str) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(verify=False, base_url=api.url, headers=bearer(token), timeout=20) as http:
        yield Caller(http)


@asynccontextmanager
async def listening(api: ApiServer, token: str, **wish: Any) -> AsyncIterator[ClientConnection]:
    """Yield a WebSocket that asks for alerts."""
    url = api.url.replace("http", "ws") + "/ws"
    async with connect(url, additional_headers=bearer(token), max_size=None) as client:
        await client.send(json.dumps({"type": "subscribe", "types": ["alert"], **wish}))
        yield client


async def told(client: ClientConnection, host: str, **expected: Any) -> dict[str, Any]:
    """Return the next message about a host that says what is expected; there must be none but of alerts, and pings."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(SOON_S):
            while True:
                text = await client.recv()
                seen.append(str(text)[:2_000])
                message = dict(json.loads(text))
                assert message["type"] in ("alert", "ping"), message
                if message.get("host") == host and expected.items() <= message.items():
                    return message
    except TimeoutError:
        raise AssertionError(f"waited {SOON_S} s for {expected} of {host}; seen instead: {seen}") from None
