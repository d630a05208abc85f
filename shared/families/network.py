"""Traffic of network interfaces."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Traffic of network interfaces, one row per interface that is up."""

    interface: str = label("Name of the interface.")
    receive_bytes_per_second: float = gauge("Bytes received.")
    transmit_bytes_per_second: float = gauge("Bytes sent.")
    receive_packets_per_second: float = gauge("Packets received.")
    transmit_packets_per_second: float = gauge("Packets sent.")
    receive_errors_per_second: float = gauge("Packets received with errors.")
    transmit_errors_per_second: float = gauge("Packets that failed to be sent.")
    receive_drops_per_second: float = gauge("Received packets that were dropped.")
    transmit_drops_per_second: float = gauge("Packets dropped instead of being sent.")
    speed_bytes_per_second: float | None = gauge("Speed of the link, where the driver tells.", optional=True)
    used_percent: float | None = gauge("Share of the link's speed in use in the busier direction.", optional=True)


NETWORK = define(
    "network", Network, interval_seconds=1, headline=("receive_bytes_per_second", "transmit_bytes_per_second")
)
