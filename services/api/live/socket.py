"""The WebSocket of live readings: who it is, what it wants, and sending it without ever waiting for it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency

from services.api.answers import encoded
from services.api.auth.access import address_group
from services.api.auth.guards import Gate, bearer
from services.api.auth.tokens import Caller
from services.api.context import context_of
from services.api.errors import ApiError, UnavailableError, answer_of
from services.api.live.relay import Client, Relay
from services.api.live.slot import Frame, Slot, array
from services.api.live.wishes import AuthFrame, FrameError, SubscribeFrame, Wish, read_frame, wish_of
from services.api.observations import Observations
from services.api.routes import WEBSOCKET
from services.api.scope import Scope

AUTH_S_MAX = 5.0
PING_SECONDS = 30.0
CLOSE_S_MAX = 2.0
FRAMES_MAX, FRAMES_S = 20, 10.0
"""A client may send so many frames in so many seconds."""

STRANGERS_MAX, STRANGERS_OF_ADDRESS_MAX = 256, 32
"""Clients that have not signed in yet: of all addresses together, and of one. Others could never come in otherwise."""

CLIENTS_OF_USER_MAX = 500
"""Clients of one user, so that no single one takes all places."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a WebSocket ends."""

    code: int
    reason: str


EXPIRED = Closing(4401, "the access token has expired; connect again with a new one")
ENDED = Closing(4401, "the session has ended; sign in again")
LATE = Closing(4408, 'expected {"type":"auth","token":"..."} within 5 s')
NOT_SIGNED_IN = Closing(4400, 'expected {"type":"auth","token":"..."} first')
TOO_MANY_OF_USER = Closing(1013, f"expected at most {CLIENTS_OF_USER_MAX} live clients of one user; close some first")
TOKEN_IN_URL = Closing(4400, "nothing is accepted in the URL, a token least of all: it would end in logs")


@dataclass(slots=True)
class LiveSockets:
    """What all WebSockets share, and how many there are, those not signed in yet included."""

    relay: Relay
    gate: Gate
    observations: Observations
    clients_max: int
    count: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    of_user: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def stranger(self, address: str) -> Iterator[None]:
        """Count a client that has not said who it is; raise UnavailableError where there are too many."""
        group = address_group(address)
        if self.strangers[group] >= STRANGERS_OF_ADDRESS_MAX or self.strangers.total() >= STRANGERS_MAX:
            raise UnavailableError("Too many clients have not signed in yet; try again later.", retry_after_s=5)
        self.strangers[group] += 1
        try:
            yield
        finally:
            self.strangers[group] -= 1
            # Without the entries that are zero.
            self.strangers = +self.strangers


class _Gone(Exception):
    """The connection is no more."""


@websocket(WEBSOCKET)
async def live(socket: WebSocket[Any, Any, Any], sockets: NamedDependency[LiveSockets]) -> None:
    """Send what is current, then every reading, to one client."""
    if sockets.count >= sockets.clients_max:
        await _refuse(socket, UnavailableError("There are too many live clients; try again later.", retry_after_s=30))
        return
    sockets.count += 1
    sockets.observations.clients.set(sockets.count)
    try:
        await _Connection(socket, sockets).serve()
    finally:
        sockets.count -= 1
        sockets.observations.clients.set(sockets.count)


class _Connection:
    def __init__(self, socket: WebSocket[Any, Any, Any], sockets: LiveSockets) -> None:
        self._socket = socket
        self._sockets = sockets
        self._clock = asyncio.get_running_loop().time
        self._frames: deque[float] = deque(maxlen=FRAMES_MAX)
        self._client = Client(Slot(), "")
        self._caller: Caller | None = None

    async def serve(self) -> None:
        token = bearer(self._socket.headers.get("authorization"))
        closing = TOKEN_IN_URL if self._socket.scope["query_string"] else None
        try:
            if token is None:
                with self._sockets.stranger(context_of(self._socket.scope).address):
                    await self._accept()
                    closing = closing or await self._first_frame()
            else:
                self._sockets.gate.caller_of(token)
                await self._accept()
                # Again: its session may have ended while the handshake was answered.
                closing = closing or self._sign_in(token)
            closing = closing or await self._talk_as_one_of_few()
        except ApiError as error:
            await _refuse(self._socket, error)
        except _Gone:
            return
        else:
            await self._close(closing)

    async def _accept(self) -> None:
        await self._socket.receive()
        await self._socket.send({"type": "websocket.accept", "subprotocol": None, "headers": []})

    async def _first_frame(self) -> Closing | None:
        try:
            async with asyncio.timeout(AUTH_S_MAX):
                frame = await self._receive()
        except TimeoutError:
            return LATE
        except FrameError as error:
            return Closing(4400, str(error))
        return self._sign_in(frame.token) if isinstance(frame, AuthFrame) else NOT_SIGNED_IN

    def _sign_in(self, token: str) -> Closing | None:
        """Take over who a token speaks for; return why the connection ends when it does not hold."""
        try:
            self._caller = self._sockets.gate.caller_of(token)
        except ApiError as error:
            return Closing(4401, error.detail)
        return None

    async def _talk_as_one_of_few(self) -> Closing:
        assert self._caller is not None
        username, of_user = self._caller.username, self._sockets.of_user
        if of_user[username] >= CLIENTS_OF_USER_MAX:
            return TOO_MANY_OF_USER
        of_user[username] += 1
        try:
            return await self._talk()
        finally:
            of_user[username] -= 1
            if not of_user[username]:
                del of_user[username]

    async def _talk(self) -> Closing:
        assert self._caller is not None
        self._client.session = self._caller.session
        self._sockets.relay.join(self._client, Wish(), Scope(self._caller.username))
        try:
            return await self._both_ways()
        finally:
            self._sockets.relay.leave(self._client)

    async def _both_ways(self) -> Closing:
        sender = asyncio.create_task(self._send_all())
        receiver = asyncio.create_task(self._receive_all())
        self._client.give_up = sender.cancel
        try:
            done, _ = await asyncio.wait({sender, receiver}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sender.cancel()
            receiver.cancel()
            await asyncio.gather(sender, receiver, return_exceptions=True)
        ended = done.pop()
        if ended.cancelled():
            # The connection took nothing for too long: a close frame would wait behind what is stuck.
            self._sockets.observations.stuck.inc()
            raise _Gone
        return ended.result()

    async def _receive_all(self) -> Closing:
        while True:
            try:
                frame = await self._receive()
                if isinstance(frame, SubscribeFrame):
                    assert self._caller is not None
                    self._sockets.relay.join(self._client, wish_of(frame), Scope(self._caller.username))
                elif isinstance(frame, AuthFrame):
                    self._renew(self._sockets.gate.caller_of(frame.token))
            except FrameError as error:
                return Closing(4400, str(error))
            except ApiError as error:
                return Closing(4401, error.detail)

    def _renew(self, caller: Caller) -> None:
        assert self._caller is not None
        if caller.username != self._caller.username:
            raise FrameError("expected a token of the same user; open another connection")
        self._caller = caller
        self._client.session = caller.session
        self._client.awake.set()

    async def _send_all(self) -> Closing:
        ping_at = self._clock() + PING_SECONDS
        while True:
            self._client.awake.clear()
            await self._send_waiting()
            if self._client.ended:
                return ENDED
            left_s = self._seconds_left()
            if left_s <= 0:
                return EXPIRED
            if self._clock() >= ping_at:
                ping_at = self._clock() + PING_SECONDS
                await self._send(self._notice({"type": "ping"}))
            try:
                async with asyncio.timeout(max(0.0, min(left_s, ping_at - self._clock()))):
                    await self._client.awake.wait()
            except TimeoutError:
                continue

    async def _send_waiting(self) -> None:
        wish = self._client.wish or Wish()
        dropped, batches = self._client.slot.take(wish)
        if dropped:
            self._sockets.observations.gaps.inc()
            self._sockets.observations.dropped.inc(dropped)
            await self._send(self._notice({"type": "gap", "dropped": dropped}))
        for batch in batches:
            for frame in batch.frames():
                await self._send(frame)
                if self._client.ended or self._seconds_left() <= 0:
                    return

    def _seconds_left(self) -> float:
        assert self._caller is not None
        return (self._caller.expires - self._sockets.gate.clock()).total_seconds()

    def _notice(self, message: dict[str, Any]) -> Frame:
        wish = self._client.wish or Wish()
        packed = wish.format == "msgpack"
        body = msgspec.msgpack.encode(message) if packed else msgspec.json.encode(message)
        if wish.batch:
            return array([body], packed)
        return body if packed else body.decode()

    async def _send(self, frame: Frame) -> None:
        kind = "bytes" if isinstance(frame, bytes) else "text"
        self._client.sending_since = self._clock()
        await _deliver(self._socket, {"type": "websocket.send", kind: frame})
        self._client.sending_since = None

    async def _receive(self) -> Any:
        message: MutableMapping[str, Any] = await self._socket.receive()  # type: ignore[assignment]
        if message["type"] != "websocket.receive":
            raise _Gone
        now = self._clock()
        if len(self._frames) == FRAMES_MAX and now - self._frames[0] < FRAMES_S:
            raise FrameError(f"expected at most {FRAMES_MAX} frames in {FRAMES_S:.0f} s")
        self._frames.append(now)
        text = message.get("text")
        return read_frame(message.get("bytes") or b"" if text is None else text)

    async def _close(self, closing: Closing) -> None:
        # A close frame carries at most 123 bytes of reason.
        reason = closing.reason.encode()[:123].decode(errors="ignore")
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await _deliver(self._socket, {"type": "websocket.close", "code": closing.code, "reason": reason})
        except (_Gone, TimeoutError):
            return


async def _deliver(socket: WebSocket[Any, Any, Any], message: dict[str, Any]) -> None:
    try:
        await socket.send(message)  # type: ignore[arg-type]
    except (RuntimeError, OSError) as error:
        raise _Gone from error


async def _refuse(socket: WebSocket[Any, Any, Any], error: ApiError) -> None:
    """Answer the handshake with an HTTP error instead of accepting it."""
    answer, headers = answer_of(error, context_of(socket.scope).request_id)
    await refuse_handshake(socket.send, answer.status, encoded(answer, "application/json"), headers)


async def refuse_handshake(send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Send an HTTP answer in place of a WebSocket, as the ASGI extension websocket.http.response says."""
    fields = {"content-type": "application/json", **headers}
    await send({
        "type": "websocket.http.response.start", "status": status,
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
    })  # fmt: skip
    await send({"type": "websocket.http.response.body", "body": body})
