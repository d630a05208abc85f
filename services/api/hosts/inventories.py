"""The inventories of all hosts, in memory and bounded."""

from __future__ import annotations

from collections.abc import Callable

from shared.subjects import HOSTS_BUCKET, TokenError, untoken
from shared.wire.decode import DecodeError
from shared.wire.inventory import Inventory, decode_inventory

HOSTS_MAX = 20_000
PREFIX = f"$KV.{HOSTS_BUCKET}."


class Inventories:
    """Host → inventory, kept current from the bucket."""

    def __init__(self, hosts_max: int = HOSTS_MAX) -> None:
        self._by_host: dict[str, Inventory] = {}
        self._hosts_max = hosts_max

    def get(self, host: str) -> Inventory | None:
        """Return the inventory of a host."""
        return self._by_host.get(host)

    def hosts(self, shown: Callable[[str], bool]) -> set[str]:
        """Return the hosts that a test shows."""
        return {host for host in self._by_host if shown(host)}

    def receive(self, subject: str, body: bytes, operation: str | None) -> None:
        """Take one change of the bucket; raise DecodeError when it is no inventory."""
        try:
            host = untoken(subject.removeprefix(PREFIX))
        except TokenError as error:
            raise DecodeError(str(error)) from error
        if operation in ("DEL", "PURGE"):
            self._by_host.pop(host, None)
            return
        inventory = decode_inventory(body, host)
        if host in self._by_host or len(self._by_host) < self._hosts_max:
            self._by_host[host] = inventory
