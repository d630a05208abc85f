"""Routes for channels: no answer holds an address, and the notifier tries one on the caller's behalf."""

from __future__ import annotations

from typing import Any

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.api.audit import Actor
from services.api.channels.schemas import Channels, ChannelTest
from services.api.configured import Configured
from services.api.routes import PREFIX


class ChannelsController(Controller):
    """Channels: the names behind which secret addresses lie."""

    path = f"{PREFIX}/channels"
    tags = ("channels",)

    @get("/", operation_id="listChannels")
    async def list_channels(self, configured: NamedDependency[Configured]) -> Channels:
        """Return the names of all channels. What lies behind one can be replaced, tried and deleted, but not read."""
        return await configured.channels.channels()

    @put("/{name:str}", operation_id="putChannel", status_code=204)
    async def put_channel(
        self,
        name: FromPath[str],
        data: JSONBody[Any],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
    ) -> None:
        """Make a channel, or replace all its addresses. They are secrets: nothing gives them back."""
        await configured.channels.put(actor, name, data)

    @delete("/{name:str}", operation_id="deleteChannel", status_code=204)
    async def delete_channel(
        self, name: FromPath[str], configured: NamedDependency[Configured], actor: NamedDependency[Actor]
    ) -> None:
        """Delete a channel; rules and routes that name it pass it over."""
        await configured.channels.delete(actor, name)

    @post("/{name:str}/test", operation_id="testChannel", status_code=200)
    async def test_channel(
        self, name: FromPath[str], configured: NamedDependency[Configured], actor: NamedDependency[Actor]
    ) -> ChannelTest:
        """Have the notifier send a test message to every address of a channel, and return what became of each."""
        return await configured.channels.test(actor, name)
