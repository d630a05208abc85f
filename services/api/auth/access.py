"""Signing in, staying signed in and signing out: the rules between routes and queries."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.api.admin.queries import AdminQueries
from services.api.audit import Actor
from services.api.auth.passwords import Passwords, check_password
from services.api.auth.queries import ATTEMPT_WINDOW, AccessQueries, Attempts, StoredUser
from services.api.auth.schemas import Granted, Login, PasswordChange
from services.api.auth.sessions import EndedSessions
from services.api.auth.tokens import ACCESS_SECONDS, Caller, SigningKey, expiry, issue
from services.api.errors import BadParameterError, ConflictError, LimitedError, NotAuthenticatedError

ACCOUNT_FAILURES_MAX = 10
ADDRESS_FAILURES_MAX = 30
VERDICT_WAIT_S = 0.1
VERDICT_WAITS_MAX = 100


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in grants: the answer's body, and the refresh token for the cookie."""

    granted: Granted
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of signing in, with all they need."""

    queries: AccessQueries
    audit: AdminQueries
    passwords: Passwords
    sessions: EndedSessions
    key: SigningKey
    clock: Callable[[], datetime]

    async def login(self, login: Login, actor: Actor) -> SignIn:
        """Return a new session; an unknown user takes as long as a wrong password and gets the same answer."""
        account = login.username.lower()
        with self.passwords.place():
            return await self._login(account, login.password, actor)

    async def _login(self, account: str, password: str, actor: Actor) -> SignIn:
        attempt = await self._attempt(account, actor)
        user = None if "\0" in account else await self.queries.user(account)
        matches = await self.passwords.verify(None if user is None else user.password_hash, password)
        if user is None or not matches or user.disabled:
            await self.queries.keep_failure(attempt)
            await self.audit.enter_audit(actor, "login failed", account)
            raise NotAuthenticatedError("The user name or the password is wrong.")
        signed_in = await self._open(user)
        await self.queries.forget_attempt(attempt)
        # Nobody was signed in when the request came; now it is known who acts.
        await self.audit.enter_audit(replace(actor, username=user.username), "login", account)
        return signed_in

    async def refresh(self, token: str | None, actor: Actor) -> SignIn:
        """Return a new access and refresh token for a refresh token; each can be used once."""
        if not token or len(token) > 128:
            raise NotAuthenticatedError("There is no refresh token; sign in.")
        now, replacement = self.clock(), new_refresh_token()
        rotation = await self.queries.rotate(token_hash(token), token_hash(replacement), now)
        if rotation.outcome == "just_rotated":
            raise ConflictError("Another tab has just refreshed this session; try again with the newer cookie.")
        if rotation.outcome == "reused":
            self.sessions.end([rotation.session], now)
            assert rotation.user is not None
            await self.audit.enter_audit(actor, "refresh token reused", rotation.user.username, "the session was ended")
        if rotation.outcome != "rotated" or rotation.user is None:
            raise NotAuthenticatedError("The refresh token is not valid any more; sign in.")
        return self._granted(rotation.user, rotation.session, replacement)

    async def logout(self, caller: Caller, actor: Actor) -> None:
        """End every session of the caller."""
        self.sessions.end([caller.session, *await self.queries.end_sessions(caller.user_id)], self.clock())
        await self.audit.enter_audit(actor, "logout", caller.username)

    async def change_password(self, caller: Caller, change: PasswordChange, actor: Actor) -> None:
        """Store a new password and end every session of the caller; wrong current passwords count as failed logins."""
        check_password(change.new_password, "new_password")
        with self.passwords.place():
            await self._change_password(caller, change, actor)

    async def _change_password(self, caller: Caller, change: PasswordChange, actor: Actor) -> None:
        attempt = await self._attempt(caller.username, actor)
        user = await self.queries.user(caller.username)
        matches = await self.passwords.verify(None if user is None else user.password_hash, change.current_password)
        if user is None or not matches:
            await self.queries.keep_failure(attempt)
            await self.audit.enter_audit(actor, "password change failed", caller.username)
            raise BadParameterError("current_password: it is not the current password", field="current_password")
        ended = await self.queries.set_password(user, await self.passwords.hash(change.new_password), actor)
        await self.queries.forget_attempt(attempt)
        if ended is None:
            raise ConflictError("An admin has just changed this user; sign in again.")
        self.sessions.end([caller.session, *ended], self.clock())

    async def _attempt(self, account: str, actor: Actor) -> int:
        """Return the id of an attempt that may be judged; raise LimitedError where there were too many failures.

        Where attempts that are not judged yet could fill the limit, this one waits for their verdicts:
        fifty people who sign in at once, all with the right password, all may.
        """
        now, address = self.clock(), address_group(actor.address)
        account = account.replace("\0", "")
        attempt = await self.queries.enter_attempt(account, address, now)
        for _ in range(VERDICT_WAITS_MAX):
            of_account, of_address = await self.queries.attempts(attempt, account, address, now)
            if of_account.failed >= ACCOUNT_FAILURES_MAX or of_address.failed >= ADDRESS_FAILURES_MAX:
                break
            if may_be_judged(of_account, ACCOUNT_FAILURES_MAX) and may_be_judged(of_address, ADDRESS_FAILURES_MAX):
                return attempt
            await asyncio.sleep(VERDICT_WAIT_S)
        # It was not judged, so it must not prolong the wait.
        await self.queries.forget_attempt(attempt)
        oldest = await self.queries.oldest_attempt(account, address, now)
        raise LimitedError(
            "Too many failed logins for this user or from this address; wait and try again.",
            retry_after_s=1 if oldest is None else retry_after_s(oldest, now),
        )

    async def _open(self, user: StoredUser) -> SignIn:
        now, session, refresh_token = self.clock(), str(uuid.uuid4()), new_refresh_token()
        displaced = await self.queries.open_session(user, session, token_hash(refresh_token), now)
        if displaced is None:
            raise NotAuthenticatedError("The user name or the password is wrong.")
        self.sessions.end(displaced, now)
        return self._granted(user, session, refresh_token)

    def _granted(self, user: StoredUser, session: str, refresh_token: str) -> SignIn:
        now = self.clock()
        caller = Caller(user.id, user.username, user.role, session, expiry(now))
        token = issue(self.key, caller, now)
        return SignIn(Granted(token, "Bearer", ACCESS_SECONDS, user.username, user.role), refresh_token)


def may_be_judged(attempts: Attempts, failures_max: int) -> bool:
    """Return whether one more attempt stays within the limit, even if all before it turn out to be failures."""
    return attempts.failed + attempts.undecided < failures_max


def new_refresh_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a refresh token; it is random, so one fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def address_group(address: str) -> str:
    """Return what logins are counted by: an IPv4 address, or the /64 that one IPv6 customer has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def retry_after_s(oldest: datetime, now: datetime) -> int:
    """Return the whole seconds until the oldest failure leaves the window, at least one."""
    return max(1, -((now - oldest - ATTEMPT_WINDOW) // timedelta(seconds=1)))
