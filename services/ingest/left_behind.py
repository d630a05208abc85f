"""Keeps the loop from reporting as errors what a lost connection leaves behind in asyncpg."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asyncpg import ConnectionDoesNotExistError

log = logging.getLogger(__name__)


def expect_lost_connections() -> None:
    """Have the running loop pass over the futures of connections that went, which nobody can ask any more.

    asyncpg tells the future of a COPY that its connection is gone. When the COPY is then ended by the deadline of a
    write, it would tell the server; uvloop raises at that, since the connection is closed, and the future is left
    behind. What the write raises tells of it.
    """
    asyncio.get_running_loop().set_exception_handler(_report)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    is_task = isinstance(context.get("future"), asyncio.Task)
    if isinstance(error, ConnectionDoesNotExistError) and "future" in context and not is_task:
        log.debug("a lost connection left a future behind", extra={"error": f"{type(error).__name__}: {error}"})
    else:
        loop.default_exception_handler(context)
