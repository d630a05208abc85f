"""What tests of alerts have at hand: hosts that say what a test wants, the API as a program uses it, a real webhook."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

import msgpack

from shared.families import FAMILIES
from shared.subjects import HOSTS_BUCKET, bucket_subject, host_user, metrics_subject, token
from tests.browser.past import finish
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import Stack, until

SOON_S = 10.0
"""Ten times what is promised: a second from a sample to the page, and to the webhook."""
SOON_MS = 1_000 * SOON_S
TOLD_S = 60.0
"""A notifier whose bus was lost in another test may have to wait for its lease, which lasts 10 s."""

OTHERS = ("cpu", "memory", "disk", "disk_read_wait", "disk_write_wait", "host_silent")
"""The rules that are on in a new installation: what they say depends on the load of the machine."""


@dataclass
class Api:
    """The API of a stack as a program of the administrator uses it."""

    stack: Stack
    token: str
    rules: set[str] = field(default_factory=set)
    """Those that were set here or on a page, and end with the test."""

    def get(self, path: str) -> Any:
        """Return what a path answers."""
        return self._send("GET", path)

    def post(self, path: str, body: object) -> Any:
        """Return what a path answers to a body."""
        return self._send("POST", path, body)

    def put(self, path: str, body: object) -> Any:
        """Set what stands at a path, whatever stood there; channels, which nobody can read, have no revision."""
        revised = path if path.startswith("/channels/") else f"{path}?revision={self._revision(path)}"
        return self._send("PUT", revised, body)

    def delete(self, path: str) -> None:
        """Remove what stands at a path."""
        self._send("DELETE", path)

    def rule(self, name: str, **fields: Any) -> None:
        """Set a rule on the load of hosts that are named, or on what is named instead."""
        beginning = {"family": "cpu", "column": "total_percent", "warning": 80, "critical": 90}
        self.rules.add(name)
        self.put(f"/rules/{name}", beginning | fields)

    def firing(self, rule: str) -> list[dict[str, Any]]:
        """Return the alerts of one rule that fire."""
        found: list[dict[str, Any]] = self.get(f"/alerts?rule={rule}&limit=1000")["alerts"]
        return found

    def fires(self, rule: str, by: Callable[[], None], count: int = 1) -> list[str]:
        """Return the incidents of a rule once so many fire by what is said, which is said until they do."""

        def said_and_fires() -> bool:
            by()
            return len(self.firing(rule)) == count

        until(said_and_fires, f"{count} alerts of {rule}", SOON_S)
        return [alert["incident"] for alert in self.firing(rule)]

    def is_over(self, rule: str, by: Callable[[], None]) -> None:
        """Return once nothing fires by a rule."""
        self.fires(rule, by, 0)

    def clear(self) -> None:
        """Delete the rules of a test, which ends their alerts, and all silences, routes and channels."""
        for name in self.rules:
            self.delete(f"/rules/{name}")
        for silence in self.get("/silences?limit=1000")["silences"]:
            self.delete(f"/silences/{silence['id']}")
        self.put("/routes", {})
        for channel in self.get("/channels")["channels"]:
            self.delete(f"/channels/{quote(channel['name'], safe='')}")

    def _revision(self, path: str) -> int:
        """Return the number of what stands at a path, by which it may be replaced; 0 for nothing."""
        try:
            revision: int = self.get(path)["revision"]
        except HTTPError as error:
            if error.code != 404:
                raise
            return 0
        return revision

    def _send(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.stack.api_port}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


@dataclass
class InventedHost:
    """A host with a credential of its own, which says what a test wants and nothing else."""

    stack: Stack
    name: str
    session: str = field(default_factory=lambda: secrets.token_hex(12))
    seq: int = 0
    newest: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(seconds=55))

    def introduce(self) -> None:
        """Say what it is, as collectors do."""
        self._publish([(bucket_subject(HOSTS_BUCKET, token(self.name)), _packed(v=1, host=self.name, time=_now()))])

    def is_busy(self, *percents: float) -> None:
        """Tell how busy it is: the last one is so now, those before it were so a second earlier each."""
        self._say([{"cpu": table("cpu", total_percent=percent, cores_count=4)} for percent in percents])

    def is_full(self, *disks: tuple[str, str], percent: float) -> None:
        """Tell that these mounts of these devices are so full."""
        rows = [{"mount": mount, "device": device, "used_percent": percent} for mount, device in disks]
        self._say([{"disk": table("disk", *rows)}])

    def _say(self, tables: Sequence[dict[str, object]]) -> None:
        now = _now()
        said = []
        for age_s, families in zip(reversed(range(len(tables))), tables, strict=True):
            self.seq += 1
            # Never twice at one time: what is not newer than the newest does not count.
            self.newest = max(now - timedelta(seconds=age_s), self.newest + timedelta(milliseconds=1))
            body = _packed(v=1, host=self.name, source="system", session=self.session, seq=self.seq, time=self.newest,
                           families=families)  # fmt: skip
            said.append((metrics_subject(self.name, "system"), body))
        self._publish(said)

    def _publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        async def publish() -> None:
            async with self.stack.bus(host_user(self.name)) as client:
                for subject, body in messages:
                    await client.publish(subject, body)
                await client.flush()

        finish(publish())


def table(family: str, *rows: dict[str, object], **row: object) -> dict[str, object]:
    """Return rows of a family as they travel; gauges that are not named are 0, or absent where they may be."""
    described = FAMILIES[family]
    optional = {gauge.name for gauge in described.gauges if gauge.optional}
    filled = [
        [given.get(name, None if name in optional else 0) for name in described.column_names]
        for given in (rows or (row,))
    ]
    return {"interval_seconds": 1.0, "columns": list(described.column_names), "rows": filled}


Introduced = Callable[[str], InventedHost]


def introduced(stack: Stack, name: str) -> InventedHost:
    """Return a host that the stack knows, by a credential that add-host has made."""
    done = stack.run("add-host", name)
    assert done.returncode == 0, done.stderr
    host = InventedHost(stack, name)
    host.introduce()
    return host


def heard(hook: Webhook, count: int) -> list[dict[str, Any]]:
    """Return what a webhook was sent once it is so much; fail when that takes long."""
    until(lambda: len(hook.bodies) >= count, f"{count} messages at the webhook", TOLD_S)
    return hook.messages


def _packed(**fields: object) -> bytes:
    packed: bytes = msgpack.packb(fields, datetime=True)
    return packed


def _now() -> datetime:
    here = datetime.now(UTC)
    return here.replace(microsecond=here.microsecond // 1_000 * 1_000)
