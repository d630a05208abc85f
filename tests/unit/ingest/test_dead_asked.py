"""Which letters a run comes to, and that it says where it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from services.ingest.dead.asked import EndedError, letters_asked_for
from services.ingest.dead.letters import DeadLetter, Part, Wanted


@dataclass
class FakeShelf:
    """A message for each letter of `hosts`: "aab" is two of the host a, then one of b."""

    hosts: str

    def part(self, sequence: int) -> Part:
        return Part(sequence, {"Vitalwire-Subject": f"metrics.{self.hosts[sequence - 1]}.system"}, b"")

    async def oldest_first(self, sequences: range) -> AsyncIterator[Part]:
        for sequence in sequences:
            yield self.part(sequence)

    async def letter(self, sequence: int) -> DeadLetter:
        return DeadLetter((self.part(sequence),))


async def come_to(hosts: str, host: str | None, start: int = 1, stopped: bool = False) -> str:
    """Return the sequences of the letters that are come to, at most three messages, and how it ended."""
    shelf: Any = FakeShelf(hosts)
    stop = asyncio.Event()
    if stopped:
        stop.set()
    found = []
    try:
        async for letter in letters_asked_for(shelf, Wanted(host), range(start, len(hosts) + 1), stop, lookups_max=3):
            found.append(str(letter.sequence))
    except EndedError as error:
        found.append(str(error))
    return " ".join(found)


@pytest.mark.parametrize(
    ("hosts", "host", "start", "found"),
    [
        ("", None, 1, ""),
        ("aba", None, 1, "1 2 3"),
        ("abab", None, 1, "1 2 3 ended after 3 messages: go on with --from 4"),
        ("abab", None, 4, "4"),
        ("bbbbba", "a", 1, "6"),
        ("abbbaab", "a", 1, "1 5 6"),
        ("abbbaabba", "a", 1, "1 5 6 ended after 3 messages: go on with --from 9"),
        ("abbbaabba", "a", 9, "9"),
    ],
)
async def test_where_it_ends_is_said_and_letters_of_other_hosts_do_not_count(
    hosts: str, host: str | None, start: int, found: str
) -> None:
    assert await come_to(hosts, host, start) == found


async def test_a_signal_ends_it_also_among_letters_of_other_hosts() -> None:
    assert await come_to("bbbbb", "a", stopped=True) == "interrupted"
