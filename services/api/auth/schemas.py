"""Bodies of the routes that sign in and out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from services.api.routes import Role


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=256)]


class Granted(msgspec.Struct, frozen=True):
    """An access token, to be sent as `Authorization: Bearer …` until it expires."""

    access_token: str
    token_type: str
    expires_in_seconds: int
    username: str
    role: Role


class Me(msgspec.Struct, frozen=True):
    """Who the token speaks for."""

    username: str
    role: Role


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is and as it shall be."""

    current_password: Annotated[str, Meta(min_length=1, max_length=256)]
    new_password: Annotated[str, Meta(min_length=8, max_length=256)]
