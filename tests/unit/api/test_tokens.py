"""Access tokens, keys, and the sums of login limits."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from services.api.auth.access import address_group, may_be_judged, retry_after_s
from services.api.auth.guards import bearer
from services.api.auth.queries import Attempts
from services.api.auth.sessions import KEPT, EndedSessions
from services.api.auth.tokens import (
    ACCESS_SECONDS,
    Caller,
    SigningKeyError,
    expiry,
    issue,
    signing_key,
    verify,
)
from services.api.errors import NotAuthenticatedError, SessionEndedError

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KEY = signing_key("ab" * 32)
CALLER = Caller(7, "kim", "operator", "s-1", expiry(NOW))


def test_a_token_says_who_it_was_issued_to_until_it_expires() -> None:
    token = issue(KEY, CALLER, NOW)
    assert verify(KEY, token, NOW + timedelta(seconds=ACCESS_SECONDS - 1)) == CALLER
    with pytest.raises(SessionEndedError):
        verify(KEY, token, NOW + timedelta(seconds=ACCESS_SECONDS))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "else"}, {"aud": "else"}, {"role": "god"}, {"uid": "x"}, {"exp": "x"}, {"exp": 10**30}, {"sid": None},
        {"iss": None}, {"aud": None}, {"exp": None}, {"sub": None}, {"uid": None}, {"role": None},
    ],
)  # fmt: skip
def test_a_claim_that_is_wrong_or_missing_is_refused(changed: dict[str, object]) -> None:
    claims = jwt.decode(issue(KEY, CALLER, NOW), options={"verify_signature": False}) | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    with pytest.raises(NotAuthenticatedError):
        verify(KEY, jwt.encode(claims, KEY.secret, "HS256", {"kid": KEY.key_id}), NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "\u20ac.\u20ac.\u20ac", "x" * 5_000, "." * 100])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        verify(KEY, text, NOW)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ab" * 32, True),
        (base64.b64encode(bytes(range(32))).decode() + "\n", True),
        (base64.urlsafe_b64encode(b"\xff" * 32).decode().rstrip("="), True),
        ("ab" * 31, False),
        ("", False),
        ("not \u20ac a key", False),
    ],
)
def test_a_key_is_at_least_256_bits(text: str, holds: bool) -> None:
    if holds:
        assert len(signing_key(text).secret) >= 32
        assert signing_key(text).secret.hex() not in repr(signing_key(text))
    else:
        with pytest.raises(SigningKeyError):
            signing_key(text)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unknown"),
    ],
)
def test_logins_are_counted_by_what_one_customer_holds(address: str, group: str) -> None:
    assert address_group(address) == group


@pytest.mark.parametrize(("age_s", "wait_s"), [(0, 900), (1, 899), (899.5, 1), (900, 1), (5_000, 1)])
def test_the_wait_ends_when_the_oldest_failure_leaves_the_window(age_s: float, wait_s: int) -> None:
    assert retry_after_s(NOW - timedelta(seconds=age_s), NOW) == wait_s


@pytest.mark.parametrize(("failed", "undecided", "holds"), [(9, 0, True), (9, 1, False), (0, 10, False), (0, 9, True)])
def test_an_attempt_waits_where_those_before_it_could_fill_the_limit(failed: int, undecided: int, holds: bool) -> None:
    assert may_be_judged(Attempts(failed, undecided), 10) is holds


@pytest.mark.parametrize(
    ("header", "token"),
    [(None, None), ("", None), ("Bearer", None), ("Bearer ", None), ("Basic x", None), ("Bearer x", "x"),
     ("bearer x", "x")],
)  # fmt: skip
def test_only_a_bearer_is_a_token(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


def test_ended_sessions_are_told_once_refused_and_forgotten_when_no_token_is_left() -> None:
    told: list[frozenset[str]] = []
    sessions = EndedSessions(told.append)
    sessions.require_open(CALLER)
    sessions.end(["s-1", "s-2"], NOW)
    sessions.end(["s-1"], NOW)
    assert told == [{"s-1", "s-2"}]
    with pytest.raises(SessionEndedError):
        sessions.require_open(CALLER)
    sessions.forget_old(NOW + KEPT)
    assert len(sessions) == 2
    sessions.forget_old(NOW + KEPT + timedelta(seconds=1))
    assert len(sessions) == 0
