"""SQL of users and the audit, as admins see them."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from services.api.admin.schemas import AuditEntries, AuditEntry, User, UserChange, Users
from services.api.audit import Actor, Deed, enter, enter_deed
from services.api.auth.queries import end_sessions_of
from services.api.database import Database
from services.api.errors import ConflictError, NotFoundError
from services.api.routes import Role


@dataclass(frozen=True, slots=True)
class Change:
    """A user after a change, and the sessions that it ended."""

    user: User
    ended: list[str]


class AdminQueries:
    """Reads and writes users; every change and its audit entry are one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(self, after: str, limit: int) -> Users:
        """Return users by name."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT username, role, disabled, created_at FROM app.users WHERE username > $1"
                " ORDER BY username LIMIT $2",
                after, limit + 1,
            )  # fmt: skip
        users = [_user(row) for row in rows[:limit]]
        return Users(users, users[-1].username if len(rows) > limit else None)

    async def create_user(self, actor: Actor, username: str, role: Role, password_hash: str) -> User:
        """Make a user; raise ConflictError when the name is taken."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "INSERT INTO app.users (username, password_hash, role) VALUES ($1, $2, $3)"
                " ON CONFLICT (username) DO NOTHING RETURNING username, role, disabled, created_at",
                username, password_hash, role,
            )  # fmt: skip
            if row is None:
                raise ConflictError(f"There is a user {username!r} already; choose another name.", field="username")
            await enter(connection, actor, "user created", username, f"role {role}")
        return _user(row)

    async def change_user(self, actor: Actor, username: str, change: UserChange, password_hash: str | None) -> Change:
        """Change a user and end its sessions; raise ConflictError where no admin would be left."""
        async with self._database.transaction() as connection:
            # Every admin's row is locked in one order, so that two admins cannot demote each other at once.
            admins = await connection.fetch(
                "SELECT username FROM app.users WHERE role = 'admin' AND NOT disabled ORDER BY id FOR NO KEY UPDATE"
            )
            held = await connection.fetchrow(
                "SELECT id, role, disabled FROM app.users WHERE username = $1 FOR NO KEY UPDATE", username
            )
            if held is None:
                raise NotFoundError(f"There is no user {username[:64]!r}.")
            role = change.role or held["role"]
            disabled = held["disabled"] if change.disabled is None else change.disabled
            if [row["username"] for row in admins] == [username] and (role != "admin" or disabled):
                raise ConflictError(f"{username} is the last admin; make another user admin first.")
            row = await connection.fetchrow(
                "UPDATE app.users SET role = $2, disabled = $3, password_hash = coalesce($4, password_hash)"
                " WHERE id = $1 RETURNING username, role, disabled, created_at",
                held["id"], role, disabled, password_hash,
            )  # fmt: skip
            assert row is not None
            said = _described(held, role, disabled, password_hash)
            ended = await end_sessions_of(connection, held["id"]) if said else []
            await enter(connection, actor, "user changed", username, ", ".join(said) or "nothing")
        return Change(_user(row), ended)

    async def enter_audit(
        self, actor: Actor, action: str, target: str | None = None, detail: str | None = None
    ) -> None:
        """Enter one audit entry."""
        async with self._database.connection() as connection:
            await enter(connection, actor, action, target, detail)

    async def enter_deed(self, deed: Deed) -> None:
        """Enter one audit entry of what was done elsewhere, with its time."""
        async with self._database.connection() as connection:
            await enter_deed(connection, deed)

    async def audit(self, before: int | None, limit: int) -> AuditEntries:
        """Return the audit, newest first, from before the cursor on."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "SELECT id, time, actor, action, target, address, detail, request_id FROM app.audit"
                " WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
                before, limit + 1,
            )  # fmt: skip
        entries = [AuditEntry(*list(row.values())[1:]) for row in rows[:limit]]
        return AuditEntries(entries, str(rows[limit - 1]["id"]) if len(rows) > limit else None)


def _described(held: asyncpg.Record, role: Role, disabled: bool, password_hash: str | None) -> list[str]:
    said = [f"role {role}"] if role != held["role"] else []
    if disabled != held["disabled"]:
        said.append("disabled" if disabled else "enabled")
    if password_hash is not None:
        said.append("password set")
    return said


def _user(row: asyncpg.Record) -> User:
    return User(row["username"], row["role"], row["disabled"], row["created_at"])
