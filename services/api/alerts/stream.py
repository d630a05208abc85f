"""Asks the stream ALERTS message by message, wrapped in JSON and never by a consumer, and publishes acts."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import Header

from services.api.alerts.stored import About, AlertStream, Stored
from shared.runtime.bus import server_id
from shared.subjects import ALERTS
from shared.wire.alert import AlertAct, encode_alert, event_subject

ASK_S_MAX = 2.0
PUBLISH_S_MAX = 5.0
SUBJECTS_MAX = 1_000_000
"""More than fit into the stream."""

EVERYTHING = "alerts.>"
HEARD = ("alerts.*.*.*", "alerts.*.*.*.act")
_NO_MESSAGE = 10037
"""Error code of nats-server for a place or subject at which nothing stands."""


class StreamError(NatsError):
    """The broker refuses what is asked of it, or nobody understands its answer; the text says which. Try again."""


class _Error(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _Message(msgspec.Struct):
    subject: str
    seq: int
    time: str
    data: bytes = b""
    hdrs: bytes = b""


class _Got(msgspec.Struct):
    message: _Message | None = None
    error: _Error | None = None


class _State(msgspec.Struct):
    first_seq: int
    last_seq: int
    subjects: dict[str, int] = {}


class _Info(msgspec.Struct):
    created: str = ""
    state: _State | None = None
    total: int = 0
    error: _Error | None = None


class _Published(msgspec.Struct):
    seq: int = 0
    error: _Error | None = None


Answer = TypeVar("Answer", _Got, _Info, _Published)


class BusAlertStream:
    """The stream on a connection; see AlertStream.

    What is asked is answered to an inbox. A consumer, or a direct get, would have the broker say a body of our own
    choice on any subject, as somebody else: see ARCHITECTURE.md.
    """

    def __init__(self, bus: Client) -> None:
        self._bus = bus

    async def about(self) -> About:
        """Return which stream this is and where it ends."""
        return _about(await self._info({}), server_id(self._bus))

    async def contents(self) -> tuple[About, set[str]]:
        """Return the same, and every subject on which it holds something."""
        # The first page says where the stream ends: what comes meanwhile is read from there on.
        page = await self._info({"subjects_filter": EVERYTHING})
        about, subjects = _about(page, server_id(self._bus)), set[str]()
        while page.state is not None and page.state.subjects and len(subjects) < SUBJECTS_MAX:
            before = len(subjects)
            subjects.update(page.state.subjects)
            if len(subjects) >= page.total or len(subjects) == before:
                break
            page = await self._info({"subjects_filter": EVERYTHING, "offset": len(subjects)})
        return about, subjects

    async def last(self, subject: str) -> Stored | None:
        """Return the newest message of a subject."""
        return await self._get({"last_by_subj": subject})

    async def at(self, sequence: int) -> Stored | None:
        """Return the message at a place; None where there is none any more."""
        return await self._get({"seq": sequence})

    async def following(self, sequence: int, subjects: str = EVERYTHING) -> Stored | None:
        """Return the first message from a place on; None where there is none yet."""
        return await self._get({"seq": sequence, "next_by_subj": subjects})

    async def publish(self, act: AlertAct) -> int:
        """Return the place at which the stream has an act; that of the first where it knew its id already."""
        if not self._bus.is_connected:
            # The client would keep it, and send it long after the caller was told that it failed.
            raise StreamError(f"{ALERTS}: the bus is away")
        said = {Header.MSG_ID.value: act.id, Header.EXPECTED_STREAM.value: ALERTS}
        answer = await self._bus.request(event_subject(act), encode_alert(act), PUBLISH_S_MAX, headers=said)
        found = _read(answer.data, _Published)
        if found.seq <= 0:
            raise _refused(found.error)
        return found.seq

    async def _info(self, question: dict[str, Any]) -> _Info:
        found = await self._ask("STREAM.INFO", question, _Info)
        if found.state is None:
            raise _refused(found.error)
        return found

    async def _get(self, question: dict[str, Any]) -> Stored | None:
        found = await self._ask("STREAM.MSG.GET", question, _Got)
        if found.message is not None:
            return _stored(found.message)
        if found.error is not None and found.error.err_code == _NO_MESSAGE:
            return None
        raise _refused(found.error)

    async def _ask(self, verb: str, question: dict[str, Any], kind: type[Answer]) -> Answer:
        asked = json.dumps(question).encode() if question else b""
        answer = await self._bus.request(f"$JS.API.{verb}.{ALERTS}", asked, ASK_S_MAX)
        return _read(answer.data, kind)


async def follow_on(bus: Client, hear: Callable[[Msg], Awaitable[None]]) -> AlertStream:
    """Return the stream on a connection; `hear` is called whenever something is published on its subjects."""
    for subject in HEARD:
        await bus.subscribe(subject, cb=hear)
    return BusAlertStream(bus)


def _read(body: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StreamError(f"{ALERTS}: the broker's answer is none: {str(error)[:200]}") from error


def _refused(error: _Error | None) -> StreamError:
    said = "nothing" if error is None else f"{error.description} ({error.err_code})"
    return StreamError(f"{ALERTS}: the broker answers {said[:300]}; provision may have to be run")


def _about(found: _Info, server: str | None) -> About:
    assert found.state is not None
    return About(f"{found.created} {server}", found.state.first_seq, found.state.last_seq)


def _stored(message: _Message) -> Stored:
    try:
        # Python keeps six of the broker's nine digits.
        received_at = datetime.fromisoformat(message.time)
    except ValueError as error:
        raise StreamError(f"{ALERTS}: the broker's time is none: {message.time[:60]!r}") from error
    return Stored(message.seq, message.subject, message.data, received_at, before_of(message.hdrs))


def before_of(headers: bytes) -> int | None:
    """Return what a publisher expected to stand last on the subject, which is the message before; None for nothing."""
    wanted = Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value.encode().lower()
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == wanted and value.strip().isdigit():
            return int(value.strip())
    return None
