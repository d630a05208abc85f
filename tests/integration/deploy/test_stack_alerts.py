"""An alert of a real machine from beginning to end: load makes its collector's figures cross, a webhook hears of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from deploy.local.up import this_host
from shared.alerts.route import Route
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import Stack, until
from tests.integration.evaluator.stage import put_rule
from tests.servers import temporary_directory
from tests.unit.shared.alerts.rules import rule
from tests.waiting import holds

LOADED = rule(name="loaded", family="cpu", column="total_percent", warning=95, critical=None, clear=15)
"""A machine whose every core is busy; over below 80 %, which a stack alone does not reach."""
WORK_S_MAX = 120.0
WORK = f"import time\nend = time.monotonic() + {WORK_S_MAX}\nwhile time.monotonic() < end: pass"
"""Ends by itself, should nobody be left to end it."""

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack that decides and tells."""
    parent = temporary_directory("stack-alerts")
    made = Stack(parent / "home")
    try:
        made.up()
        yield made
    finally:
        made.run("down")
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    hook = Webhook()
    hook.start()
    yield hook
    hook.stop()


@contextmanager
def load() -> Iterator[None]:
    """Keep every core busy, as long as it lasts."""
    workers = [subprocess.Popen([sys.executable, "-c", WORK]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


@contextmanager
def without_postgres(stack: Stack) -> Iterator[None]:
    """Stop the database, and whoever would start it again."""
    token = stack.token()
    supervisor, postgres = stack.table().supervisor.pid, stack.pid("postgres")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(postgres, signal.SIGINT)
        until(lambda: is_away(stack, token), "the database to be away")
        yield
        assert is_away(stack, token)
    finally:
        os.kill(supervisor, signal.SIGCONT)


def is_away(stack: Stack, token: str) -> bool:
    """Return whether the database is stopped, as the API says it."""
    parts: dict[str, str] = {part["name"]: part["status"] for part in stack.ask("/health", token)["components"]}
    return parts["database"] != "ok"


@pytest.mark.parametrize("is_stopped", [False, True], ids=["all runs", "PostgreSQL stopped"])
async def test_load_on_this_machine_is_told_and_so_is_its_end(stack: Stack, hook: Webhook, is_stopped: bool) -> None:
    host = this_host()
    database: AbstractContextManager[None] = without_postgres(stack) if is_stopped else nullcontext()
    async with stack.bus("api") as api:
        people = People(api, api)
        await people.set_channel("ops", hook.url())
        await people.set_routes(Route(channels=("ops",), rules=("loaded",)), window_seconds=0.0)
        await put_rule(api, LOADED)
        with database:
            with load():
                await begins(hook, f"[WARNING] loaded on {host}: ")
            await begins(hook, f"[WARNING] loaded on {host}: ", f"[RESOLVED] loaded on {host}")
    until(lambda: stack.run("status").returncode == 0, "the whole stack to run again")
    until(lambda: statuses(stack) == ["ok", "firing"] * (2 if is_stopped else 1), "both in the history")


def statuses(stack: Stack) -> list[str]:
    """Return what the history says became of this rule, newest first."""
    events = stack.ask("/alerts/history?rule=loaded", stack.token())["events"]
    return [event["status"] for event in events if event["status"] is not None]


async def begins(hook: Webhook, *beginnings: str) -> None:
    """Return once so many messages came, whose titles begin so."""

    async def they_do() -> bool:
        titles = hook.titles
        return len(titles) == len(beginnings) and all(map(str.startswith, titles, beginnings))

    await holds(they_do, f"titles that begin {beginnings}", TAKEN_OVER_S_MAX, lambda: str(hook.titles))
