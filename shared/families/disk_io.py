"""Traffic, waiting and load of whole disks."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskIo:
    """Traffic of whole disks, one row per disk."""

    device: str = label("Name of the whole disk, such as sda or nvme0n1.")
    read_bytes_per_second: float = gauge("Bytes read.")
    write_bytes_per_second: float = gauge("Bytes written.")
    reads_per_second: float = gauge("Read requests completed.")
    writes_per_second: float = gauge("Write requests completed.")
    read_await_seconds: float | None = gauge(
        "Mean time of a read, queueing included; absent without reads.", optional=True
    )
    write_await_seconds: float | None = gauge(
        "Mean time of a write, queueing included; absent without writes.", optional=True
    )
    queue_depth_average: float | None = gauge("Mean number of requests under way.", optional=True)
    busy_percent: float | None = gauge("Share of time with at least one request under way.", optional=True)


DISK_IO = define("disk_io", DiskIo, interval_seconds=1, headline=("read_bytes_per_second", "write_bytes_per_second"))
