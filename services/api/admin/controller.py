"""Routes for users and the audit."""

from __future__ import annotations

import re

from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.api.admin.queries import AdminQueries
from services.api.admin.schemas import USERNAME_PATTERN, AuditEntries, NewUser, User, UserChange, Users
from services.api.audit import Actor
from services.api.auth.access import Access
from services.api.auth.passwords import check_password
from services.api.errors import BadParameterError, NotFoundError
from services.api.parameters import Cursor, Limit, bad_cursor
from services.api.routes import PREFIX

_BIGINT = re.compile(r"[0-9]{1,18}")


class AdminController(Controller):
    """Users and the audit."""

    path = PREFIX
    tags = ("admin",)

    @get("/users", operation_id="listUsers")
    async def users(self, admin: NamedDependency[AdminQueries], limit: Limit = 100, cursor: Cursor = None) -> Users:
        """Return users by name."""
        return await admin.users((cursor or "").replace("\0", ""), limit)

    @post("/users", operation_id="createUser", status_code=201)
    async def create(
        self,
        data: JSONBody[NewUser],
        admin: NamedDependency[AdminQueries],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
    ) -> User:
        """Make a user."""
        password_hash = await access.passwords.hash(check_password(data.password))
        return await admin.create_user(actor, data.username, data.role, password_hash)

    @patch("/users/{username:str}", operation_id="changeUser")
    async def change(
        self,
        username: FromPath[str],
        data: JSONBody[UserChange],
        admin: NamedDependency[AdminQueries],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
    ) -> User:
        """Change role or password, disable or enable; every session of the user ends."""
        _require_username(username)
        if data == UserChange():
            raise BadParameterError("The body: expected at least one of role, disabled, password")
        password_hash = await access.passwords.hash(check_password(data.password)) if data.password else None
        change = await admin.change_user(actor, username, data, password_hash)
        access.sessions.end(change.ended, access.clock())
        return change.user

    @get("/audit", operation_id="listAudit")
    async def audit(
        self, admin: NamedDependency[AdminQueries], limit: Limit = 100, cursor: Cursor = None
    ) -> AuditEntries:
        """Return who did what, newest first."""
        return await admin.audit(_entry_id(cursor), limit)


def _entry_id(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if _BIGINT.fullmatch(cursor) is None:
        raise bad_cursor(cursor)
    return int(cursor)


def _require_username(username: str) -> None:
    if re.fullmatch(USERNAME_PATTERN, username) is None:
        raise NotFoundError("There is no such user; user names are lower case letters, digits and . _ @ -.")
