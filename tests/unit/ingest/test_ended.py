"""What is refused counts once it has ended, however often it came before that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.ingest.accounting import Rarity
from services.ingest.batch import Message, Refusal
from services.ingest.ended import Ended
from services.ingest.errors import UnavailableError
from tests.unit.ingest.messages import FakeMessage


class FakeSetAside:
    """Ends what it is told to, or leaves it to come again."""

    def __init__(self) -> None:
        self.ends = True

    async def take(self, message: Message, reason: str) -> bool:
        return self.ends

    async def take_judged(self, refusal: Refusal) -> bool:
        return self.ends


class FakeRecord:
    """Keeps what is counted, or is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.counted: list[str] = []

    async def __call__(self, rarities: Sequence[Rarity]) -> None:
        if self.is_away:
            raise UnavailableError("away")
        self.counted += [f"{rarity.kind} {rarity.host}" for rarity in rarities]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("a", ["refused a"], id="set aside"),
        pytest.param("A", ["refused a"], id="by the database"),
        pytest.param("! a a a + a", ["refused a"], id="comes again until it can be set aside"),
        pytest.param("! A A + A", ["refused a"], id="and so what the database refuses"),
        pytest.param("^", ["clock_ahead c"], id="a clock ahead"),
        pytest.param("- a b + b", ["refused a", "refused b", "refused b"], id="the database is away, and comes back"),
        pytest.param("- a a a a a a +", ["refused a"] * 4, id="no more wait than there is room for"),
    ],
)
async def test_what_is_counted(script: str, expected: list[str]) -> None:
    aside, record = FakeSetAside(), FakeRecord()
    set_aside: Any = aside
    ended = Ended(set_aside, record, uncounted_max=4)
    for step in script.split():
        match step:
            case "!":
                aside.ends = False
            case "-":
                record.is_away = True
            case "+":
                aside.ends, record.is_away = True, False
            case "^":
                await ended.take_judged(Refusal(FakeMessage("m", subject="metrics.c.system"), "ahead", True, 400.0))
            case _ if step.isupper():
                await ended.take(FakeMessage("m", subject=f"metrics.{step.lower()}.system"), "refused")
            case _:
                await ended.take_judged(Refusal(FakeMessage("m", subject=f"metrics.{step}.system"), "bad"))
        await ended.count()
    assert record.counted == expected
