"""Every answer of the API equals the one computed from the samples, before upkeep ran and after it, in every mode."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from services.api.metrics.queries import MetricQueries
from shared.families import FAMILIES
from shared.glob import matcher
from tests.integration.storage.agreement import differences
from tests.integration.storage.cases import FIVE, Case, cases
from tests.integration.storage.oracle import Expected, stepped, stored_rows
from tests.integration.storage.reading import ask, asked, queries
from tests.integration.storage.samples import Key
from tests.integration.storage.stored import Stored
from tests.integration.storage.timeline import Part

NOT_LATE = (Part.MAIN, Part.TAIL)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(stored: Stored) -> AsyncIterator[MetricQueries]:
    async with queries(stored.database) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", cases(), ids=str)
async def test_answer(case: Case, moment: str, stored: Stored, reader: MetricQueries) -> None:
    expected = right_answer(case, stored, stored.parts(moment))
    if stored.rollups_wait(moment) and case.level != "raw" and expected != right_answer(case, stored, NOT_LATE):
        pytest.skip(f"{stored.mode}: rollups show rows that came late after the next refresh")
    answer = await ask(reader, asked(case, stored.end))
    assert (answer.resolution, answer.step_seconds) == (case.level, case.step_s)
    aggregate = None if case.step_s is None else case.aggregate
    assert differences(FAMILIES[case.family], expected, answer, aggregate) == []


def test_the_table_asks_for_enough() -> None:
    table = cases()
    assert len(table) >= 40
    assert len({str(case) for case in table}) == len(table)
    for level in ("raw", "1m", "5m", "1h"):
        of_level = [case for case in table if case.level == level]
        assert {case.aggregate for case in of_level} == {"avg", "min", "max"}
        assert {"web-1", FIVE, "*"} <= {",".join(case.hosts) for case in of_level}


def right_answer(case: Case, stored: Stored, parts: tuple[Part, ...]) -> Expected:
    table, span, choice = stored.table(case.family, parts), case.span(stored.end), chosen(case)
    if case.step_s is None:
        return stored_rows(table, case.gauges, choice, *span)
    return stepped(table, case.gauges, choice, span, case.step_s, case.aggregate)


def chosen(case: Case) -> Callable[[Key], bool]:
    """Return which series are asked for: of any host named, with any value named of each label named."""
    hosts = matcher(case.hosts)
    wanted = [
        (at, matcher([value for name, value in case.labels if name == label.name]))
        for at, label in enumerate(FAMILIES[case.family].labels, 2)
        if any(name == label.name for name, _ in case.labels)
    ]
    return lambda key: hosts(str(key[0])) and all(matches(str(key[at])) for at, matches in wanted)
