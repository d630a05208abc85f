"""Silences as their bucket holds them: made, changed, ended, and kept with who made them and why."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from services.api.audit import Actor
from services.api.bodies import fields_of, unacceptable
from services.api.buckets import Bucket, Kept, RevisionError, fence_of, require_revision
from services.api.errors import ConflictError, NotFoundError
from services.api.silences.schemas import AlertSilence, KeptSilence, Silences, SilenceState
from services.api.trail import Trail
from shared.alerts.silence import (
    SILENCES_MAX,
    NewerSilenceError,
    Silence,
    SilenceError,
    decode_silence,
    encode_silence,
    is_over,
    silence_from,
    window_at,
)

DROPPED_MAX = 100
"""Of those that are over, so many make room at once where there are as many as may be."""

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SilenceBook:
    """The silences; whoever makes or ends one is kept in the audit."""

    def __init__(self, bucket: Bucket, trail: Trail, clock: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._trail = trail
        self._clock = clock

    async def page(self, limit: int, after: str | None, *, with_over: bool) -> Silences:
        """Return silences by id."""
        keys = [key for key in await self._bucket.keys() if after is None or key > after]
        now = self._clock()
        found: list[KeptSilence] = []
        async for key, kept in self._bucket.values(keys):
            silence = shown(key, kept, now)
            if silence.state == "over" and not with_over:
                continue
            if len(found) == limit:
                return Silences(found, found[-1].id)
            found.append(silence)
        return Silences(found, None)

    async def silence(self, silence_id: str) -> KeptSilence:
        """Return one silence; raise NotFoundError where there is none."""
        return shown(silence_id, await self._existing(silence_id), self._clock())

    async def create(self, actor: Actor, body: Any) -> KeptSilence:
        """Make a silence under an id that begins with its time; raise UnacceptableError with every problem."""
        silence_id = f"{self._clock():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        return await self.put(actor, silence_id, body, 0)

    async def put(self, actor: Actor, silence_id: str, body: Any, revision: int | None) -> KeptSilence:
        """Make or replace a silence; raise UnacceptableError with every problem, and change nothing then."""
        now = self._clock()
        silence = silence_of(silence_id, body, actor.username, now)
        before = await self._bucket.read(silence_id)
        fence = fence_of(before, revision)
        stands = None if before is None else before.body
        if stands is None:
            await self._make_room(now)
        elif is_newer(stands):
            raise ConflictError(f"{silence_id}: a later release has written this silence; upgrade to change it")
        made = await self._bucket.put(silence_id, encode_silence(silence), fence)
        action = "silence created" if stands is None else "silence changed"
        await self._trail.note(actor, action, silence_id, silence.reason)
        return _shown(silence, made, now)

    async def end(self, actor: Actor, silence_id: str, revision: int | None) -> None:
        """End a silence now; one that has not begun is removed. Raise NotFoundError where there is none."""
        before = await self._existing(silence_id)
        require_revision(before, revision)
        silence, now = readable(before), self._clock()
        if silence is not None and is_over(silence, now):
            return
        # Always behind what was just read: it must not take back what somebody else has changed meanwhile.
        if silence is None or silence.start >= now:
            await self._bucket.delete(silence_id, before.revision)
        else:
            ended = msgspec.structs.replace(silence, end=now)
            await self._bucket.put(silence_id, encode_silence(ended), before.revision)
        await self._trail.note(actor, "silence ended", silence_id)

    async def _existing(self, silence_id: str) -> Kept:
        kept = await self._bucket.read(silence_id) if ID.fullmatch(silence_id) else None
        if kept is None or kept.body is None:
            raise NotFoundError(f"There is no silence {silence_id[:80]!r}; GET /api/v1/silences tells all.", field="id")
        return kept

    async def _make_room(self, now: datetime) -> None:
        """Remove of those that are over the ones that ended first, where there are as many as may be."""
        keys = await self._bucket.keys()
        if len(keys) < SILENCES_MAX:
            return
        there = [(key, kept) async for key, kept in self._bucket.values(keys)]
        if len(there) < SILENCES_MAX:
            return
        dropped = to_drop(there, now)
        if not dropped:
            raise ConflictError(f"There are {SILENCES_MAX:,} silences, and no more may be; end or widen one.")
        for key, revision in dropped:
            try:
                await self._bucket.delete(key, revision)
            except RevisionError:
                continue


def silence_of(silence_id: str, body: Any, who: str, now: datetime) -> Silence:
    """Return the silence in a body; raise UnacceptableError with every problem."""
    fields = fields_of(body)
    problems: list[str] = []
    if "who" in fields:
        problems.append("who: it is who asks; leave it out")
    if fields.get("id", silence_id) != silence_id:
        problems.append("id: it is that of the path; leave it out")
    try:
        said = silence_from({"start": now, **fields, "id": silence_id, "who": who})
        # As it will be read: in UTC, in which not every time can be told that can be told elsewhere.
        silence = decode_silence(encode_silence(said))
        if is_over(silence, now):
            problems.append(f"end: expected later than now, {now:%Y-%m-%dT%H:%M:%SZ}, got {silence.end}; set it later")
    except SilenceError as error:
        problems += error.problems
    if problems:
        raise unacceptable(problems)
    return silence


def readable(kept: Kept) -> Silence | None:
    """Return the silence that is kept; None where it cannot be read."""
    try:
        return decode_silence(kept.body or b"")
    except SilenceError:
        return None


def is_newer(body: bytes) -> bool:
    """Return whether a later release has written what stands there."""
    try:
        decode_silence(body)
    except NewerSilenceError:
        return True
    except SilenceError:
        pass
    return False


def to_drop(there: list[tuple[str, Kept]], now: datetime) -> list[tuple[str, int]]:
    """Return keys and revisions of those that are over, which ended first, so many as make room for a while."""
    over: list[tuple[datetime, str, int]] = []
    for key, kept in there:
        silence = readable(kept)
        if silence is not None and silence.end is not None and is_over(silence, now):
            over.append((silence.end, key, kept.revision))
    return [(key, revision) for _, key, revision in sorted(over)[:DROPPED_MAX]]


def state_of(silence: Silence, now: datetime) -> SilenceState:
    """Return where a silence stands."""
    if is_over(silence, now):
        return "over"
    if now < silence.start:
        return "to_come"
    return "between" if window_at(silence, now) is None else "active"


def shown(silence_id: str, kept: Kept, now: datetime) -> KeptSilence:
    """Return a silence as callers see it, one that cannot be read with the reason."""
    try:
        silence = decode_silence(kept.body or b"")
    except SilenceError as error:
        return KeptSilence(silence_id, kept.revision, None, None, str(error)[:1_000])
    return _shown(silence, kept.revision, now)


def _shown(silence: Silence, revision: int, now: datetime) -> KeptSilence:
    return KeptSilence(silence.id, revision, state_of(silence, now), AlertSilence(**asdict(silence)), None)
