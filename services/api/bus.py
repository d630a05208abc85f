"""Asks the bus, and tells of its silence as the API does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from nats.aio.client import Client
from nats.errors import NoRespondersError

from services.api.errors import BusAwayError, NobodyAnswersError
from shared.runtime.bus import BREAKING

ANSWER_S_MAX = 5.0
RETRY_AFTER_S = 5


class Asks(Protocol):
    """What is needed of the bus."""

    async def ask(
        self, subject: str, body: bytes = b"", headers: Mapping[str, str] | None = None, seconds_max: float = ...
    ) -> bytes:
        """Return what is answered on a subject; raise NobodyAnswersError where nobody listens, else BusAwayError."""


class Bus:
    """The connection, from when there is one."""

    def __init__(self, client: Callable[[], Client | None]) -> None:
        self._client = client

    async def ask(
        self,
        subject: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        seconds_max: float = ANSWER_S_MAX,
    ) -> bytes:
        """Return what is answered on a subject."""
        client = self._client()
        # nats-py would keep it, and say it once the bus is back: long after the caller was told that it failed.
        if client is None or not client.is_connected:
            raise BusAwayError("The bus is not connected. Try again in a few seconds.", retry_after_s=RETRY_AFTER_S)
        try:
            answer = await client.request(subject, body, seconds_max, headers=dict(headers) if headers else None)
        except NoRespondersError as error:
            raise NobodyAnswersError("Nobody answers on the bus.", retry_after_s=RETRY_AFTER_S) from error
        except BREAKING as error:
            raise BusAwayError(
                "The bus did not answer in time, so it is not known whether this was done. Look, then try again.",
                retry_after_s=RETRY_AFTER_S,
            ) from error
        data: bytes = answer.data
        return data
