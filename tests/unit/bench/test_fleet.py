"""What the fleet of the bench says is what the product reads."""

from __future__ import annotations

import itertools

import pytest

from shared.families import FAMILIES
from shared.subjects import metrics_subject
from shared.wire.decode import decode
from tests.bench.alerting.fleet import FULL_EVERY, HIGH_S, MOUNT_S, Fleet
from tests.bench.ingest.bodies import Prepared

HOSTS = 20


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet(HOSTS, "load-1")


def column(prepared: Prepared, family: str, name: str) -> list[object]:
    at = FAMILIES[family].column_names.index(name)
    sample_set = decode(prepared.body, metrics_subject(prepared.host, "system"))
    return [row[at] for row in sample_set.families[family].rows]


def test_a_body_has_the_host_number_and_time_that_were_put_into_it(fleet: Fleet) -> None:
    prepared = fleet.sample_set(7, 33, 1_790_000_123.456)
    found = decode(prepared.body, metrics_subject("alert-00007", "system"))
    assert (found.host, found.seq, found.unknown) == ("alert-00007", 1_000_033, ())
    assert found.time.timestamp() == pytest.approx(1_790_000_123.456, abs=0.001)
    assert prepared.message_id == "load-1:1000033"


def test_a_host_is_high_for_its_time_and_calm_for_the_rest(fleet: Fleet) -> None:
    for number in range(HOSTS):
        high = [second for second in range(HOSTS) if fleet.turn(number, second).is_high]
        assert len(high) == HIGH_S
    for second in range(HOSTS):
        (percent,) = column(fleet.sample_set(3, second, 1_790_000_000 + second), "cpu", "total_percent")
        assert isinstance(percent, float)
        assert (percent >= 80) is fleet.turn(3, second).is_high


def test_each_host_has_another_file_system_every_minute_which_nobody_ever_had(fleet: Fleet) -> None:
    seconds = range(5 * MOUNT_S)
    seen = [[fleet.turn(number, second).mount for second in seconds] for number in range(HOSTS)]
    for mounts in seen:
        assert sum(before != after for before, after in itertools.pairwise(mounts)) in (4, 5)
        assert mounts == sorted(mounts)
    names = [mount for mounts in seen for mount in set(mounts)]
    assert len(names) == len(set(names))


def test_a_file_system_that_is_full_is_above_its_level(fleet: Fleet) -> None:
    for number in range(HOSTS):
        prepared, turn = fleet.sample_set(number, 0, 1_790_000_000.0), fleet.turn(number, 0)
        assert column(prepared, "disk", "mount")[-1] == f"/run/gone-{turn.mount:09d}"
        percents = column(prepared, "disk", "used_percent")
        assert [float(str(percent)) >= 90 for percent in percents] == [False, False, turn.mount % FULL_EVERY == 0]
