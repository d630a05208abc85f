"""Deals tests out to workers that run side by side: whole files and whole suites, so that nothing is made twice."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

SUITES = ("tests/integration/storage/",)
"""Folders whose files share one big database that goes from moment to moment, never back."""
LONGEST = (
    "tests/integration/deploy/",
    *SUITES,
    "tests/integration/evaluator/",
    "tests/integration/ingest/test_dead_command.py",
    "tests/integration/path/",
    "tests/integration/ingest/test_outages.py",
    "tests/integration/alerting/test_notifier_faults.py",
    "tests/integration/collector/test_faults.py",
    "tests/integration/api/test_alert_faults.py",
    "tests/integration/ingest/test_accounting.py",
    "tests/integration/api/test_delivery_figures.py",
    "tests/integration/collector/test_spool.py",
)
"""What takes a minute or more begins first: begun last, it would run while the other workers have nothing to do."""


def share(node: str) -> str:
    """Return what a test is dealt out with: its suite where it has one, else its file."""
    return next((suite for suite in SUITES if node.startswith(suite)), node.partition("::")[0])


def turn(node: str) -> int:
    """Return when a test has its turn: the least first."""
    return next((place for place, folder in enumerate(LONGEST) if node.startswith(folder)), len(LONGEST))


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """The scheduler of pytest-xdist that deals out scopes, in their turn."""

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


# Last, as pytest itself has sorted by parameters of the session before.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    config.option.loadscopereorder = False  # by how many tests there are, which says little of how long they take
    return Shares(config, log)
