"""One API for the tests of this folder; those that break it start one of their own."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator

import pytest

from tests.integration.api.server import ApiServer
from tests.integration.conftest import database_on, run_sql
from tests.ports import free_port
from tests.servers import NatsServer, temporary_directory


@pytest.fixture(scope="module")
def api(bus: NatsServer, postgres_url: str, template_database: str) -> Iterator[ApiServer]:
    """A running API on a database of its own."""
    name = f"vw_api_{secrets.token_hex(4)}"
    run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    directory = temporary_directory("api")
    server = ApiServer(directory, bus, database_on(postgres_url, name), extra={"metrics_port": str(free_port())})
    server.start()
    yield server
    if server.process is not None:
        server.stop()
    shutil.rmtree(directory, ignore_errors=True)
    run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
