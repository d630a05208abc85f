"""PostgreSQL with TimescaleDB out of a root file system: on loopback, as an unprivileged user, empty at each start."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.timescale.debian import LOG, POSTGRES_BIN, TimescaleError

START_ATTEMPTS_MAX = 3
START_S_MAX = 60
STOP_S_MAX = 20
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
# setpriv's last act before the server: a runner that is killed takes the server along.
AS_NOBODY_WITH_US = [*AS_NOBODY, "--pdeathsig=INT"]
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "fsync": "off",
    "full_page_writes": "off",
    # A scheduler runs per database: without room for it the template is sometimes in use when it is copied.
    "max_worker_processes": "64",
    "timescaledb.max_background_workers": "32",
}


@dataclass
class TimescaleServer:
    """One server in a root file system."""

    root: Path
    log: Path
    cluster: str
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        """Make the data directory."""
        os.chown(self.root / self.cluster[1:], NOBODY, NOBODY)
        self._run("initdb", "-D", self.cluster, "-U", "postgres", "--auth=trust", "--locale=C.UTF-8",
                  "--encoding=UTF8", "--no-sync")  # fmt: skip

    def start(self) -> None:
        """Start on a free port; ready when this returns, with the extension in every new database."""
        for _ in range(START_ATTEMPTS_MAX):
            self.port = _free_port()
            options = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(self.port)}.items()]
            with self.log.open("ab") as output:
                self.process = subprocess.Popen(
                    ["chroot", str(self.root), *AS_NOBODY_WITH_US, f"{POSTGRES_BIN}/postgres", "-D", self.cluster,
                     *options],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=_environment(),
                    start_new_session=True,
                )  # fmt: skip
            if self._wait():
                self.ask("CREATE EXTENSION IF NOT EXISTS timescaledb", "template1")
                return
        raise TimescaleError(f"PostgreSQL did not start; its log, {self.log}, ends:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End the server, at first with a fast shutdown, and wait for it."""
        if self.process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S_MAX)
                break
        self.process = None

    @property
    def url(self) -> str:
        """Address of the superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Return what a statement answers, as text."""
        return self._run("psql", "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database,
                         "-v", "ON_ERROR_STOP=1", "-c", statement).strip()  # fmt: skip

    def _wait(self) -> bool:
        assert self.process is not None
        ready = ["chroot", str(self.root), *AS_NOBODY, f"{POSTGRES_BIN}/pg_isready", "-q", "-h", "127.0.0.1",
                 "-p", str(self.port)]  # fmt: skip
        for _ in range(START_S_MAX * 20):
            if self.process.poll() is not None:
                return False
            if subprocess.run(ready, env=_environment(), check=False).returncode == 0:
                return True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self.stop()
        return False

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            ["chroot", str(self.root), *AS_NOBODY, f"{POSTGRES_BIN}/{program}", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_environment(), check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise TimescaleError(f"{program} failed: {done.stdout.strip()[-2000:]}")
        return done.stdout


@contextmanager
def running(root: Path) -> Iterator[TimescaleServer]:
    """A server with an empty cluster; ended, and its files removed, at the end."""
    clusters = root / "var" / "lib" / "clusters"
    shutil.rmtree(clusters, ignore_errors=True)  # what a killed run left
    clusters.mkdir()
    cluster = Path(tempfile.mkdtemp(dir=clusters))
    server = TimescaleServer(root, LOG, f"/{cluster.relative_to(root)}")
    server.log.write_bytes(b"")
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(clusters, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
