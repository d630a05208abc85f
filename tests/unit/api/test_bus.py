"""A bus that is away is told at once, and nothing is kept to be said later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as BusTimeoutError

from services.api.bus import Bus
from services.api.errors import BusAwayError, NobodyAnswersError, answer_of


@dataclass
class FakeClient:
    """A connection that answers one thing, or fails."""

    outcome: bytes | Exception = b"answer"
    is_connected: bool = True
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def request(self, subject: str, body: bytes, seconds_max: float, headers: object = None) -> Msg:
        self.asked.append((subject, body, seconds_max, headers))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Msg(_client=cast(Client, None), data=self.outcome)


def bus_of(client: FakeClient | None) -> Bus:
    return Bus(lambda: cast(Client, client))


async def test_an_answer_comes_back() -> None:
    client = FakeClient()
    assert await bus_of(client).ask("a.b", b"x", {"A": "1"}, 2.0) == b"answer"
    assert await bus_of(client).ask("a.b") == b"answer"
    assert client.asked == [("a.b", b"x", 2.0, {"A": "1"}), ("a.b", b"", 5.0, None)]


@pytest.mark.parametrize("client", [None, FakeClient(is_connected=False)], ids=["never there", "not connected"])
async def test_without_a_connection_nothing_is_said_that_would_be_sent_later(client: FakeClient | None) -> None:
    with pytest.raises(BusAwayError, match="The bus is not connected") as refused:
        await bus_of(client).ask("a.b")
    assert client is None or client.asked == []
    answer, headers = answer_of(refused.value, "r")
    assert (answer.status, answer.code, headers["Retry-After"]) == (503, "bus_away", "5")


@pytest.mark.parametrize("error", [BusTimeoutError(), OSError("broken"), RuntimeError("closed")])
async def test_where_no_answer_came_nobody_knows_whether_it_was_done(error: Exception) -> None:
    with pytest.raises(BusAwayError, match="not known whether this was done"):
        await bus_of(FakeClient(error)).ask("a.b")


async def test_nobody_who_listens_is_told_apart() -> None:
    with pytest.raises(NobodyAnswersError):
        await bus_of(FakeClient(NoRespondersError())).ask("a.b")
