"""What the delivery page shows, asked over HTTP as its user asks, and whether it agrees with what was counted."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import httpx

from services.api.routes import ROUTES
from tests.faults.fleet import DATABASE, Fleet
from tests.faults.stored import Stored
from tests.faults.verdict import Verdict
from tests.ports import free_port
from tests.processes import Service

assert ("GET", "/api/v1/hosts/{host}/delivery") in ROUTES, "without the route no fault is compared with what is shown"
ADMIN_PASSWORD = secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures of one host; the last is of all hosts, and an upper bound."""

    received: int
    missing: int
    clock_ahead: int
    stream_loss_max: int


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A running API, and a token for it."""

    client: httpx.AsyncClient

    async def sign_in(self) -> None:
        """Get a token; one lasts a quarter of an hour."""
        self.client.headers.pop("Authorization", None)
        answer = await self.client.post("/auth/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        answer.raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def of(self, host: str, since: datetime) -> Shown:
        """Return what the page shows of a host from `since` on."""
        answer = await self.client.get(f"/hosts/{host}/delivery", params={"start": since.isoformat()})
        answer.raise_for_status()
        body = answer.json()
        total = body["total"]
        return Shown(total["received"], total["missing"], total["clock_ahead"], body["stream_loss_max"])

    async def disagreements(self, verdict: Verdict, stored: Stored, since: datetime) -> list[str]:
        """Return a sentence for each host that is shown otherwise than it was counted."""
        received: Counter[str] = Counter()
        for (host, _, _), seqs in stored.sessions.items():
            received[host] += len(seqs)
        gone = Counter(host for host, *_ in (*verdict.missing, *verdict.holes))
        found = []
        for host in sorted(received):
            shown = await self.of(host, since)
            covered = shown.missing + shown.stream_loss_max >= gone[host]
            if shown.received != received[host] or not covered or (shown.missing and not gone[host]):
                found.append(f"{host}: {shown}, counted {received[host]} received, {gone[host]} gone")
        return found


async def delivery_page(fleet: Fleet) -> DeliveryPage:
    """Start an API beside the installation, signed in; both end with it."""
    port = free_port()
    key = fleet.directory / "signing.key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    url = f"http://127.0.0.1:{port}"
    values = {
        "nats_urls": fleet.urls, "nats_password": fleet.nodes[0].passwords["api"].reveal(), "port": str(port),
        "read_database_url": fleet.postgres.url(DATABASE, "vw_read"), "public_url": url,
        "app_database_url": fleet.postgres.url(DATABASE, "vw_app"), "signing_key_file": str(key),
        "admin_password": ADMIN_PASSWORD,
    }  # fmt: skip
    environment = {f"VITALWIRE_API_{name.upper()}": value for name, value in values.items()}
    service = Service("services.api", environment, fleet.new_log("api"))
    await asyncio.to_thread(service.start)
    fleet.others.append(service)
    page = DeliveryPage(httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=30))
    await page.sign_in()
    return page
