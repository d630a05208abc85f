"""Values of the buckets that people set: read one by one, and written behind the one that the writer knows."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from services.api.bus import RETRY_AFTER_S, Asks
from services.api.errors import BusAwayError, ConflictError, NobodyAnswersError
from shared.subjects import bucket_stream, bucket_subject

READ_AT_ONCE = 50
MARKER_S = 86_400
"""For so long a deleted key is remembered: an evaluator that begins reads the last minutes again."""

_FENCED = (10071, 10164)
"""Error codes of nats-server for a subject whose newest message is another than was expected."""

_NO_MESSAGE = 10037


class Kept(NamedTuple):
    """The newest message of a key: its number, and its body, None where the key was deleted."""

    revision: int
    body: bytes | None


class RevisionError(ConflictError):
    """Another revision stands there than the writer knows. Read it again, and change that."""


class Bucket:
    """One bucket. Of what it may write itself the API has no consumer, so each value is asked for by its key.

    All of it raises BusAwayError where the bus does not answer.
    """

    def __init__(self, bus: Asks, name: str) -> None:
        self._bus = bus
        self._name = name
        self._stream = bucket_stream(name)
        self._prefix = bucket_subject(name, "")

    async def keys(self) -> list[str]:
        """Return the keys in their order, those that were deleted lately as well."""
        question = json.dumps({"subjects_filter": f"{self._prefix}>"}).encode()
        found = await self._ask(f"$JS.API.STREAM.INFO.{self._stream}", question)
        return sorted(subject.removeprefix(self._prefix) for subject in found["state"].get("subjects") or ())

    async def read(self, key: str) -> Kept | None:
        """Return what stands under a key; None where nothing does."""
        question = json.dumps({"last_by_subj": f"{self._prefix}{key}"}).encode()
        found = await self._ask(f"$JS.API.STREAM.MSG.GET.{self._stream}", question)
        message = found.get("message")
        return None if message is None else _kept(message)

    async def values(self, keys: Sequence[str]) -> AsyncIterator[tuple[str, Kept]]:
        """Yield these keys with their values, in this order, without those that were deleted."""
        for start in range(0, len(keys), READ_AT_ONCE):
            portion = keys[start : start + READ_AT_ONCE]
            for key, kept in zip(portion, await asyncio.gather(*map(self.read, portion)), strict=True):
                if kept is not None and kept.body is not None:
                    yield key, kept

    async def put(self, key: str, body: bytes, expected: int | None = None) -> int:
        """Store a value and return its revision; raise RevisionError where another stands there than `expected`."""
        return await self._publish(key, body, {}, expected)

    async def delete(self, key: str, expected: int | None = None, marker_s: int = MARKER_S) -> None:
        """Delete a key; what remembers that goes after so many seconds."""
        await self._publish(key, b"", {"KV-Operation": "DEL", "Nats-TTL": str(marker_s)}, expected)

    async def _publish(self, key: str, body: bytes, headers: dict[str, str], expected: int | None) -> int:
        said = {"Nats-Expected-Stream": self._stream, **headers}
        if expected is not None:
            said["Nats-Expected-Last-Subject-Sequence"] = str(expected)
        try:
            answer = await self._ask(f"{self._prefix}{key}", body, said)
        except RevisionError:
            stands = _standing(await self.read(key))
            what = f"and {stands} stands there now" if stands else "and has deleted it"
            text = f"revision: somebody else was faster, {what}; read it again, and change that"
            raise RevisionError(text, field="revision") from None
        return int(answer["seq"])

    async def _ask(self, subject: str, body: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Return an answer of the broker; one that finds nothing comes back as it is."""
        try:
            found: dict[str, Any] = json.loads(await self._bus.ask(subject, body, headers))
            refusal = found.get("error")
        except NobodyAnswersError as error:
            raise self._away("does not exist; run 'python -m services.ingest.provision'") from error
        except (ValueError, AttributeError) as error:
            raise self._away("answers what cannot be read") from error
        if refusal is None:
            return found
        if refusal.get("err_code") in _FENCED:
            raise RevisionError("revision: somebody else was faster", field="revision")
        if refusal.get("err_code") == _NO_MESSAGE:
            return {}
        raise self._away(f"refuses it: {refusal.get('description')} ({refusal.get('err_code')})")

    def _away(self, what: str) -> BusAwayError:
        return BusAwayError(f"The bucket {self._name} on the bus {what}.", retry_after_s=RETRY_AFTER_S)


def fence_of(before: Kept | None, revision: int | None) -> int:
    """Return behind which message a writer writes, who makes something without a revision, or with that of nothing, 0.

    Raise RevisionError where another stands there, or any that was not named. Behind a deletion the broker expects the
    number of that, which no writer ever was told.
    """
    stands = _standing(before)
    if revision is None and stands != 0:
        text = f"revision: expected {stands}, that of what stands there, got none; read it, change that, and name it"
        raise RevisionError(f"{text} (?revision={stands})", field="revision")
    require_revision(before, revision)
    return 0 if before is None else before.revision


def require_revision(before: Kept | None, revision: int | None) -> None:
    """Raise RevisionError where a caller names another revision than stands there; 0 is that of nothing."""
    stands = _standing(before)
    if revision is None or revision == stands:
        return
    if stands == 0:
        text = f"revision: expected 0, as there is none by this name any more, got {revision}; leave it out to make it"
    elif revision == 0:
        text = f"revision: expected {stands}, as there is one by this name already, got 0; choose another name"
    else:
        text = f"revision: expected {stands}, got {revision}; somebody has changed it meanwhile: read it again"
    raise RevisionError(text, field="revision")


def _standing(kept: Kept | None) -> int:
    """Return the revision of what stands there as callers know it, 0 where nothing does."""
    return kept.revision if kept is not None and kept.body is not None else 0


def _kept(message: dict[str, Any]) -> Kept:
    headers = base64.b64decode(message.get("hdrs") or b"")
    body = base64.b64decode(message.get("data") or b"")
    # Nothing that we keep is empty.
    is_deleted = not body or b"KV-Operation: DEL" in headers or b"KV-Operation: PURGE" in headers
    return Kept(int(message["seq"]), None if is_deleted else body)
