"""Keeps the children running: starts them in order, restarts what dies, ends all in reverse order."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from deploy.local.account import Account
from deploy.local.bounded_logs import tail, trim
from deploy.local.child import Child
from deploy.local.errors import StackError
from deploy.local.identity import Identity
from deploy.local.process_table import Entry, ProcessTable, write_table
from deploy.local.programs import Program
from deploy.local.state import Layout

log = logging.getLogger(__name__)

TICK_S = 0.05
TRIM_EVERY_S = 2.0
READY_S_MAX = 90.0
LOG_LINES_IN_ERROR = 12


class StopRequestedError(Exception):
    """A signal asked the stack to end while it was starting; end what runs and leave."""


class Supervisor:
    """The children of one stack; used by one thread, ended by one event."""

    def __init__(self, layout: Layout, account: Account, identity: Identity, stop: threading.Event) -> None:
        self._layout = layout
        self._account = account
        self._identity = identity
        self._stop = stop
        self._children: list[Child] = []
        self._ready = False
        self._trim_due = 0.0
        self._since = datetime.now(UTC).isoformat()

    def start(self, program: Program) -> None:
        """Start a program and return once it is ready; raise StackError when it ends before, or takes too long."""
        child = self._add(program)
        self._wait(child, lambda: child.check_ready(), "say that it is ready")

    def run(self, program: Program) -> None:
        """Run a program to its end; raise StackError when it fails."""
        child = self._add(program)
        self._wait(child, lambda: child.has_ended(), "end")
        status = child.collect()
        self._children.remove(child)
        self._write()
        if status != 0:
            raise StackError(self._failure(child, f"failed with status {status}"))

    def supervise(self) -> None:
        """Restart what dies until the stop event is set."""
        self._ready = True
        self._write()
        while not self._stop.wait(TICK_S):
            self._tick()

    def stop_all(self) -> None:
        """End every child, the last one started first."""
        while self._children:
            child = self._children[-1]
            if not child.stop():
                log.warning("child killed", extra={"child": child.program.name})
            self._children.pop()
            log.info("child stopped", extra={"child": child.program.name})
        self._ready = False
        self._write()

    def _add(self, program: Program) -> Child:
        child = Child(program, self._account, self._layout.log(program.name))
        child.start()
        self._children.append(child)
        self._write()
        log.info("child started", extra={"child": program.name, "pid": child.entry.pid if child.entry else 0})
        return child

    def _wait(self, child: Child, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + READY_S_MAX
        while not done():
            if self._stop.wait(TICK_S):
                raise StopRequestedError
            self._tick(besides=child)
            if child.has_ended() and not done():
                raise StackError(self._failure(child, f"ended with status {child.collect()} when it was started"))
            if time.monotonic() > end:
                raise StackError(self._failure(child, f"did not {what} within {READY_S_MAX:.0f} s"))
        self._write()

    def _tick(self, besides: Child | None = None) -> None:
        now = time.monotonic()
        for child in self._children:
            if child is not besides:
                self._look_after(child, now)
        if now >= self._trim_due:
            self._trim_due = now + TRIM_EVERY_S
            for child in self._children:
                trim(child.log)

    def _look_after(self, child: Child, now: float) -> None:
        if child.start_due is not None:
            if now >= child.start_due:
                self._restart(child)
        elif child.has_ended():
            child.backoff = child.backoff.ended(child.ran_s)
            child.start_due = now + child.backoff.delay_s
            log.error(
                "child ended",
                extra={"child": child.program.name, "status": child.collect(), "restart_in_s": child.backoff.delay_s},
            )
            self._write()
        elif not child.ready and child.check_ready():
            self._write()

    def _restart(self, child: Child) -> None:
        child.restarts += 1
        try:
            child.start()
        except StackError as error:
            child.backoff = child.backoff.ended(0)
            child.start_due = time.monotonic() + child.backoff.delay_s
            log.error("child not started", extra={"child": child.program.name, "error": str(error)})
            return
        log.info("child restarted", extra={"child": child.program.name, "restarts": child.restarts})
        self._write()

    def _failure(self, child: Child, what: str) -> str:
        lines = tail(child.log, LOG_LINES_IN_ERROR, child.log_offset) or ["(it wrote nothing)"]
        return "\n".join([f"{child.program.name} {what}; the end of {child.log}:", *(f"  {line}" for line in lines)])

    def _write(self) -> None:
        entries = tuple(_entry(child) for child in self._children if child.entry is not None)
        write_table(self._layout.processes, ProcessTable(self._identity, self._ready, entries, self._since))


def _entry(child: Child) -> Entry:
    assert child.entry is not None
    state = "waiting" if child.start_due is not None else "running" if child.ready else "starting"
    return dataclasses.replace(child.entry, state=state)
