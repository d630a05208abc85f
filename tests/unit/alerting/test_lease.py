"""Several processes that want one lease, second by second: at no time do two of them hold it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from services.alerting.lease import HELD_S_MAX, Lease
from tests.unit.alerting.fake_bus import FORGOTTEN_S, Broker, Wire


@dataclass
class Processes:
    broker: Broker = field(default_factory=Broker)
    leases: dict[str, Lease] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        for name in names:
            self.leases[name] = Lease(Wire(self.broker, name.encode()), "evaluator", name, lambda: self.broker.now)

    @property
    def holders(self) -> str:
        return "".join(name for name, lease in self.leases.items() if lease.is_held) or "-"

    async def pass_(self, seconds: int, stopped: str = "") -> str:
        """Return who holds the lease at each second; all but the stopped ones take a turn every two."""
        found = []
        for _ in range(seconds):
            self.broker.now += 1
            for name, lease in self.leases.items():
                if name not in stopped and int(self.broker.now) % 2 == 0:
                    await lease.turn()
            assert len(self.holders) == 1, "two hold it"
            found.append(self.holders)
        return "".join(found)


@pytest.fixture
def two() -> Processes:
    made = Processes()
    made.start("a", "b")
    return made


async def test_the_first_holds_it_and_the_other_waits(two: Processes) -> None:
    assert await two.pass_(30) == "-" + "a" * 29


async def test_one_that_dies_is_followed_once_the_broker_has_forgotten(two: Processes) -> None:
    await two.pass_(4)
    assert await two.pass_(16, stopped="a") == "aaaaaaa--bbbbbbb"


async def test_one_that_wakes_again_finds_its_time_over(two: Processes) -> None:
    await two.pass_(4)
    await two.pass_(16, stopped="a")
    assert await two.pass_(10) == "b" * 10


async def test_one_that_ends_is_followed_at_once(two: Processes) -> None:
    await two.pass_(4)
    await two.leases["a"].give_up()
    assert two.holders == "-"
    assert await two.pass_(3, stopped="a") == "-bb"


async def test_one_that_is_cut_off_stops_before_another_begins(two: Processes) -> None:
    await two.pass_(4)
    two.broker.cut_off = {b"a"}
    assert await two.pass_(14) == "aaaaaaa--bbbbb"
    two.broker.cut_off = set()
    assert await two.pass_(6) == "bbbbbb"


async def test_a_renewal_whose_answer_is_lost_is_still_ours(two: Processes) -> None:
    await two.pass_(4)
    two.broker.deaf = {b"a"}
    await two.pass_(2)
    two.broker.deaf = set()
    assert await two.pass_(20) == "a" * 20


async def test_one_that_never_gets_an_answer_does_not_act(two: Processes) -> None:
    two.broker.deaf = {b"a"}
    assert await two.pass_(20, stopped="b") == "-" * 20


async def test_a_broker_that_forgot_everything_gives_it_to_one_of_them(two: Processes) -> None:
    await two.pass_(4)
    two.broker.kept, two.broker.sequence = None, 0
    assert await two.pass_(20) == "a" * 20


async def test_giving_up_what_is_not_held_changes_nothing(two: Processes) -> None:
    await two.pass_(4)
    await two.leases["b"].give_up()
    assert await two.pass_(6) == "a" * 6


async def test_giving_up_without_a_bus_raises_nothing(two: Processes) -> None:
    await two.pass_(4)
    two.broker.cut_off = {b"a"}
    await two.leases["a"].give_up()
    assert two.holders == "-"


async def test_who_waits_says_so_and_who_took_over_does_not_any_more(two: Processes) -> None:
    await two.pass_(4)
    assert two.broker.stands_by == "b"
    await two.leases["a"].give_up()
    await two.pass_(12, stopped="a")
    assert (two.holders, two.broker.stands_by) == ("b", "-")
    await two.pass_(2)
    assert two.broker.stands_by == "a"


async def test_one_who_may_not_say_that_it_waits_waits_all_the_same(two: Processes) -> None:
    two.broker.refuses_standby = True
    await two.pass_(4)
    assert await two.pass_(16, stopped="a") == "aaaaaaa--bbbbbbb"


def test_it_is_given_up_before_the_broker_forgets_it() -> None:
    assert HELD_S_MAX < FORGOTTEN_S
