"""One child process: started in its own session, watched, and ended for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.account import Account
from deploy.local.backoff import Backoff
from deploy.local.errors import StackError
from deploy.local.identity import identify
from deploy.local.process_table import Entry
from deploy.local.programs import Program

POLL_S = 0.02


@dataclass
class Child:
    """A program and the process that runs it now, if one does."""

    program: Program
    account: Account
    log: Path
    backoff: Backoff = field(default_factory=Backoff)
    restarts: int = 0
    ready: bool = False
    start_due: float | None = None
    entry: Entry | None = None
    _process: subprocess.Popen[bytes] | None = None
    log_offset: int = 0
    _started: float = 0.0

    def start(self) -> None:
        """Start the program; its output is appended to its log."""
        self.ready, self.start_due = False, None
        with self.log.open("ab") as log:
            self.log_offset = log.tell()
            try:
                self._process = subprocess.Popen(
                    self.program.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                    cwd=self.program.directory, env=dict(self.program.environment), umask=0o077,
                    **self.account.process_arguments(),
                )  # fmt: skip
            except OSError as error:
                raise StackError(f"{self.program.name} cannot be started: {error}") from error
        self._started = time.monotonic()
        identity = identify(self._process.pid)
        start = identity.start if identity else ""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        self.entry = Entry(self.program.name, self._process.pid, start, "starting", since, self.restarts)

    @property
    def ran_s(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self._started

    def has_ended(self) -> bool:
        """Return whether the process is gone, without collecting it: until then nobody else gets its id."""
        if self._process is None or self._process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def collect(self) -> int:
        """Return the exit status of a process that has ended, after ending what is left of its group."""
        assert self._process is not None
        if self._process.returncode is None:
            _kill_group(self._process.pid)
        return self._process.wait()

    def check_ready(self) -> bool:
        """Return whether the process has said, since its start, that it is ready."""
        if not self.ready:
            with self.log.open("rb") as log:
                # A log that was trimmed meanwhile is shorter than it was.
                log.seek(min(self.log_offset, self.log.stat().st_size))
                self.ready = self.program.ready_text.encode() in log.read()
        return self.ready

    def ask_to_stop(self) -> None:
        """Send the signal that ends this program in order."""
        if not self.has_ended():
            assert self._process is not None
            os.kill(self._process.pid, self.program.stop_signal)

    def stop(self) -> bool:
        """End the process and wait for it; return False when it had to be killed."""
        self.start_due = None
        if self._process is None:
            return True
        self.ask_to_stop()
        end = time.monotonic() + self.program.stop_s_max
        while not self.has_ended() and time.monotonic() < end:
            time.sleep(POLL_S)
        in_time = self.has_ended()
        if not in_time:
            os.kill(self._process.pid, signal.SIGKILL)
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        self.collect()
        return in_time


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
