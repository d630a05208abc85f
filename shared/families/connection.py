"""TCP connections by state."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """TCP connections of the machine, one row per state, also where a state has none."""

    state: str = label("State as RFC 9293 names it, lower case, such as established, time-wait or listen.")
    connections_count: int = gauge("Connections in this state, IPv4 and IPv6 together.")


CONNECTION = define("connection", Connection, interval_seconds=10, headline=("connections_count",))
