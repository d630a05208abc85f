"""What the delivery page shows, asked over HTTP as its user asks, and whether it agrees with what was counted."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import httpx

from services.api.routes import ROUTES
from tests.faults.fleet import DATABASE, Fleet
from tests.faults.known import KINDS, Known, Shown, disagreements
from tests.faults.verdict import Verdict
from tests.faults.watch import Watch
from tests.ports import free_port
from tests.processes import Service
from tests.waiting import ASK_EVERY_S

assert ("GET", "/api/v1/hosts/{host}/delivery") in ROUTES, "without the route no fault is compared with what is shown"
COUNTED_S_MAX = 5.0
ADMIN_PASSWORD = secrets.token_urlsafe(16)


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
        counts = {name: body["total"][name] for name in Shown.__dataclass_fields__ if name in body["total"]}
        return Shown(**counts, stream_loss_max=body["stream_loss_max"])

    async def disagreements(self, verdict: Verdict, watch: Watch) -> list[str]:
        """Return a sentence for each host that is shown otherwise than it was counted."""
        delivered_again = await watch.delivered_again()
        end_s = time.monotonic() + COUNTED_S_MAX
        found = []
        for host, known in known_of(verdict, watch, delivered_again).items():
            told = await self._told(host, known, watch.scope.start, end_s)
            found += [f"{host} is shown with {each}" for each in told]
        return found

    async def _told(self, host: str, known: Known, since: datetime, end_s: float) -> list[str]:
        """Return what cannot be true of one host; what was refused is counted a moment after it was answered."""
        while True:
            told = disagreements(await self.of(host, since), known)
            if not told or time.monotonic() > end_s:
                return told
            await asyncio.sleep(ASK_EVERY_S)


def known_of(verdict: Verdict, watch: Watch, delivered_again: int | None) -> dict[str, Known]:
    """Return what is known of every host that was heard, stored or missed."""
    received: Counter[str] = Counter()
    for (host, _, _), seqs in watch.stored.sessions.items():
        received[host] += len(seqs)
    gone = Counter(host for host, *_ in (*verdict.missing, *verdict.holes))
    sent = watch.witness.sent
    hosts = received.keys() | gone.keys() | {host for host, _ in (*sent.ended, *watch.stored.ended)}
    return {
        host: Known(
            received[host], gone[host], sent.late[host], sent.copies[host],
            {kind: sent.ended[host, kind] for kind in KINDS}, delivered_again,
            {kind: watch.ended_before[host, kind] for kind in ("doubled", *KINDS)},
            watch.fleet.limits_reached,
        )
        for host in sorted(hosts)
    }  # fmt: skip


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
