"""Every family as an invented host tells it; ROWS is the explicit list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from services.collector.counters import Counters
from services.collector.rates import Change
from services.collector.readers.agent import agent_rows
from services.collector.simulation.load import Moment, moment_of
from services.collector.simulation.memory import memory_rows, swap_rows
from services.collector.simulation.processor import core_rows, cpu_rows
from services.collector.simulation.profile import Profile
from services.collector.simulation.programs import process_rows
from services.collector.simulation.storage import disk_io_rows, disk_rows
from services.collector.simulation.traffic import connection_rows, network_rows

ROWS: dict[str, Callable[[Profile, Moment], list[Any]]] = {
    "cpu": cpu_rows,
    "cpu_core": core_rows,
    "memory": memory_rows,
    "swap": swap_rows,
    "disk": disk_rows,
    "disk_io": disk_io_rows,
    "network": network_rows,
    "connection": connection_rows,
    "process": process_rows,
}
"""Name of the family → what a host says at an instant: the same whenever it is asked."""

AGENT = "agent"
_AGENT_ONE_CORE_SHARE = 0.006
_AGENT_RESIDENT_BYTES = 32 * 1024**2
_AGENT_READING_S = 0.002


def rows_at(profile: Profile, tick_s: int, names: Iterable[str], counters: Counters) -> dict[str, list[Any]]:
    """Return the rows of these families; what the collector costs is invented, what it counts is true."""
    moment = moment_of(profile, tick_s)
    rows: dict[str, list[Any]] = {}
    for name in names:
        if name == AGENT:
            counters.reading_seconds = _AGENT_READING_S
            rows[name] = agent_rows(Change(1.0, (_AGENT_ONE_CORE_SHARE,)), _AGENT_RESIDENT_BYTES, counters)
        else:
            rows[name] = ROWS[name](profile, moment)
    return rows
