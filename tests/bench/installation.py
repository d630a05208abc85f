"""A bus and a database with production settings, provisioned by the product, for one run of the bench."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from shared.subjects import host_user
from tests.processes import ROOT, Service
from tests.servers import NatsServer, PostgresServer, temporary_directory

HOST = "bench-1"
ADMIN_PASSWORD = secrets.token_urlsafe(16)


@dataclass
class Installation:
    """Servers, and the services that a measurement started in it."""

    nats: NatsServer
    postgres: PostgresServer
    directory: Path
    services: list[Service] = field(default_factory=list)

    def service(self, name: str, **settings: str) -> Service:
        """Start one service with its own role's credential and wait until it is ready."""
        service = Service(f"services.{name}", self._environment(name, settings), self.directory / f"{name}.log")
        service.start()
        self.services.append(service)
        return service

    def stop(self, service: Service) -> None:
        """End one service."""
        self.services.remove(service)
        service.stop()

    def _environment(self, name: str, settings: dict[str, str]) -> dict[str, str]:
        user = host_user(HOST) if name == "collector" else name
        values = {"nats_urls": self.nats.url, "nats_user": user, "nats_password": self.nats.passwords[user].reveal()}
        if name == "ingest":
            values["database_url"] = self.postgres.url("vitalwire", "vw_ingest")
        elif name == "api":
            key = self.directory / "signing.key"
            key.write_text(secrets.token_hex(32))
            key.chmod(0o600)
            values |= {
                "read_database_url": self.postgres.url("vitalwire", "vw_read"),
                "app_database_url": self.postgres.url("vitalwire", "vw_app"),
                "signing_key_file": str(key),
                "admin_password": ADMIN_PASSWORD,
            }
        else:
            values |= {"host": HOST, "spool_directory": str(self.directory / "spool")}
        return {f"VITALWIRE_{name.upper()}_{key.upper()}": value for key, value in (values | settings).items()}


@contextmanager
def installation() -> Iterator[Installation]:
    """Yield a provisioned installation; afterwards nothing of it is left."""
    directory = temporary_directory("bench")
    nats = NatsServer(directory / "nats", hosts=(HOST,), sync_interval="always")
    postgres = PostgresServer(directory / "pg", fsync=True)
    made = Installation(nats, postgres, directory)
    try:
        nats.start()
        postgres.initialise()
        postgres.start()
        _provision(made)
        yield made
    finally:
        for service in reversed(made.services):
            service.stop()
        nats.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def server_settings(made: Installation) -> dict[str, str]:
    """Return what the servers themselves report about durability."""
    connection = await asyncpg.connect(made.postgres.url("vitalwire"))
    try:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        settings = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in names}
    finally:
        await connection.close()
    return {**settings, "sync_interval": made.nats.sync_interval}


def _provision(made: Installation) -> None:
    subprocess.run(
        [str(made.postgres.binaries() / "createdb"), "-h", str(made.postgres.directory), "-U", "postgres", "vitalwire"],
        env=made.postgres.environment(), check=True,
    )  # fmt: skip
    environment = {
        "VITALWIRE_PROVISION_DATABASE_URL": made.postgres.url("vitalwire"),
        "VITALWIRE_PROVISION_NATS_URLS": made.nats.url,
        "VITALWIRE_PROVISION_NATS_PASSWORD": made.nats.passwords["provision"].reveal(),
    }
    subprocess.run([sys.executable, "-m", "services.ingest.provision"], cwd=ROOT, env=environment, check=True,
                   stdout=(made.directory / "provision.log").open("ab"), stderr=subprocess.STDOUT)  # fmt: skip
