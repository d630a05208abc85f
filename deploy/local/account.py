"""The account that servers and services run as: the caller's own, or as root the system user `vitalwire`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError

SYSTEM_USER = "vitalwire"


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the children; `switches` is true when that is not the caller."""

    uid: int
    gid: int
    switches: bool

    def process_arguments(self) -> dict[str, Any]:
        """Return what subprocess needs to start a child as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switches else {}

    def own(self, path: Path) -> None:
        """Give a file or directory to this account."""
        if self.switches:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def find_account(home: Path) -> Account:
    """Return the account of the children, made when it is missing; raise StackError when it cannot be."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switches=False)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _make_account(home)
    return Account(entry.pw_uid, entry.pw_gid, switches=True)


def may_enter(account: Account, directory: Path) -> bool:
    """Return whether the account reaches the directory: every parent must let it pass."""
    return not account.switches or all(_passes(account, path) for path in (directory, *directory.parents))


def _passes(account: Account, path: Path) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _make_account(home: Path) -> pwd.struct_passwd:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if program is None:
        raise StackError(f"there is no user {SYSTEM_USER} and no useradd: make a system user of that name first")
    done = subprocess.run(
        [program, "--system", "--user-group", "--no-create-home", "--home-dir", str(home),
         "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise StackError(f"the system user {SYSTEM_USER} cannot be made: {done.stderr.strip()}")
    return pwd.getpwnam(SYSTEM_USER)
