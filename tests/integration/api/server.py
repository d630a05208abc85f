"""The API as a process of its own, on real servers, and a host that speaks on the bus."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.integration.conftest import Database
from tests.ports import free_port
from tests.servers import NatsServer, wait_until

ROOT = Path(__file__).parents[3]
ADMIN_PASSWORD = "an admin's password"


@dataclass
class ApiServer:
    """`python -m services.api` with everything it needs."""

    directory: Path
    bus: NatsServer
    database: Database
    port: int = 0
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.directory / "api.log"

    def environment(self) -> dict[str, str]:
        key = self.directory / "signing.key"
        if not key.exists():
            key.write_text(secrets.token_hex(32))
        settings = {
            "port": str(self.port), "public_url": self.url, "signing_key_file": str(key),
            "nats_urls": self.bus.url, "nats_password": self.bus.passwords["api"].reveal(),
            "read_database_url": self.database.read_url, "app_database_url": self.database.app_url,
            "admin_password": ADMIN_PASSWORD, **self.extra,
        }  # fmt: skip
        inherited = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_START") if name in os.environ}
        return {**inherited, **{f"VITALWIRE_API_{name.upper()}": value for name, value in settings.items()}}

    def start(self) -> None:
        """Start; ready when this returns."""
        self.port = self.port or free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.api"],
                cwd=ROOT, env=self.environment(), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait_until(self._is_ready, f"the API; its log: {self.log}", 20)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal and return the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise
        finally:
            self.process = None

    def events(self) -> list[dict[str, object]]:
        """Return the lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the API ended: {self.log.read_text()[-3000:]}")
        return any(event["event"] == "ready" for event in self.events())


def send(method: str, url: str, **options: Any) -> httpx.Response:
    """Return the answer; without the system's certificates, whose reading would take longer than the request."""
    return httpx.request(method, url, verify=False, **options)


def log_in(server: ApiServer, username: str = "admin", password: str = ADMIN_PASSWORD) -> str:
    """Return an access token."""
    answer = send("POST", f"{server.url}/api/v1/auth/login", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def tick() -> datetime:
    """Return now, as a whole second."""
    return datetime.fromtimestamp(int(time.time()), UTC)
