"""Bodies of the routes for users and the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from services.api.routes import Role

USERNAME_PATTERN = r"^[a-z0-9][a-z0-9._@-]{0,63}$"

Username = Annotated[
    str,
    Meta(
        pattern=USERNAME_PATTERN,
        description="1 to 64 lower case letters, digits and . _ @ -, the first a letter or digit",
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=256)]


class User(msgspec.Struct, frozen=True):
    """A person or program that may sign in."""

    username: str
    role: Role
    disabled: bool
    created_at: datetime


class Users(msgspec.Struct, frozen=True):
    """One page of users by name; `next_cursor` asks for the next."""

    users: list[User]
    next_cursor: str | None


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to make."""

    username: Username
    password: Password
    role: Role


class UserChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall change; what is absent or null stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None


class AuditEntry(msgspec.Struct, frozen=True):
    """One thing that somebody did or tried."""

    time: datetime
    actor: str
    action: str
    target: str | None
    address: str | None
    detail: str | None
    request_id: str | None


class AuditEntries(msgspec.Struct, frozen=True):
    """One page of the audit, newest first; `next_cursor` asks for the next."""

    entries: list[AuditEntry]
    next_cursor: str | None
