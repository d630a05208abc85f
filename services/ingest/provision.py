"""Prepares the bus and the database; safe to run again at any time, and the only thing that alters either."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
from nats.errors import Error as NatsError

from services.ingest.errors import ADDRESS_EXPECTED, DATABASE_ERRORS
from services.ingest.limits import ack_pending_max
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.provisioning.offered_rules import offer_rules
from services.ingest.provisioning.roles import grant, make_roles, prepare_roles
from services.ingest.provisioning.schema import Wanted, make_schemas, migrate_app, prepare_move, reconcile_metrics
from services.ingest.provisioning.state import detected_mode, offer_extension
from services.ingest.provisioning.streams import check_account, held_minutes, make_durables, make_stream
from services.ingest.roles import APP, INGEST, READ
from services.ingest.settings import ProvisionSettings, retention_of
from services.ingest.storage.seam import Storage
from shared.runtime.bus import BusAddress, close, connect
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.default_rules import default_rules
from shared.runtime.logs import configure_logs
from shared.settings import Said, Secret
from shared.streams import streams

log = logging.getLogger("services.ingest.provision")

LOCK = "vitalwire provision"
DEFAULT = Wanted()
CONNECT_S_MAX = 10.0
DEADLOCK_TRIES = 20
BUS_S_MAX = 15.0


async def provision_bus(settings: ProvisionSettings) -> None:
    """Make streams, durables and default rules; raise ProvisionError with a sentence where that is impossible."""
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "provision")
    try:
        bus = await asyncio.wait_for(connect(address, on_closed=lambda: None), BUS_S_MAX)
    except (NatsError, OSError, TimeoutError) as error:
        raise ProvisionError(
            f"the bus at {address.shown} does not let us in ({_named(error)}): "
            "check that it runs, and nats_urls, nats_user and nats_password"
        ) from error
    try:
        await check_account(bus)
        for stream in streams(settings.metrics_bytes_max, settings.backfill_bytes_max, settings.replicas):
            is_new = await make_stream(bus, stream)
            held = await held_minutes(bus, stream)
            log.info(
                "stream ready",
                extra={
                    "stream": stream.name,
                    "new": is_new,
                    "bytes_max": stream.bytes_max,
                    "minutes_held": "unbounded" if held is None else round(held),
                },
            )
        max_ack_pending = ack_pending_max(settings.messages_max, settings.processes_max)
        await make_durables(bus, settings.ack_wait_s, max_ack_pending)
        log.info("durables ready", extra={"max_ack_pending": max_ack_pending, "ack_wait_s": settings.ack_wait_s})
        offered = await offer_rules(bus, default_rules())
        log.info("default rules ready", extra={"new": ", ".join(offered) or "none"})
    finally:
        await close(bus)


async def provision_database(
    url: str,
    password: Secret | None = None,
    role_passwords: Mapping[str, Secret | None] | None = None,
    wanted: Wanted = DEFAULT,
) -> None:
    """Make roles, schemas, tables and grants; raise ProvisionError with a sentence where that is impossible.

    Two of these wait for each other. The database itself is created when it is missing.
    """

    async def connect_as_admin(database: str | None = None) -> asyncpg.Connection:
        return await asyncpg.connect(
            url, password=password.reveal() if password else None, timeout=CONNECT_S_MAX, database=database
        )

    connection = await _open_or_create(connect_as_admin)
    try:
        # A session lock: it goes with the connection, also when this process is killed.
        await connection.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)
        created = await make_roles(connection, role_passwords or {})
        log.info("roles ready", extra={"new": ", ".join(created) or "none"})
        await make_schemas(connection)
        await grant(connection)
        if await offer_extension(connection, connect_as_admin):
            log.info("extension timescaledb made")
        await prepare_roles(connection, await detected_mode(connection))
        if wanted.convert:
            await prepare_move(connection, wanted)
        storage = await _reconcile(connection, wanted)
        log.info("metrics ready", extra={"mode": storage.mode})
        revision = await migrate_app(connect_as_admin)
        log.info("app ready", extra={"revision": revision or "none"})
    except asyncpg.InsufficientPrivilegeError as error:
        raise ProvisionError(
            f"the database user may not do what provision needs ({error}): "
            "name an administrator (superuser, or CREATEROLE and owner of the database) in database_url"
        ) from error
    finally:
        await connection.close()


async def provision(settings: ProvisionSettings) -> None:
    """Prepare the database, then the bus, so that ingest finds tables when the first message comes."""
    passwords = {INGEST: settings.ingest_password, READ: settings.read_password, APP: settings.app_password}
    retention = retention_of(settings)
    problems = ProvisionSettings.problems_together(Said.of(settings))
    if problems:
        raise ProvisionError("; ".join(problems))
    await provision_database(
        settings.database_url, settings.database_password, passwords, Wanted(retention, convert=settings.convert_mode)
    )
    await provision_bus(settings)


def main() -> int:
    """Provision as the settings say; return the exit status."""
    settings = read_settings_or_exit(ProvisionSettings, "provision")
    configure_logs("provision", settings.log_level)
    try:
        asyncio.run(provision(settings))
    except ProvisionError as error:
        log.error("not provisioned", extra={"reason": str(error)})
        return 1
    except (NatsError, *DATABASE_ERRORS) as error:
        log.error("not provisioned: it went away; run this again", extra={"error": _named(error)})
        return 1
    except Exception:
        log.exception("not provisioned: this is a bug")
        return 1
    log.info("provisioned")
    return 0


async def _reconcile(connection: asyncpg.Connection, wanted: Wanted) -> Storage:
    """Reconcile; a reader that holds what we wait for, and waits for what we hold, may cost a few tries."""
    for _ in range(DEADLOCK_TRIES):
        try:
            return await reconcile_metrics(connection, wanted)
        except asyncpg.DeadlockDetectedError:
            log.warning("readers were in the way, trying again")
    return await reconcile_metrics(connection, wanted)


async def _open_or_create(connect_as_admin: Callable[..., Awaitable[asyncpg.Connection]]) -> asyncpg.Connection:
    try:
        try:
            return await connect_as_admin()
        except asyncpg.InvalidCatalogNameError as error:
            match = re.search(r'database "(.+)" does not exist', str(error))
            if match is None:
                raise
            await _create_database(await connect_as_admin(database="postgres"), match[1])
            return await connect_as_admin()
    except (ValueError, asyncpg.ClientConfigurationError):
        # Its text may quote the address, and with it a password.
        raise ProvisionError(f"database_url is no address: {ADDRESS_EXPECTED}") from None
    except DATABASE_ERRORS as error:
        raise ProvisionError(
            f"the database does not let us in ({_named(error)}): "
            "check that it runs, and database_url and database_password"
        ) from error


async def _create_database(connection: asyncpg.Connection, name: str) -> None:
    try:
        quoted = await connection.fetchval("SELECT quote_ident($1)", name)
        await connection.execute(f"CREATE DATABASE {quoted}")
        log.info("database created", extra={"database": name})
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        # Another provision was faster; it is locked out, or locks us out, further on.
        return
    finally:
        await connection.close()


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
