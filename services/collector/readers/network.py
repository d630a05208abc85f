"""Reads traffic of network interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psutil

from services.collector.rates import Change, Meter, share_percent
from services.collector.readers.choice import Choice
from services.collector.readers.reader import Context
from shared.families.network import Network

_BYTES_PER_MEGABIT = 125_000
_SPEED_UNKNOWN_MBITS = 65_535
"""What drivers say that know no speed: SPEED_UNKNOWN, cut to 16 bits (linux/ethtool.h)."""


class NetworkReader:
    """Reads the family `network`."""

    def __init__(self, context: Context) -> None:
        self._choice = context.interfaces
        self._meter: Meter[str] = Meter()

    def read(self, at_s: float) -> list[Network]:
        """Return one row an interface that is up, none at the first reading."""
        links = psutil.net_if_stats()
        # Our own meter sees resets; psutil's `nowrap` would keep a second history of every interface.
        counters = parse_interfaces(psutil.net_io_counters(pernic=True, nowrap=False), links, self._choice)
        return network_rows(self._meter.step(at_s, counters), links)


def parse_interfaces(
    interfaces: Mapping[str, Any], links: Mapping[str, Any], choice: Choice
) -> dict[str, tuple[float, ...]]:
    """Return the counters of the interfaces to show, from psutil's net_io_counters and net_if_stats on any system.

    By rule: those that are up, but the host's ends of containers (veth), which come and go with each container and
    whose traffic the bridge shows. The loopback stays: it is up, and what programs say to each other is seen there.
    """
    chosen: dict[str, tuple[float, ...]] = {}
    for name, traffic in interfaces.items():
        up = name in links and links[name].isup
        if up and choice.shows(name, not name.startswith("veth")):
            chosen[name] = (
                traffic.bytes_recv, traffic.bytes_sent, traffic.packets_recv, traffic.packets_sent,
                traffic.errin, traffic.errout, traffic.dropin, traffic.dropout,
            )  # fmt: skip
    return chosen


def network_rows(changes: Mapping[str, Change], links: Mapping[str, Any]) -> list[Network]:
    """Return one row an interface; its use is that of the busier direction, as links carry both ways at once."""
    rows = []
    for name, change in changes.items():
        speed = speed_bytes_per_second(links[name].speed)
        receive, transmit, *others = (change.per_second(position) for position in range(8))
        rows.append(
            Network(
                interface=name,
                receive_bytes_per_second=receive,
                transmit_bytes_per_second=transmit,
                receive_packets_per_second=others[0],
                transmit_packets_per_second=others[1],
                receive_errors_per_second=others[2],
                transmit_errors_per_second=others[3],
                receive_drops_per_second=others[4],
                transmit_drops_per_second=others[5],
                speed_bytes_per_second=speed,
                used_percent=None if speed is None else share_percent(max(receive, transmit), speed),
            )
        )
    return rows


def speed_bytes_per_second(megabits: int) -> float | None:
    """Return the speed of a link that psutil tells in megabits, None where it is not known."""
    if megabits <= 0 or megabits == _SPEED_UNKNOWN_MBITS:
        return None
    return float(megabits * _BYTES_PER_MEGABIT)
