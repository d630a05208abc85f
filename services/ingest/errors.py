"""Errors of writing, named by what must happen next, and the one table that decides it.

WriteError
├── RefusedError      the batch cannot be stored as it is: halve it, set the message at fault aside
├── TooSlowError      the batch took too long: halve it, and when it is one message, try again later
└── UnavailableError  the database cannot write now: back off, ack nothing, try again
Everything else is our bug and ends the process.
"""

from __future__ import annotations

import asyncpg

ADDRESS_EXPECTED = (
    "expected postgresql://user@host:port/name; write '/', '#', '@' and '%' of a password as %2F, %23, %40 and %25, "
    "or better leave it to database_password"
)


class WriteError(Exception):
    """A batch was not written; nothing of it was committed."""


class RefusedError(WriteError):
    """The database refuses what stands in the batch. Halve it; set aside the message that stands alone."""


class TooSlowError(WriteError):
    """The batch took longer than a statement may. Halve it; one message alone is tried again later."""


class UnavailableError(WriteError):
    """The database cannot write now. Ack nothing, back off, write again."""


DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that asyncpg raises when a database does not do what it is asked for."""

UNPROVIDED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.PLPGSQLError,
)
"""What is said where rights or relations are not as provision makes them, or by a trigger that somebody added: for
people to mend. No sample set is stored without these, so it ends the process and is seen; all else is put off."""

_BY_SQLSTATE: dict[str, type[WriteError]] = {
    "22": RefusedError,  # data exception
    "23": RefusedError,  # integrity constraint violation
    "54": RefusedError,  # program limit exceeded
    "08": UnavailableError,  # connection exception
    "25006": UnavailableError,  # read-only transaction: a standby, during a failover
    "25P03": UnavailableError,  # this process was frozen amid a transaction, which the server ended
    "3D": UnavailableError,  # the database does not exist: not provisioned yet, or being restored
    "40": UnavailableError,  # transaction rollback: deadlock, serialization
    "53": UnavailableError,  # insufficient resources: disk full, out of memory, too many connections
    "55P03": UnavailableError,  # lock not available
    "57014": TooSlowError,  # query canceled: a statement timeout
    "57": UnavailableError,  # operator intervention: shutdown, crash, starting up
    "58": UnavailableError,  # system error: the disk of the database
    "XX": UnavailableError,  # internal error or damaged data of the database: to start anew would not help
}
"""SQLSTATE, or its class of two characters, → what it means; the whole code wins."""


_CONNECTION_ENDED = ("protocol", "in progress", "not connected")
"""What asyncpg says where a server ended the connection between two statements, and the next one began before it read
that. It says other things by the same error: those are bugs, and trying again would hide them."""


def translated(error: Exception) -> type[WriteError] | None:
    """Return what an error of writing means, None when it is our bug."""
    # A provision that altered a table leaves what a connection knows of it behind; a new connection knows it.
    if isinstance(error, (asyncpg.OutdatedSchemaCacheError, asyncpg.InvalidCachedStatementError)):
        return UnavailableError
    if isinstance(error, asyncpg.InternalClientError):
        return UnavailableError if any(words in str(error) for words in _CONNECTION_ENDED) else None
    if isinstance(error, asyncpg.PostgresError):
        sqlstate = error.sqlstate or ""
        return _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE.get(sqlstate[:2])
    if isinstance(error, asyncpg.ClientConfigurationError):
        return None
    # asyncpg's errors of encoding an argument are InterfaceErrors too: values come first.
    if isinstance(error, (ValueError, TypeError, OverflowError)):
        return RefusedError
    if isinstance(error, (asyncpg.InterfaceError, OSError)):
        return UnavailableError
    return None
