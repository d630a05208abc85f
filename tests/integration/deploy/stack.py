"""A whole embedded stack in a directory of its own, driven from outside as a user drives it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from nats.aio.client import Client

from deploy.local.files import read_secret
from deploy.local.identity import Identity, marked
from deploy.local.process_table import ProcessTable, read_table
from deploy.local.state import Layout, layout_of
from shared.runtime.bus import BusAddress, connect
from tests.ports import free_port

CHECKOUT = Path(__file__).parents[3]
PASSWORD = "correct horse battery staple"
UP_S_MAX = 120.0


def until(condition: Callable[[], object], what: str, seconds_max: float = 60.0) -> None:
    """Return once the condition holds; what it raises while things are not ready counts as no."""
    end = time.monotonic() + seconds_max
    while True:
        with contextlib.suppress(OSError, LookupError, AssertionError):
            if condition():
                return
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds_max} s for {what}")
        time.sleep(0.1)


@dataclass
class Stack:
    """The commands of the embedded stack on one state directory."""

    home: Path
    nats_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    bind: str = "127.0.0.1"

    @property
    def layout(self) -> Layout:
        return layout_of(self.home)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VITALWIRE_")}
        return kept | {
            "VITALWIRE_HOME": str(self.home),
            "VITALWIRE_NATS_PORT": str(self.nats_port),
            "VITALWIRE_API_PORT": str(self.api_port),
            "VITALWIRE_BIND": self.bind,
            "VITALWIRE_ADMIN_PASSWORD": PASSWORD,
            # The hooks of tests are on this machine, whatever proxy it uses.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *arguments],
            env=self.environment | more, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=UP_S_MAX,
        )  # fmt: skip

    def up(self) -> str:
        """Start in the background; return what was printed once all is ready."""
        done = self.run("up", "--detach")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up_in_foreground(self, output: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start as from a terminal, and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up"],
            env=self.environment, cwd=CHECKOUT, stdout=output, start_new_session=True,
        )  # fmt: skip

    def down(self) -> None:
        """End it, and see that nothing is left."""
        done = self.run("down")
        assert done.returncode == 0, done.stderr
        assert self.processes() == []

    def table(self) -> ProcessTable:
        """Return what the stack says that runs."""
        table = read_table(self.layout.processes)
        assert table is not None
        return table

    def pid(self, name: str) -> int:
        """Return the process id of one child."""
        return {entry.name: entry.pid for entry in self.table().entries}[name]

    def processes(self) -> list[Identity]:
        """Return every living process of this stack, found without its help."""
        stack = json.loads(self.layout.record.read_text())["stack"]
        return marked(stack)

    def kill(self, name: str) -> None:
        """End one child as a fault would."""
        os.kill(self.pid(name), signal.SIGKILL)

    @contextlib.asynccontextmanager
    async def bus(self, user: str) -> AsyncIterator[Client]:
        """Yield a connection to the bus as one of its users."""
        password = read_secret(self.layout.secret(f"bus-{user}"))
        address = BusAddress((f"nats://127.0.0.1:{self.nats_port}",), user, password, f"test {user}")
        client = await connect(address, on_closed=lambda: None)
        try:
            yield client
        finally:
            await client.close()

    def ask(self, path: str, token: str | None = None, body: object = None) -> Any:
        """Return what the API answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.api_port}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}),
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def token(self) -> str:
        """Return an access token of the administrator."""
        answer = self.ask("/auth/login", body={"username": "admin", "password": PASSWORD})
        token: str = answer["access_token"]
        return token

    def hosts(self, token: str) -> dict[str, str]:
        """Return the state of every host."""
        return {entry["host"]: entry["state"] for entry in self.ask("/hosts?limit=1000", token)["hosts"]}

    def cpu_times(self, token: str, start: str = "-15m") -> list[str]:
        """Return the instants of the CPU samples that a query finds."""
        found = self.ask(f"/metrics/cpu?host=*&start={start}&columns=total_percent&points_max=5000", token)
        times: list[str] = found["time"]
        return times
