"""The audit entry: who did something, to whom, from where, in which request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.api.database import Connection

AUDIT_TEXT_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, from where, in which request."""

    username: str
    address: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody has done elsewhere than in the database, and when."""

    actor: Actor
    action: str
    target: str
    detail: str | None
    time: datetime


async def enter(
    connection: Connection, actor: Actor, action: str, target: str | None = None, detail: str | None = None
) -> None:
    """Enter one audit entry within the caller's transaction."""
    await connection.execute(
        "INSERT INTO app.audit (actor, action, target, address, detail, request_id) VALUES ($1, $2, $3, $4, $5, $6)",
        _short(actor.username), action, _short(target), actor.address, _short(detail), actor.request_id,
    )  # fmt: skip


async def enter_deed(connection: Connection, deed: Deed) -> None:
    """Enter what was done, with the time at which it was."""
    actor = deed.actor
    await connection.execute(
        "INSERT INTO app.audit (time, actor, action, target, address, detail, request_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        deed.time, _short(actor.username), deed.action, _short(deed.target), actor.address, _short(deed.detail),
        actor.request_id,
    )  # fmt: skip


def _short(text: str | None) -> str | None:
    # PostgreSQL stores no NUL in text.
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:AUDIT_TEXT_CHARACTERS_MAX]
