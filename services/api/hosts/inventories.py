"""The inventories of all hosts, in memory and bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.subjects import HOSTS_BUCKET, TokenError, untoken
from shared.wire.decode import DecodeError
from shared.wire.inventory import Inventory, decode_inventory

HOSTS_MAX = 20_000
HOST_IDS_MAX = 4
"""Identities remembered of one host, those seen last."""
DUPLICATE_WITHIN = timedelta(minutes=30)
"""A collector says what it is every ten minutes; two machines under one name do so in turn."""
PREFIX = f"$KV.{HOSTS_BUCKET}."


class Inventories:
    """Host → inventory, kept current from the bucket."""

    def __init__(self, clock: Callable[[], datetime], hosts_max: int = HOSTS_MAX) -> None:
        self._clock = clock
        self._by_host: dict[str, Inventory] = {}
        self._host_ids: dict[str, dict[str, datetime]] = {}
        self._hosts_max = hosts_max

    def get(self, host: str) -> Inventory | None:
        """Return the inventory of a host."""
        return self._by_host.get(host)

    def host_ids(self, host: str) -> list[str]:
        """Return the identities under which a host showed within DUPLICATE_WITHIN; more than one is a duplicate.

        A machine that was installed anew shows as its own duplicate for that long.
        """
        since = self._clock() - DUPLICATE_WITHIN
        return sorted(host_id for host_id, seen_at in self._host_ids.get(host, {}).items() if seen_at >= since)

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
            self._host_ids.pop(host, None)
            return
        inventory = decode_inventory(body, host)
        if host in self._by_host or len(self._by_host) < self._hosts_max:
            self._by_host[host] = inventory
            self._note(host, inventory.host_id)

    def _note(self, host: str, host_id: str | None) -> None:
        if host_id is None:
            return
        seen = self._host_ids.setdefault(host, {})
        seen.pop(host_id, None)
        seen[host_id] = self._clock()
        if len(seen) > HOST_IDS_MAX:
            del seen[next(iter(seen))]
