"""A bus, a database and the services on it, for one run: PostgreSQL of its own, or the server in BENCH_DATABASE_URL."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.postgres import buffers_mib
from shared.subjects import host_user
from tests.bench.installation import ADMIN_PASSWORD
from tests.processes import ROOT, Service
from tests.servers import NatsServer, PostgresServer, temporary_directory

API_PORT = 18_083
_MODULES = {"notifier": "services.alerting.notifier"}
"""Service → its module, where that is not `services.` and its name."""
SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size")


class Server(Protocol):
    """A database server."""

    def url(self, database: str = "postgres", user: str | None = None) -> str:
        """Return an address, without a password where a role of ours is named."""

    def restart(self) -> bool:
        """Start it again with nothing in its memory; False where that is not possible."""


class OwnServer(PostgresServer):
    """Plain PostgreSQL that keeps its promises, with the settings that the embedded stack gives it."""

    def begin(self) -> None:
        """Make and start it."""
        self.initialise()
        self.start()
        options = {
            "shared_buffers": f"{buffers_mib(memory_bytes())}MB", "max_wal_size": "2GB", "wal_compression": "on",
            "checkpoint_timeout": "15min", "jit": "off",
        }  # fmt: skip
        execute(self.url(), *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in options.items()))
        self.restart()

    def restart(self) -> bool:
        """Stop it and start it again."""
        self.stop()
        self.start()
        return True


@dataclass(frozen=True, slots=True)
class NamedServer:
    """A server that runs already, named by the address of a superuser; a command may start it again."""

    address: str
    restart_command: str | None

    def url(self, database: str = "postgres", user: str | None = None) -> str:
        """Return the same address with another database, and another user without a password."""
        parts = urlsplit(self.address)
        place = parts.netloc
        if user is not None:
            place = f"{quote(user)}@{place.rpartition('@')[2]}"
        return urlunsplit((parts.scheme, place, f"/{database}", parts.query, ""))

    def restart(self) -> bool:
        """Run the command that starts it again, where there is one."""
        if self.restart_command is None:
            return False
        subprocess.run(self.restart_command, shell=True, check=True)
        return True


@dataclass
class Site:
    """Servers and the services that a measurement started."""

    server: Server
    database: str
    nats: NatsServer
    directory: Path
    services: list[Service] = field(default_factory=list)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def owner_url(self) -> str:
        """Address of a superuser in the database that is measured."""
        return self.server.url(self.database)

    def service(self, name: str, host: str = "", *, ready: bool = True, **settings: str) -> Service:
        """Start one service with its own role's credential; when `ready`, wait until it is."""
        module = _MODULES.get(name, f"services.{name}")
        service = Service(module, self._environment(name, host, settings), self.directory / f"{name}.log")
        service.start(ready)
        self.services.append(service)
        return service

    def stop(self, service: Service) -> None:
        """End one service."""
        self.services.remove(service)
        service.stop()

    def provision(self, **settings: str) -> None:
        """Make or bring up to date all that the services need; settings may be changed."""
        values = {
            "database_url": self.owner_url, "nats_urls": self.nats.url,
            "nats_password": self.nats.passwords["provision"].reveal(), "ingest_password": self.password,
            "read_password": self.password, "app_password": self.password,
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "services.ingest.provision"], cwd=ROOT, check=False, capture_output=True, text=True,
            env=_variables("provision", values | settings),
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"not provisioned: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    async def connect(self, user: str | None = None) -> asyncpg.Connection:
        """Return a connection as a superuser, or as one of the product's roles."""
        if user is None:
            return await asyncpg.connect(self.owner_url)
        return await asyncpg.connect(self.server.url(self.database, user), password=self.password)

    def _environment(self, name: str, host: str, settings: Mapping[str, str]) -> dict[str, str]:
        user = host_user(host) if name == "collector" else name
        values = {"nats_urls": self.nats.url, "nats_user": user, "nats_password": self.nats.passwords[user].reveal()}
        if name == "ingest":
            values |= {
                "database_url": self.server.url(self.database, "vw_ingest"), "database_password": self.password,
            }  # fmt: skip
        elif name == "api":
            key = self.directory / "signing.key"
            key.write_text(secrets.token_hex(32))
            key.chmod(0o600)
            values |= {
                "read_database_url": self.server.url(self.database, "vw_read"), "read_database_password": self.password,
                "app_database_url": self.server.url(self.database, "vw_app"), "app_database_password": self.password,
                "signing_key_file": str(key), "admin_password": ADMIN_PASSWORD, "port": str(API_PORT),
                "public_url": f"http://127.0.0.1:{API_PORT}",
            }  # fmt: skip
        elif name == "collector":
            values |= {"host": host, "spool_directory": str(self.directory / f"spool-{host}")}
        return _variables(name, {**values, **settings})


@contextmanager
def site(
    name: str,
    hosts: tuple[str, ...] = (),
    database: str | None = None,
    sync_interval: str = "always",
    provisioned: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Site]:
    """Yield a provisioned site; afterwards nothing of it is left, but for a database whose name was given.

    `provisioned` are settings of the first provision: what was kept for a shorter time is never taken for complete.
    """
    directory = temporary_directory(f"bench-{name}")
    nats = NatsServer(directory / "nats", hosts=hosts, sync_interval=sync_interval)
    address = os.environ.get("BENCH_DATABASE_URL")
    own = None if address else OwnServer(directory / "pg", fsync=True)
    server: Server = own or NamedServer(address or "", os.environ.get("BENCH_RESTART_COMMAND"))
    made = Site(server, database or f"bench_{name}_{os.getpid()}", nats, directory)
    try:
        nats.start()
        if own is not None:
            own.begin()
        made.provision(**provisioned)
        # A database that was kept has an administrator with another run's password.
        execute(made.owner_url, "TRUNCATE app.users, app.login_attempts CASCADE")
        yield made
    finally:
        for service in reversed(made.services):
            service.stop()
        nats.stop()
        if own is not None:
            own.stop()
        elif database is None:
            execute(server.url(), f'DROP DATABASE IF EXISTS "{made.database}" WITH (FORCE)')
        shutil.rmtree(directory, ignore_errors=True)


async def settings_of(made: Site) -> dict[str, str | None]:
    """Return what the server reports of itself, and the storage mode."""
    connection = await made.connect()
    try:
        found: dict[str, str | None] = {
            name: await connection.fetchval("SELECT current_setting($1)", name) for name in SETTINGS
        }
        found["timescaledb"] = await connection.fetchval(
            "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
        )
        found["mode"] = await connection.fetchval("SELECT mode FROM metrics.schema_state")
    finally:
        await connection.close()
    return found


def memory_bytes() -> int:
    """Return the memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _variables(service: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"VITALWIRE_{service.upper()}_{key.upper()}": value for key, value in values.items()}


def execute(url: str, *statements: str) -> None:
    """Run statements one by one, each in a transaction of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())
