"""What a value that does not fit is answered with, as a table."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from services.api.admin.schemas import NewUser, UserChange
from services.api.backtest.schemas import BacktestWish
from services.api.wording import Request, refusal_of, shown

PASSWORD = "hunter2"
ROLES = "one of admin, operator, viewer"
PATTERNS = "a list, each text of 1 to 253 characters"
USERNAME = "1 to 64 lower case letters, digits and . _ @ -, the first a letter or digit"
QUERY: dict[str, Any] = {
    "limit": Annotated[int, Meta(ge=2, le=1_000)],
    "cursor": Annotated[str, Meta(max_length=5)] | None,
    "sort": Literal["b", "a"],
    "number": int,
    "text": str,
}


@pytest.mark.parametrize(
    ("key", "came", "detail"),
    [
        ("limit", "1", "limit: expected a whole number from 2 to 1,000, got '1'"),
        ("limit", "many", "limit: expected a whole number from 2 to 1,000, got 'many'"),
        ("number", "", "number: expected a whole number, got ''"),
        ("cursor", "x" * 50, f"cursor: expected text of at most 5 characters, got '{'x' * 40}'… of 50 characters"),
        ("sort", "c", "sort: expected one of a, b, got 'c'"),
        ("text", "y", "text: expected text, got 'y'"),
    ],
)
def test_a_parameter_is_named_with_what_is_accepted_and_what_came(key: str, came: str, detail: str) -> None:
    fault = {"key": key, "source": "query", "message": "jargon"}
    refused = refusal_of(fault, Request(QUERY, {key: came}))
    assert (refused.detail, refused.field) == (detail, key)


def fault_of(annotation: type[msgspec.Struct], body: object) -> dict[str, str]:
    """Return the fault as the framework tells it: the field after `$.`, `data` for the body itself."""
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(body, annotation)
    message, _, path = str(refused.value).partition(" - at `$.")
    return {"key": path.rstrip("`") or "data", "source": "body", "message": message}


@pytest.mark.parametrize(
    ("annotation", "body", "detail"),
    [
        (NewUser, {"username": "A"}, f"username: expected {USERNAME}, got 'A'"),
        (NewUser, {"username": 5}, f"username: expected {USERNAME}, got 5"),
        (NewUser, {"password": PASSWORD}, "password: expected text of 8 to 256 characters, got text of length 7"),
        (
            NewUser,
            {"password": 12345678},
            "password: expected text of 8 to 256 characters, got no text",
        ),
        (NewUser, {"password": None}, "password: expected text of 8 to 256 characters, got null"),
        (NewUser, {"role": "viewr"}, f"role: expected {ROLES}, got 'viewr'"),
        (NewUser, {"role": ["viewer"]}, f"role: expected {ROLES}, got a list"),
        (NewUser, {"username": "a", "password": PASSWORD + "!"}, f"role: expected {ROLES}, got nothing"),
        (NewUser, {"rolle": 1}, "rolle: there is no such field; accepted are username, password, role"),
        (NewUser, [], "The body: expected a JSON object with username, password, role, got a list"),
        (NewUser, None, "The body: expected a JSON object with username, password, role, got null"),
        (UserChange, {"disabled": "yes"}, "disabled: expected true or false, got 'yes'"),
        (UserChange, {"role": True}, f"role: expected {ROLES}, got true"),
        (BacktestWish, {}, "rule: expected an object, got nothing"),
        (BacktestWish, {"rule": "cpu"}, "rule: expected an object, got 'cpu'"),
        (BacktestWish, {"rule": {}, "host": "a"}, f"host: expected {PATTERNS}, got 'a'"),
        (BacktestWish, {"rule": {}, "host": ["a", 5]}, f"host: expected {PATTERNS}, got a list"),
        (UserChange, {"password": {"x": PASSWORD}}, "password: expected text of 8 to 256 characters, got an object"),
    ],
)
def test_a_field_is_named_and_no_password_comes_back(
    annotation: type[msgspec.Struct], body: object, detail: str
) -> None:
    refused = refusal_of(fault_of(annotation, body), Request({"data": annotation}, {}, body))
    assert refused.detail == detail
    assert PASSWORD not in refused.detail


def test_a_body_that_is_missing_is_said_to_be() -> None:
    refused = refusal_of({"key": "data", "source": "body", "message": "'data'"}, Request({"data": UserChange}, {}))
    assert refused.detail == "The body: expected a JSON object with role, disabled, password, got nothing"


def test_a_fault_that_nobody_foresaw_is_still_a_sentence() -> None:
    assert refusal_of({}, Request({}, {})).detail.startswith("The body: expected")
    assert shown(1e300, secret=False) == "1e+300"
