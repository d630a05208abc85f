"""Routes to sign in, stay signed in and sign out."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody

from services.api.answers import Answer
from services.api.audit import Actor
from services.api.auth.access import Access, SignIn
from services.api.auth.queries import REFRESH_LIFETIME
from services.api.auth.schemas import Granted, Login, Me, PasswordChange
from services.api.auth.tokens import Caller
from services.api.errors import BadParameterError
from services.api.routes import PREFIX

COOKIE = "vitalwire_refresh"
COOKIE_PATH = f"{PREFIX}/auth"
CLIENT_HEADER = "X-Vitalwire-Client"


class AuthController(Controller):
    """Signing in, staying signed in, signing out."""

    path = COOKIE_PATH
    tags = ("auth",)

    @post("/login", operation_id="login", status_code=200)
    async def login(
        self,
        data: JSONBody[Login],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
        secure: NamedDependency[bool],
    ) -> Answer[Granted]:
        """Return an access token, and set the refresh cookie."""
        return _granted(await access.login(data, actor), secure)

    @post("/refresh", operation_id="refresh", status_code=200)
    async def refresh(
        self,
        request: Request[Any, Any, Any],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
        secure: NamedDependency[bool],
    ) -> Answer[Granted]:
        """Return a new access token and cookie for the refresh cookie; an old one used again ends the session."""
        _require_client(request)
        return _granted(await access.refresh(request.cookies.get(COOKIE), actor), secure)

    @get("/me", operation_id="me")
    async def me(self, caller: NamedDependency[Caller]) -> Me:
        """Return who the token speaks for."""
        return Me(caller.username, caller.role)

    @post("/logout", operation_id="logout", status_code=204)
    async def logout(
        self,
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
        secure: NamedDependency[bool],
    ) -> Answer[None]:
        """End every session of the caller, on every device; open WebSockets close."""
        _require_client(request)
        await access.logout(caller, actor)
        return Answer(None, cookies=[_cookie("", 0, secure)])

    @post("/password", operation_id="changePassword", status_code=204)
    async def change_password(
        self,
        data: JSONBody[PasswordChange],
        caller: NamedDependency[Caller],
        access: NamedDependency[Access],
        actor: NamedDependency[Actor],
    ) -> None:
        """Set the caller's password and end every session: sign in again with the new one."""
        await access.change_password(caller, data, actor)


def _require_client(request: Request[Any, Any, Any]) -> None:
    # A page of another origin cannot set this header without being asked first, so it cannot use the cookie.
    if not request.headers.get(CLIENT_HEADER):
        raise BadParameterError(
            f"{CLIENT_HEADER}: expected this header with any value, such as 'web'", field=CLIENT_HEADER
        )


def _granted(signed_in: SignIn, secure: bool) -> Answer[Granted]:
    seconds = int(REFRESH_LIFETIME.total_seconds())
    return Answer(signed_in.granted, cookies=[_cookie(signed_in.refresh_token, seconds, secure)])


def _cookie(value: str, seconds: int, secure: bool) -> Cookie:
    return Cookie(COOKIE, COOKIE_PATH, value, max_age=seconds, secure=secure, httponly=True, samesite="strict")
