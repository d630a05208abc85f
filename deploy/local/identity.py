"""Tells processes apart for certain: a process id together with the moment its process began."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MARKER = "VITALWIRE_STACK"


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of one boot; the operating system gives its id to another one later, but not its start."""

    pid: int
    start: str


def identify(pid: int) -> Identity | None:
    """Return the identity of a living process; None when there is none, or only its exit status is left."""
    start = _start_in_proc(pid) if PROC.is_dir() else _start_by_ps(pid)
    return Identity(pid, start) if start else None


def is_alive(identity: Identity) -> bool:
    """Return whether exactly this process runs."""
    return identify(identity.pid) == identity


def marked(stack: str) -> list[Identity]:
    """Return the processes whose environment carries the marker of this stack, and that we may look at."""
    if not PROC.is_dir():
        return []
    wanted = f"{MARKER}={stack}".encode()
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        identity = identify(int(entry.name)) if wanted in variables else None
        if identity is not None:
            found.append(identity)
    return found


def _start_in_proc(pid: int) -> str | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # proc(5): the name in parentheses may hold anything; state is the first field after it, start the 20th.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{boot}:{fields[19]}"


def _start_by_ps(pid: int) -> str | None:
    done = subprocess.run(
        ["ps", "-o", "lstart=,stat=", "-p", str(pid)], capture_output=True, text=True, check=False,
        env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
    )  # fmt: skip
    start, _, state = done.stdout.strip().rpartition(" ")
    return None if done.returncode != 0 or state.startswith("Z") else start.strip()
