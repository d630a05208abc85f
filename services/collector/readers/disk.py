"""Reads space and inodes of mounted file systems."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from services.collector.rates import share_percent
from services.collector.readers.ask import Asker
from services.collector.readers.choice import Choice
from services.collector.readers.reader import Context, IncompleteError
from shared.families.disk import Disk

_NOT_STORAGE = frozenset({
    # Kernel interfaces and memory.
    "proc", "sysfs", "devtmpfs", "devfs", "devpts", "tmpfs", "ramfs", "rootfs", "cgroup", "cgroup2", "mqueue",
    "debugfs", "tracefs", "securityfs", "pstore", "bpf", "configfs", "fusectl", "hugetlbfs", "autofs",
    "binfmt_misc", "efivarfs", "nsfs", "rpc_pipefs", "nfsd", "selinuxfs", "nullfs", "fdescfs", "procfs",
    "linprocfs", "linsysfs",
    # Views of what other rows show, and images that are always full.
    "overlay", "overlayfs", "aufs", "unionfs", "fuse.unionfs", "squashfs", "fuse.snapfuse", "erofs", "iso9660",
    "udf", "cramfs",
    # Views for one user, which no one else may look into.
    "fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal",
})  # fmt: skip
_REMOTE = frozenset({
    "nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ceph", "afs",
    "ncpfs", "lustre", "9p", "gfs2",
})  # fmt: skip
_REMOTE_PREFIXES = ("fuse.", "fuseblk.")
_MACOS_INTERNAL = "/System/Volumes/"
_MACOS_DATA = "/System/Volumes/Data"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system."""

    mount: str
    device: str
    remote: bool


@dataclass(frozen=True, slots=True)
class Space:
    """What a file system says of itself; inodes None where it has no fixed number."""

    total_bytes: int
    free_bytes: int
    available_bytes: int
    inodes_total: int | None
    inodes_free: int | None


class DiskReader:
    """Reads the family `disk`."""

    def __init__(self, context: Context) -> None:
        self._choice = context.mounts
        self._asker: Asker[Space] = Asker(read_space)

    def read(self, at_s: float) -> list[Disk]:
        """Return one row a file system; IncompleteError names remote ones that did not answer in time."""
        rows, silent = [], []
        for mount in select_mounts(psutil.disk_partitions(all=True), self._choice):
            try:
                space = self._asker.ask(mount.mount) if mount.remote else read_space(mount.mount)
            except TimeoutError:
                silent.append(mount.mount)
            except OSError:  # not for this user's eyes, or unmounted since
                continue
            else:
                rows += disk_rows(mount, space)
        if silent:
            raise IncompleteError(rows, f"did not answer in time: {', '.join(silent)}")
        return rows


def select_mounts(partitions: Iterable[Any], choice: Choice) -> list[Mount]:
    """Return the mounts to show, from psutil's disk_partitions(all=True) on any system: one a device.

    A device that is mounted at several places (bind mounts, subvolumes) shows at the shortest; what the settings
    include by name shows as well.
    """
    chosen: dict[str, Mount] = {}
    included: dict[str, Mount] = {}
    for part in partitions:
        mount = Mount(part.mountpoint, part.device or part.mountpoint, _is_remote(part))
        if choice.includes(mount.mount):
            included[mount.mount] = mount
        elif choice.shows(mount.mount, _is_storage(part)):
            known = chosen.get(mount.device)
            if known is None or (len(mount.mount), mount.mount) < (len(known.mount), known.mount):
                chosen[mount.device] = mount
    devices = {mount.device for mount in included.values()}
    others = [mount for mount in chosen.values() if mount.device not in devices]
    return sorted([*included.values(), *others], key=lambda mount: mount.mount)


def disk_rows(mount: Mount, space: Space) -> list[Disk]:
    """Return the row of a file system; none where it has no size.

    Used counts blocks kept for root, used_percent what is left to others: so full means full for them.
    """
    if space.total_bytes <= 0:
        return []
    inodes_used = None
    if space.inodes_total is not None and space.inodes_free is not None:
        inodes_used = space.inodes_total - space.inodes_free
    return [
        Disk(
            mount=mount.mount,
            device=mount.device,
            total_bytes=space.total_bytes,
            used_bytes=space.total_bytes - space.free_bytes,
            available_bytes=space.available_bytes,
            used_percent=share_percent(space.total_bytes - space.available_bytes, space.total_bytes),
            inodes_total_count=space.inodes_total,
            inodes_used_count=inodes_used,
            inodes_used_percent=None if inodes_used is None else share_percent(inodes_used, space.inodes_total or 0),
        )
    ]


def read_space(path: str) -> Space:
    """Return what the file system at this path says of itself; raise OSError where it does not tell."""
    if not hasattr(os, "statvfs"):
        usage = psutil.disk_usage(path)
        return Space(usage.total, usage.free, usage.free, None, None)
    return parse_statvfs(os.statvfs(path))


def parse_statvfs(told: Any) -> Space:
    """Return the space of os.statvfs(); btrfs and others that make inodes as they go tell 0, which is no limit."""
    return Space(
        total_bytes=told.f_blocks * told.f_frsize,
        free_bytes=told.f_bfree * told.f_frsize,
        available_bytes=told.f_bavail * told.f_frsize,
        inodes_total=told.f_files or None,
        inodes_free=told.f_ffree if told.f_files else None,
    )


def _is_storage(part: Any) -> bool:
    # Windows tells a drive without a medium by an empty type, and a CD by its options.
    options = part.opts.split(",")
    if not part.fstype or part.fstype in _NOT_STORAGE or "ro" in options or "cdrom" in options:
        return False
    return not part.mountpoint.startswith(_MACOS_INTERNAL) or part.mountpoint == _MACOS_DATA


def _is_remote(part: Any) -> bool:
    return part.fstype in _REMOTE or part.fstype.startswith(_REMOTE_PREFIXES) or "remote" in part.opts.split(",")
