"""Of two workers that run tests side by side, none chooses a port of the other."""

from __future__ import annotations

import pytest

from tests.ports import free_ports, of_worker


@pytest.mark.parametrize("workers_count", [1, 2, 3])
def test_every_port_belongs_to_one_worker(workers_count: int) -> None:
    for port in range(32_768, 32_868):
        assert sum(of_worker(port, worker, workers_count) for worker in range(workers_count)) == 1


@pytest.mark.parametrize("worker", [0, 1])
def test_each_of_two_workers_has_half_of_the_odd_ports(worker: int) -> None:
    assert sum(of_worker(port, worker, 2) for port in range(32_769, 33_169, 2)) == 100


def test_ports_chosen_together_differ() -> None:
    assert len(set(free_ports(20))) == 20
