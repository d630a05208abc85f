"""Access tokens: signed, short-lived, one algorithm; pure, the time is an argument."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

from services.api.errors import NotAuthenticatedError, SessionEndedError
from services.api.routes import ROLES, Role

ALGORITHM = "HS256"
ISSUER = "vitalwire"
AUDIENCE = "vitalwire-api"
ACCESS_SECONDS = 900
KEY_BYTES_MIN = 32
TOKEN_CHARACTERS_MAX = 2_048
TOKENS_MAX = 1_024

_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "uid", "role", "sid"]


class SigningKeyError(ValueError):
    """The key file holds no usable key. Let whoever deploys make another."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs access tokens, and its short public name."""

    secret: bytes = field(repr=False)
    key_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: one user in one session, until the token expires."""

    user_id: int
    username: str
    role: Role
    session: str
    expires: datetime


def signing_key(text: str) -> SigningKey:
    """Return the key in a text of hex or base64; raise SigningKeyError when it is shorter than 256 bits."""
    secret = _secret(text.strip())
    if len(secret) < KEY_BYTES_MIN:
        raise SigningKeyError(f"expected at least {KEY_BYTES_MIN} random bytes as hex or base64, got {len(secret)}")
    return SigningKey(secret, hashlib.sha256(b"vitalwire key id" + secret).hexdigest()[:12])


def issue(key: SigningKey, caller: Caller, now: datetime) -> str:
    """Return an access token for the caller."""
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "iat": int(now.timestamp()), "exp": int(caller.expires.timestamp()),
        "sub": caller.username, "uid": caller.user_id, "role": caller.role, "sid": caller.session,
    }  # fmt: skip
    return jwt.encode(claims, key.secret, ALGORITHM, {"kid": key.key_id})


def expiry(now: datetime) -> datetime:
    """Return when a token issued now expires."""
    return now + timedelta(seconds=ACCESS_SECONDS)


def verify(key: SigningKey, token: str, now: datetime) -> Caller:
    """Return who the token speaks for; raise NotAuthenticatedError when it does not hold."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise NotAuthenticatedError("The access token is too long to be one of ours; sign in again.")
    caller = _caller(key, token)
    if caller.expires <= now:
        raise SessionEndedError("The access token has expired; refresh it or sign in again.")
    return caller


@lru_cache(TOKENS_MAX)
def _caller(key: SigningKey, token: str) -> Caller:
    """Return who a token speaks for, whether it has expired or not; only tokens that we signed are remembered.

    A caller asks with one token for a quarter of an hour: checking it takes as long as a tenth of a small request.
    """
    try:
        if jwt.get_unverified_header(token).get("kid") != key.key_id:
            raise NotAuthenticatedError("The access token was signed with another key; sign in again.")
        claims = jwt.decode(
            token, key.secret, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER,
            # The clock is an argument: expiry is judged below.
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
        )  # fmt: skip
        expires = datetime.fromtimestamp(int(claims["exp"]), UTC)
        return Caller(int(claims["uid"]), str(claims["sub"]), _role(claims["role"]), str(claims["sid"]), expires)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
        raise NotAuthenticatedError("The access token is not valid; sign in again.") from error


def _role(value: object) -> Role:
    if value not in ROLES:
        raise ValueError("expected a known role")
    return value


def _secret(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SigningKeyError("expected hex or base64 text") from error
