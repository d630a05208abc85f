"""Stops ingest from setting aside what a whole fleet sends: then not the hosts are wrong, but we are."""

from __future__ import annotations

from collections.abc import Mapping

HOSTS_REFUSED_MIN = 3
WINDOW_S = 60.0
HOSTS_MAX = 50_000
OPEN_S_MAX = 6 * 3600.0
"""Time to update ingest. What is held fills max_ack_pending in the end, and then nobody's messages come any more."""


class Breaker:
    """Open while at least HOSTS_REFUSED_MIN hosts, and more than half of those seen in the last minute, are refused.

    After OPEN_S_MAX it gives in until most are accepted again. A host counts as its newest message does.
    Times are seconds of any clock that does not go back.
    """

    def __init__(self) -> None:
        # Ordered by time: a host moves to the end each time it is seen.
        self._hosts: dict[str, tuple[float, bool]] = {}
        self._refused_count = 0
        self._opened_at: float | None = None

    def observe(self, now: float, hosts: Mapping[str, bool]) -> None:
        """Take in hosts just seen, and whether each was refused."""
        for host, refused in hosts.items():
            self._forget(host)
            self._hosts[host] = (now, refused)
            self._refused_count += refused
        while self._hosts:
            oldest = next(iter(self._hosts))
            if len(self._hosts) <= HOSTS_MAX and self._hosts[oldest][0] > now - WINDOW_S:
                break
            self._forget(oldest)

    def is_open(self, now: float) -> bool:
        """Return whether messages must neither be fetched as usual nor set aside."""
        self.observe(now, {})
        if self._refused_count < HOSTS_REFUSED_MIN or self._refused_count * 2 <= len(self._hosts):
            self._opened_at = None
            return False
        if self._opened_at is None:
            self._opened_at = now
        return now - self._opened_at < OPEN_S_MAX

    def _forget(self, host: str) -> None:
        if host in self._hosts:
            self._refused_count -= self._hosts.pop(host)[1]
