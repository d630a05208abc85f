"""Makes the last line of a test run say what the storage suite was run against, and how many of its tests passed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import asyncpg
import pytest

from tests.integration.conftest import Database

SUITE = "tests/integration/storage/"

Outcome = Literal["passed", "failed", "skipped"]


class Tally:
    """What became of each test of the suite; a test has up to three reports, and the worst counts."""

    def __init__(self) -> None:
        self.mode: str | None = None
        self._outcomes: dict[str, Outcome] = {}

    def add(self, node: str, when: str, outcome: Outcome) -> None:
        """Count a report of a test, or of collecting a file, when it is of the suite and says something."""
        if node.startswith(SUITE) and (outcome != "passed" or (when == "call" and node not in self._outcomes)):
            self._outcomes[node] = outcome

    def line(self) -> str | None:
        """Return the last line, None when no test of the suite was run."""
        if not self._outcomes:
            return None
        counts = Counter(self._outcomes.values())
        figures = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))
        return f"storage suite: mode {self.mode or 'unknown'}, {figures}"


TALLY = pytest.StashKey[Tally]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--storage-mode", help="fail unless the server under test is of this storage mode")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Tally()
    config.pluginmanager.register(_Reports(config.stash[TALLY]))


class _Reports:
    """The hooks for reports, which do not know the session."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tally.add(report.nodeid, report.when, report.outcome)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._tally.add(report.nodeid, "collect", report.outcome)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    made = yield
    tally = request.config.stash[TALLY]
    # The first provisioned database says the mode, whichever fixture made it: at the end none is left to ask.
    database = made if isinstance(made, Database) else getattr(made, "database", None)
    if tally.mode is None and isinstance(database, Database):
        with ThreadPoolExecutor(1) as pool:  # an asynchronous test may have a loop running here
            tally.mode = pool.submit(asyncio.run, _mode(database.owner_url)).result()
    return made


# Outermost, so that even the line of pytest itself comes before.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    answer = yield
    tally = session.config.stash[TALLY]
    line = tally.line()
    expected = session.config.getoption("storage_mode", default=None)
    if expected is not None and tally.mode != expected:
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        line = f"{line or 'storage suite: no test was run'}; expected mode {expected}"
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if line is not None and reporter is not None:
        reporter.write_line(line)
    return answer


async def _mode(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT mode FROM metrics.schema_state"))
    finally:
        await connection.close()
