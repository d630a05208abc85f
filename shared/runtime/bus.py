"""The connection to NATS: one way to connect, to back off, and to end when the client gives up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nats.aio.client import Client, Server
from nats.errors import Error as NatsError

from shared.reconnect import BACKOFF_S_FIRST, BACKOFF_S_MAX, CONNECT_S_MAX
from shared.runtime.bus_client import SteadyClient
from shared.settings import Secret
from shared.subjects import inbox_prefix

log = logging.getLogger(__name__)

_REFUSED = "authorization violation"
CLOSE_S_MAX = 2.0
BREAKING = (NatsError, OSError, RuntimeError)
"""What nats-py raises where its connection has just broken, or broke before it was closed: it writes to the closed
socket all the same, which asyncio calls an OSError and uvloop a RuntimeError."""


@dataclass(frozen=True, slots=True)
class BusAddress:
    """Where the bus is and who we are there."""

    urls: tuple[str, ...]
    user: str
    password: Secret
    name: str

    @property
    def shown(self) -> str:
        """The addresses for an error or a log: without a user and password that somebody wrote into one."""
        return ", ".join(url.rpartition("@")[2] for url in self.urls)


async def connect(
    address: BusAddress,
    on_closed: Callable[[], None],
    on_reconnected: Callable[[], None] | None = None,
    on_refused: Callable[[], None] | None = None,
    backoff_s_max: float = BACKOFF_S_MAX,
) -> Client:
    """Return a connection that reconnects for ever, waiting with full jitter so that no herd arrives at once.

    Returns only once the bus has let us in, however long that takes; each failed attempt is logged.
    `on_closed` is called when the client ends for good (after an error of the protocol nats-py never reconnects):
    end the process with an error then. `on_refused` is called when the bus refuses user and password at the start,
    which seldom mends itself; a refusal later may be a bus that is being set up anew, and is only logged, once.
    """
    client = SteadyClient()
    admitted = told = False
    again = f"tried again until it works, at the latest every {backoff_s_max:g} s"

    def next_server(servers: list[Server], _: object) -> tuple[Server, float]:
        server = min(servers, key=lambda candidate: candidate.reconnects)
        ceiling_s = min(backoff_s_max, BACKOFF_S_FIRST * 2 ** min(server.reconnects, 10))
        return server, random.uniform(0, ceiling_s)  # noqa: S311 - spreads load, guards nothing

    async def failed(error: Exception) -> None:
        nonlocal told
        if admitted and _REFUSED in str(error).lower():
            if not told:
                told = True
                log.error(
                    f"the bus refuses user {address.user!r}: its credential was removed or changed; trying again "
                    f"every {backoff_s_max:g} s or sooner"
                )
            return
        _log_error(error, again)
        # nats-py raises its AuthorizationError only for what comes after the handshake.
        if on_refused is not None and not admitted and _REFUSED in str(error).lower():
            on_refused()

    async def disconnected() -> None:
        log.info("bus disconnected", extra={} if client.is_closed else {"next": again})

    async def reconnected() -> None:
        nonlocal told
        told = False
        log.info("bus reconnected")
        if on_reconnected is not None:
            on_reconnected()

    async def closed() -> None:
        on_closed()

    await client.connect(
        servers=list(address.urls),
        user=address.user,
        password=address.password.reveal(),
        name=address.name,
        inbox_prefix=inbox_prefix(address.user),
        allow_reconnect=True,
        max_reconnect_attempts=-1,
        connect_timeout=CONNECT_S_MAX,
        ping_interval=20,
        max_outstanding_pings=2,
        reconnect_to_server_handler=next_server,
        error_cb=failed,
        disconnected_cb=disconnected,
        reconnected_cb=reconnected,
        closed_cb=closed,
    )
    admitted = True
    return client


class Closing(Protocol):
    """What can be closed; nats-py's Client is one."""

    async def close(self) -> None:
        """Close the connection for good."""


async def close(client: Closing, seconds_max: float = CLOSE_S_MAX) -> None:
    """End the connection for good, in so many seconds; raise nothing, whatever the bus does meanwhile.

    A frozen bus takes nothing: without a bound this would wait for it.
    """
    with contextlib.suppress(*BREAKING):
        await asyncio.wait_for(client.close(), seconds_max)


def server_id(client: Client) -> str | None:
    """Return which server this is: every start of a NATS server has an id of its own.

    nats-py shows it nowhere else than in what it keeps of the server's greeting.
    """
    found = client._server_info.get("server_id")
    return found if isinstance(found, str) else None


def _log_error(error: Exception, again: str) -> None:
    # An attempt that failed is made again; other errors concern one message.
    extra = {"next": again} if isinstance(error, OSError) else {}
    log.warning("bus error", extra={"error": f"{type(error).__name__}: {error}", **extra})
