"""SQL of users, sessions, refresh tokens and login attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

import asyncpg

from services.api.audit import Actor, enter
from services.api.database import Connection, Database
from services.api.routes import Role

REFRESH_LIFETIME = timedelta(days=30)
ROTATION_GRACE = timedelta(seconds=5)
"""A token rotated so short a time ago is a second tab, not a thief: it is refused, but nothing ends."""

SESSIONS_MAX = 50
"""Sessions of one user; one more ends the oldest."""

ATTEMPT_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as sign-in sees it."""

    id: int
    username: str
    password_hash: str
    role: Role
    disabled: bool


UNDECIDED_MAX = timedelta(seconds=30)
"""A login that was entered but not judged for so long will not be: its API has ended."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Logins of one account or address: failed within the window, and entered before this one but not judged yet."""

    failed: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of a refresh token: a new one took its place, or it was none, too new, or used twice."""

    outcome: Literal["rotated", "unknown", "just_rotated", "reused"]
    session: str = ""
    user: StoredUser | None = None


class AccessQueries:
    """Reads and writes who may sign in and who is signed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user(self, username: str) -> StoredUser | None:
        """Return the user of this name."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_SELECT_USER} WHERE username = $1", username)
        return None if row is None else _user(row)

    async def enter_attempt(self, account: str, address: str, now: datetime) -> int:
        """Enter a login before it is judged, so that many at once cannot slip under the limit; return its id."""
        async with self._database.connection() as connection:
            attempt = await connection.fetchval(
                "INSERT INTO app.login_attempts (at, account, address) VALUES ($1, $2, $3) RETURNING id",
                now, account, address,
            )  # fmt: skip
        return int(attempt)

    async def attempts(self, attempt: int, account: str, address: str, now: datetime) -> tuple[Attempts, Attempts]:
        """Return the logins of the account and those of the address."""
        parameters = (attempt, now - ATTEMPT_WINDOW, now - UNDECIDED_MAX)
        async with self._database.connection() as connection:
            of_account = await connection.fetchrow(_OF_ACCOUNT, account, *parameters)
            of_address = await connection.fetchrow(_OF_ADDRESS, address, *parameters)
        assert of_account is not None
        assert of_address is not None
        return Attempts(*of_account.values()), Attempts(*of_address.values())

    async def oldest_attempt(self, account: str, address: str, now: datetime) -> datetime | None:
        """Return when the oldest failure in the window happened."""
        async with self._database.connection() as connection:
            oldest = await connection.fetchval(
                "SELECT min(at) FROM app.login_attempts WHERE failed AND (account = $1 OR address = $2) AND at > $3",
                account, address, now - ATTEMPT_WINDOW,
            )  # fmt: skip
        return cast("datetime | None", oldest)

    async def keep_failure(self, attempt: int) -> None:
        """Count an attempt as a failure."""
        async with self._database.connection() as connection:
            await connection.execute("UPDATE app.login_attempts SET failed = true WHERE id = $1", attempt)

    async def forget_attempt(self, attempt: int) -> None:
        """Take back an attempt that was no failure, or that was not judged."""
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM app.login_attempts WHERE id = $1", attempt)

    async def open_session(self, user: StoredUser, session: str, token_hash: bytes, now: datetime) -> list[str] | None:
        """Enter a session with its first refresh token; return the sessions it displaced, None if the user may not.

        The user's row is locked, so that a session opened while the user is changed cannot outlive the change.
        """
        async with self._database.transaction() as connection:
            held = await connection.fetchrow(f"{_SELECT_USER} WHERE id = $1 FOR NO KEY UPDATE", user.id)
            if held is None or held["disabled"] or _user(held) != user:
                return None
            await connection.execute(
                "INSERT INTO app.sessions (id, user_id, created_at) VALUES ($1, $2, $3)", session, user.id, now
            )
            await _insert_token(connection, token_hash, session, now)
            displaced = await connection.fetch(
                "UPDATE app.sessions SET ended_at = clock_timestamp() WHERE id IN ("
                "SELECT id FROM app.sessions WHERE user_id = $1 AND ended_at IS NULL"
                " ORDER BY created_at DESC, id OFFSET $2) RETURNING id::text",
                user.id, SESSIONS_MAX,
            )  # fmt: skip
        return [row["id"] for row in displaced]

    async def rotate(self, token_hash: bytes, replacement_hash: bytes, now: datetime) -> Rotation:
        """Replace a refresh token; one that was replaced before ends its session."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_SELECT_ROTATION, token_hash, now)
            if row is None:
                return Rotation("unknown")
            session = row["session_id"]
            if row["rotated_at"] is not None:
                if now - row["rotated_at"] <= ROTATION_GRACE:
                    return Rotation("just_rotated", session, _user(row))
                await connection.execute("UPDATE app.sessions SET ended_at = clock_timestamp() WHERE id = $1", session)
                return Rotation("reused", session, _user(row))
            await connection.execute(
                "UPDATE app.refresh_tokens SET rotated_at = $2 WHERE token_hash = $1", token_hash, now
            )
            await _insert_token(connection, replacement_hash, session, now)
        return Rotation("rotated", session, _user(row))

    async def end_sessions(self, user_id: int) -> list[str]:
        """End every session of a user and return them."""
        async with self._database.transaction() as connection:
            await connection.execute("SELECT 1 FROM app.users WHERE id = $1 FOR NO KEY UPDATE", user_id)
            return await end_sessions_of(connection, user_id)

    async def set_password(self, user: StoredUser, password_hash: str, actor: Actor) -> list[str] | None:
        """Store a new password hash with its audit entry, end every session and return them.

        None when the user was changed meanwhile: then nothing is stored.
        """
        async with self._database.transaction() as connection:
            held = await connection.fetchrow(f"{_SELECT_USER} WHERE id = $1 FOR NO KEY UPDATE", user.id)
            if held is None or _user(held) != user:
                return None
            await connection.execute("UPDATE app.users SET password_hash = $2 WHERE id = $1", user.id, password_hash)
            await enter(connection, actor, "password changed", user.username)
            return await end_sessions_of(connection, user.id)

    async def ended_since(self, since: datetime) -> list[str]:
        """Return the sessions that ended at or after an instant."""
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT id::text FROM app.sessions WHERE ended_at >= $1", since)
        return [row["id"] for row in rows]

    async def create_first_user(self, username: str, password_hash: str) -> bool:
        """Make an admin when there is no user at all; return whether it was made."""
        async with self._database.transaction() as connection:
            # Two APIs that start together must not both find the table empty.
            await connection.execute("LOCK TABLE app.users IN SHARE ROW EXCLUSIVE MODE")
            made = await connection.fetchval(
                "INSERT INTO app.users (username, password_hash, role)"
                " SELECT $1, $2, 'admin' WHERE NOT EXISTS (SELECT 1 FROM app.users) RETURNING id",
                username, password_hash,
            )  # fmt: skip
        return made is not None

    async def has_users(self) -> bool:
        """Return whether there is any user."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM app.users)"))

    async def purge(self, now: datetime) -> None:
        """Delete what no rule reads any more; the audit is kept for 400 days."""
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM app.login_attempts WHERE at < $1", now - 2 * ATTEMPT_WINDOW)
            await connection.execute("DELETE FROM app.refresh_tokens WHERE expires_at < $1", now)
            await connection.execute(
                "DELETE FROM app.sessions WHERE ended_at < $1 OR created_at < $1 AND NOT EXISTS ("
                "SELECT 1 FROM app.refresh_tokens WHERE session_id = sessions.id)",
                now - timedelta(days=1),
            )
            await connection.execute("DELETE FROM app.audit WHERE time < $1", now - timedelta(days=400))


async def end_sessions_of(connection: Connection, user_id: int) -> list[str]:
    """End every session of a user within the caller's transaction and return them."""
    rows = await connection.fetch(
        "UPDATE app.sessions SET ended_at = clock_timestamp()"
        " WHERE user_id = $1 AND ended_at IS NULL RETURNING id::text",
        user_id,
    )
    return [row["id"] for row in rows]


_SELECT_USER = "SELECT id, username, password_hash, role, disabled FROM app.users"

_COUNT_ATTEMPTS = "SELECT count(*) FILTER (WHERE failed), count(*) FILTER (WHERE NOT failed AND id < $2 AND at > $4)"
_OF_ACCOUNT = f"{_COUNT_ATTEMPTS} FROM app.login_attempts WHERE account = $1 AND at > $3"
_OF_ADDRESS = f"{_COUNT_ATTEMPTS} FROM app.login_attempts WHERE address = $1 AND at > $3"

_SELECT_ROTATION = """SELECT tokens.session_id::text, tokens.rotated_at, users.id, users.username, users.password_hash,
    users.role, users.disabled
FROM app.refresh_tokens AS tokens
JOIN app.sessions AS sessions ON sessions.id = tokens.session_id
JOIN app.users AS users ON users.id = sessions.user_id
WHERE tokens.token_hash = $1 AND tokens.expires_at > $2 AND sessions.ended_at IS NULL AND NOT users.disabled
FOR UPDATE OF tokens, sessions"""


async def _insert_token(connection: Connection, token_hash: bytes, session: str, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO app.refresh_tokens (token_hash, session_id, expires_at) VALUES ($1, $2, $3)",
        token_hash, session, now + REFRESH_LIFETIME,
    )  # fmt: skip


def _user(row: asyncpg.Record) -> StoredUser:
    return StoredUser(row["id"], row["username"], row["password_hash"], row["role"], row["disabled"])
