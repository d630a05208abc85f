"""Runs a service of the product as its own process, as a deployment does, and reads what the kernel says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers import wait_until

ROOT = Path(__file__).resolve().parent.parent
CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Service:
    """One process; what it writes goes to a file of its own."""

    module: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, ready: bool = True) -> None:
        """Start it; when `ready`, return only once it says so."""
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module], cwd=ROOT, env={**_inherited(), **self.environment},
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        if ready:
            wait_until(lambda: self._says('"event": "ready"', before), f"{self.module}; its log: {self.log}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    @property
    def pid(self) -> int:
        """Process id of the running service."""
        assert self.process is not None
        return self.process.pid

    def _says(self, text: str, since: int) -> bool:
        written = self.log.read_bytes()[since:].decode(errors="replace")
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"{self.module} ended with {self.process.returncode}: {written[-3000:]}")
        return text in written


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and the children it waited for have used, from /proc/<pid>/stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / CLOCK_TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    """Return the physical memory that a process occupies, from /proc/<pid>/statm."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def forget_peak(pid: int) -> None:
    """Let the kernel begin anew with a process's peak of physical memory (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_bytes(pid: int) -> int:
    """Return the most physical memory that a process occupied since then, from /proc/<pid>/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VITALWIRE_")}
