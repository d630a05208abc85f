"""Counts TCP connections by state, without listing who holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from services.collector.readers.reader import Context
from shared.families.connection import Connection

# Order and numbers of include/net/tcp_states.h, names of RFC 9293; NEW_SYN_RECV is a SYN-RECEIVED yet without a socket.
_STATES = (
    "established", "syn-sent", "syn-received", "fin-wait-1", "fin-wait-2", "time-wait", "closed", "close-wait",
    "last-ack", "listen", "closing",
)  # fmt: skip
_BY_NUMBER = {f"{number:02X}": state for number, state in enumerate(_STATES, 1)} | {"0C": "syn-received"}
_BY_NAME = {
    "ESTABLISHED": "established",
    "SYN_SENT": "syn-sent",
    "SYN_RECV": "syn-received",
    "FIN_WAIT1": "fin-wait-1",
    "FIN_WAIT2": "fin-wait-2",
    "TIME_WAIT": "time-wait",
    "CLOSE": "closed",
    "CLOSE_WAIT": "close-wait",
    "LAST_ACK": "last-ack",
    "LISTEN": "listen",
    "CLOSING": "closing",
    "DELETE_TCB": "closed",
}
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


class ConnectionReader:
    """Reads the family `connection`."""

    def __init__(self, context: Context) -> None:
        self._kernel_tells = _TABLES[0].exists()

    def read(self, at_s: float) -> list[Connection]:
        """Return one row a state."""
        if not self._kernel_tells:
            return connection_rows(count_names(entry.status for entry in psutil.net_connections(kind="tcp")))
        counts: Counter[str] = Counter()
        for table in _TABLES:
            # The kernel's table names no processes, which cost psutil a walk over every open file of the machine.
            if table.exists():
                counts += count_states(table.read_text(encoding="ascii", errors="replace"))
        return connection_rows(counts)


def count_states(table: str) -> Counter[str]:
    """Return how many lines of /proc/net/tcp or tcp6 are in each state; a torn line is left out."""
    counts: Counter[str] = Counter()
    for line in table.splitlines()[1:]:
        fields = line.split(None, 4)
        if len(fields) > 4 and fields[3] in _BY_NUMBER:
            counts[_BY_NUMBER[fields[3]]] += 1
    return counts


def count_names(names: Iterable[str]) -> Counter[str]:
    """Return how many of psutil's states there are of each; one that RFC 9293 does not know is left out."""
    return Counter(_BY_NAME[name] for name in names if name in _BY_NAME)


def connection_rows(counts: Mapping[str, int]) -> list[Connection]:
    """Return one row a state, also where a state has none."""
    return [Connection(state=state, connections_count=counts.get(state, 0)) for state in _STATES]
