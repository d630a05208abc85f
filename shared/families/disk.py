"""Space and inodes of mounted file systems."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Space on mounted file systems, one row per file system."""

    mount: str = label("Mount point, as the kernel names it.")
    device: str = label("Device or remote share it lives on.")
    total_bytes: int = gauge("Size of the file system.")
    used_bytes: int = gauge("Space that files occupy.")
    available_bytes: int = gauge("Space that unprivileged users may still fill.")
    used_percent: float = gauge("Share not available to unprivileged users.")
    inodes_total_count: int | None = gauge("Files that the file system can hold.", optional=True)
    inodes_used_count: int | None = gauge("Files that it holds.", optional=True)
    inodes_used_percent: float | None = gauge("Share of inodes in use.", optional=True)


DISK = define("disk", Disk, interval_seconds=10, headline=("used_percent",))
