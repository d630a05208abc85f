"""One connection for the publishers of many hosts: each has a line of its own in one inbox."""

from __future__ import annotations

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.collector.publish import Publisher


class Switchboard:
    """The publishers that share a connection.

    A subscription each would be a task each in nats-py; here one hears all answers, and their subject says whose they
    are: `<inbox>.<line>.<seq>`. A line is never given out twice, so a late answer cannot confirm another's message.
    """

    def __init__(self) -> None:
        self._publishers: dict[int, Publisher] = {}
        self._line_last = 0
        self._client: Client | None = None
        self._inbox = ""

    async def add(self, publisher: Publisher) -> int:
        """Give the publisher a line, and the connection as soon as there is one; return the line."""
        self._line_last += 1
        self._publishers[self._line_last] = publisher
        if self._client is not None:
            await publisher.share(self._client, f"{self._inbox}.{self._line_last}")
        return self._line_last

    def remove(self, line: int) -> int:
        """Take the line away; what its publisher had not sent is lost and counted: return how many."""
        return self._publishers.pop(line).give_up()

    async def attach(self, client: Client) -> None:
        """Use this connection from now on, and send what waited for it."""
        self._client, self._inbox = client, client.new_inbox()
        await client.subscribe(f"{self._inbox}.*.*", cb=self._answered)
        for line, publisher in list(self._publishers.items()):
            await publisher.share(client, f"{self._inbox}.{line}")

    async def reconnected(self) -> None:
        """Send again what the lost connection left without an answer."""
        for publisher in list(self._publishers.values()):
            await publisher.reconnected()

    async def pump(self) -> None:
        """Send as much as the windows allow."""
        for publisher in list(self._publishers.values()):
            await publisher.pump()

    async def drain(self) -> None:
        """Return once everything is sent and confirmed; bound the wait yourself."""
        for publisher in list(self._publishers.values()):
            await publisher.drain()

    def give_up(self) -> int:
        """Count what is left as lost, and return how many; for the end of the process."""
        return sum(publisher.give_up() for publisher in self._publishers.values())

    async def _answered(self, message: Msg) -> None:
        publisher = self._publishers.get(int(message.subject.split(".")[-2]))
        if publisher is not None:
            await publisher.answered(message)
