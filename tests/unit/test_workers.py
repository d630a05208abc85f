"""What is made once stays on one worker, and what takes long begins first."""

from __future__ import annotations

import pytest

from tests.workers import share, turn


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("tests/integration/api/test_http.py::test_a", "tests/integration/api/test_http.py::test_b[x::y]", True),
        ("tests/integration/api/test_http.py::test_a", "tests/integration/api/test_live.py::test_a", False),
        ("tests/integration/storage/test_plans.py::test_a", "tests/integration/storage/test_answers.py::test_b", True),
        ("tests/integration/storage/test_plans.py::test_a", "tests/integration/shared/test_x.py::test_a", False),
    ],
)
def test_a_file_and_the_storage_suite_stay_on_one_worker(one: str, other: str, together: bool) -> None:
    assert (share(one) == share(other)) is together


def test_the_longest_begin_first_and_a_suite_stays_together() -> None:
    nodes = [
        "tests/integration/api/test_http.py::test_a",
        "tests/integration/deploy/test_stack.py::test_a",
        "tests/integration/path/test_minute.py::test_a",
        "tests/integration/storage/test_answers.py::test_written",
        "tests/integration/storage/test_plans.py::test_settled",
    ]
    assert [node.split("/")[2] for node in sorted(nodes, key=turn)] == ["deploy", "storage", "storage", "path", "api"]
    assert len({turn(node) for node in nodes if share(node) == share(nodes[-1])}) == 1
