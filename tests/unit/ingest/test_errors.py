"""What each error of writing means, over every exception that asyncpg has."""

from __future__ import annotations

import inspect
from typing import Any

import asyncpg
import pytest

from services.ingest.errors import RefusedError, TooSlowError, UnavailableError, WriteError, translated

REFUSED_CLASSES = {"22", "23", "54"}
UNAVAILABLE_CLASSES = {"08", "3D", "40", "53", "57", "58", "XX"}
UNAVAILABLE_CODES = {"25006", "25P03", "55P03"}

POSTGRES_ERRORS = sorted(
    (
        error
        for _, error in inspect.getmembers(asyncpg.exceptions, inspect.isclass)
        if issubclass(error, asyncpg.PostgresError) and error.sqlstate
    ),
    key=lambda error: error.sqlstate,
)


def expected_of(sqlstate: str) -> type[WriteError] | None:
    if sqlstate == "57014":
        return TooSlowError
    if sqlstate[:2] in REFUSED_CLASSES:
        return RefusedError
    if sqlstate[:2] in UNAVAILABLE_CLASSES or sqlstate in UNAVAILABLE_CODES:
        return UnavailableError
    return None


@pytest.mark.parametrize("error", POSTGRES_ERRORS, ids=lambda error: f"{error.sqlstate} {error.__name__}")
def test_every_error_of_the_server_is_decided_by_its_sqlstate(error: Any) -> None:
    known_to_a_new_connection = issubclass(error, asyncpg.InvalidCachedStatementError)
    assert translated(error("text")) is (UnavailableError if known_to_a_new_connection else expected_of(error.sqlstate))


def test_asyncpg_has_the_errors_that_the_table_names() -> None:
    found = {error.sqlstate for error in POSTGRES_ERRORS}
    assert len(found) > 200
    assert found >= UNAVAILABLE_CODES | {"57014", "42P01", "42601"}
    assert {sqlstate[:2] for sqlstate in found} >= REFUSED_CLASSES | UNAVAILABLE_CLASSES


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(asyncpg.InterfaceError("connection is closed"), UnavailableError, id="a closed connection"),
        pytest.param(
            asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
            UnavailableError,
            id="a connection that ended just now",
        ),
        pytest.param(asyncpg.InternalClientError("not connected"), UnavailableError, id="one that ended before"),
        pytest.param(asyncpg.InternalClientError("no binary format encoder for type x"), None, id="a codec is missing"),
        pytest.param(ConnectionRefusedError(), UnavailableError, id="nobody listens"),
        pytest.param(FileNotFoundError(), UnavailableError, id="no socket"),
        pytest.param(TimeoutError(), UnavailableError, id="a timeout is an OSError"),
        pytest.param(asyncpg.OutdatedSchemaCacheError("x"), UnavailableError, id="a column was added meanwhile"),
        pytest.param(asyncpg.exceptions._base.InterfaceError("x"), UnavailableError, id="asyncpg itself"),
        pytest.param(ValueError("year out of range"), RefusedError, id="encoding: value"),
        pytest.param(OverflowError("int too big"), RefusedError, id="encoding: overflow"),
        pytest.param(TypeError("expected str"), RefusedError, id="encoding: type"),
        pytest.param(asyncpg.ClientConfigurationError("sslmode"), None, id="a wrong address is ours to mend"),
        pytest.param(asyncpg.PostgresError("no code"), None, id="an error without a code"),
        pytest.param(KeyError("cpu"), None, id="our bug"),
    ],
)
def test_errors_of_the_client(error: Exception, expected: type[WriteError] | None) -> None:
    assert translated(error) is expected
