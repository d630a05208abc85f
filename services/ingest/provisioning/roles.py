"""Makes the database's roles, and what each may do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import asyncpg

from services.ingest.provisioning.scram import SALT_BYTES, scram_verifier
from services.ingest.roles import APP, INGEST, OWNER, READ
from services.ingest.storage.mode import Mode
from shared.settings import Secret

ROLE_LOCK = "vitalwire roles"

_SETTINGS: dict[str, dict[str, str]] = {
    OWNER: {},
    # Rollups wait for whatever transaction of it is open; the service itself has shorter bounds.
    INGEST: {"idle_in_transaction_session_timeout": "5min"},
    READ: {
        "default_transaction_read_only": "on",
        "statement_timeout": "10s",
        "work_mem": "32MB",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
    },
    APP: {"statement_timeout": "10s"},
}
"""Role → settings that every session of it starts with.

Readers ask many small questions at once: a parallel worker costs each of them more than it gives to one.
"""

_GRANTS = f"""
GRANT CONNECT ON DATABASE {{database}} TO {INGEST}, {READ}, {APP};
REVOKE TEMPORARY ON DATABASE {{database}} FROM PUBLIC;
REVOKE ALL ON SCHEMA metrics, app FROM PUBLIC;
GRANT USAGE ON SCHEMA metrics TO {INGEST}, {READ};
GRANT USAGE ON SCHEMA app TO {APP}, {INGEST}, {READ};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA metrics GRANT SELECT ON TABLES TO {READ};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA metrics GRANT SELECT, INSERT, DELETE ON TABLES TO {INGEST};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA app GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA app GRANT USAGE ON SEQUENCES TO {APP};
"""


async def make_roles(connection: asyncpg.Connection, passwords: Mapping[str, Secret | None]) -> list[str]:
    """Create the roles that are missing and give all their settings; return the names of the new ones.

    Roles belong to the whole server: a password or setting is only touched where it differs or is given.
    """
    await connection.execute("SELECT pg_advisory_lock(hashtext($1))", ROLE_LOCK)
    try:
        created = []
        for role, settings in _SETTINGS.items():
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
                await _create(connection, role)
                created.append(role)
            await _configure(connection, role, settings)
            password = passwords.get(role)
            if password is not None:
                # The verifier holds base64, digits, '$' and ':' only: nothing that could end the literal.
                verifier = scram_verifier(password, secrets.token_bytes(SALT_BYTES))
                await connection.execute(f"ALTER ROLE {role} PASSWORD '{verifier}'")
        await _become_owner_allowed(connection)
        return created
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", ROLE_LOCK)


async def prepare_roles(connection: asyncpg.Connection, mode: Mode) -> None:
    """Give the roles what TimescaleDB's jobs and columnstore ask of them."""
    if mode != "timescaledb_community":
        return
    if not await connection.fetchval("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", OWNER):
        # Jobs run as the owner of what they keep, and only for roles that may log in. It has no password to do so.
        await connection.execute(f"ALTER ROLE {OWNER} LOGIN")
    # Late sample sets meet the ledger's unique key in the columnstore, which has to be opened to be sure.
    await _configure(connection, INGEST, {"timescaledb.max_tuples_decompressed_per_dml_transaction": "0"})


async def grant(connection: asyncpg.Connection) -> None:
    """Give each role what it may do in this database; tables made later are covered at once."""
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    await connection.execute(_GRANTS.format(database=database))


async def _create(connection: asyncpg.Connection, role: str) -> None:
    login = "NOLOGIN" if role == OWNER else "LOGIN"
    try:
        await connection.execute(f"CREATE ROLE {role} {login}")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        # Advisory locks end at the database: a provision of another database of this server was faster.
        return


async def _configure(connection: asyncpg.Connection, role: str, settings: Mapping[str, str]) -> None:
    present = set(
        await connection.fetchval(
            "SELECT coalesce((SELECT setconfig FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole"
            " WHERE rolname = $1 AND setdatabase = 0), '{}')",
            role,
        )
    )
    for name, value in settings.items():
        if f"{name}={value}" not in present:
            await connection.execute(f"ALTER ROLE {role} SET {name} = '{value}'")


async def _become_owner_allowed(connection: asyncpg.Connection) -> None:
    """Let an administrator who is no superuser act as the owner; since 16 being a member is not enough for that."""
    right = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    if not await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", OWNER, right):
        await connection.execute(f"GRANT {OWNER} TO CURRENT_USER")
