"""Invents the traffic of interfaces, and TCP connections by state."""

from __future__ import annotations

from services.collector.readers.connection import connection_rows as rows_of_counts
from services.collector.simulation.load import Moment
from services.collector.simulation.noise import CONNECTION, INTERFACE, drift, noise
from services.collector.simulation.profile import Profile
from shared.families.connection import Connection
from shared.families.network import Network

_LINK_BYTES_PER_SECOND = 125_000_000.0
_LOOPBACK_SHARE = 0.3
_DROPS_CHANCE = 0.004
_LISTENING = 12
_CONNECTION_WEATHER_S = 120


def network_rows(profile: Profile, moment: Moment) -> list[Network]:
    """Return the link and the loopback."""
    key, kind = profile.key + INTERFACE, profile.kind
    drawn, other = noise(key, moment.tick_s), noise(key, -moment.tick_s)
    receive = min(_LINK_BYTES_PER_SECOND, moment.busy * kind.receive_bytes_per_second * (0.6 + 0.8 * drawn))
    transmit = min(_LINK_BYTES_PER_SECOND, moment.busy * kind.transmit_bytes_per_second * (0.6 + 0.8 * other))
    drops = float(int(1_000 * drawn)) if other < _DROPS_CHANCE else 0.0
    within_host = _LOOPBACK_SHARE * receive
    return [
        Network(
            interface="eth0",
            receive_bytes_per_second=receive,
            transmit_bytes_per_second=transmit,
            receive_packets_per_second=receive / 740.0,
            transmit_packets_per_second=transmit / 1_080.0,
            receive_errors_per_second=0.0,
            transmit_errors_per_second=0.0,
            receive_drops_per_second=drops,
            transmit_drops_per_second=0.0,
            speed_bytes_per_second=_LINK_BYTES_PER_SECOND,
            used_percent=100.0 * max(receive, transmit) / _LINK_BYTES_PER_SECOND,
        ),
        Network(
            interface="lo",
            receive_bytes_per_second=within_host,
            transmit_bytes_per_second=within_host,
            receive_packets_per_second=within_host / 2_400.0,
            transmit_packets_per_second=within_host / 2_400.0,
            receive_errors_per_second=0.0,
            transmit_errors_per_second=0.0,
            receive_drops_per_second=0.0,
            transmit_drops_per_second=0.0,
        ),
    ]


def connection_rows(profile: Profile, moment: Moment) -> list[Connection]:
    """Return one row a state."""
    key = profile.key + CONNECTION
    wandering = 0.7 + 0.6 * drift(key, moment.tick_s, _CONNECTION_WEATHER_S)
    established = int(profile.kind.connections * moment.busy * wandering)
    return rows_of_counts(
        {
            "listen": _LISTENING,
            "established": established,
            "time-wait": int(established * 0.4 * noise(key, moment.tick_s)),
            "close-wait": int(established * 0.02),
            "syn-received": int(4 * noise(key, -moment.tick_s)),
        }
    )
