"""Sample sets of many hosts of one shape, made cheaply: bodies are encoded once, then only time and number change."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.samples import SHAPE, Sampler

VARIANTS = 97
"""Different readings a run draws from; a prime, so that no host repeats the same few."""
_SEQ_HEAD = b"\xa3seq\xce"
_TIME_HEAD = b"\xa4time\xd6\xff"
_HOST = "bench-00000"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sample set ready for the bus."""

    host: str
    message_id: str
    body: bytes


class Bodies:
    """Makes the sample sets of a fleet, tick by tick.

    msgpack has fixed places here: the number is an unsigned 32-bit integer, the time a timestamp of 32 bits, the host a
    text of one length. So each body is one of VARIANTS, which the product's encoder made, with three places changed.
    """

    def __init__(self, hosts: int, run: str) -> None:
        self._hosts = [f"bench-{number:05d}" for number in range(hosts)]
        self._run = run
        self._pieces, self.numbers = _pieces(run)
        self._tick = 0

    @property
    def hosts(self) -> list[str]:
        """The names of the fleet."""
        return self._hosts

    def tick(self, time_s: int) -> Iterator[Prepared]:
        """Yield one sample set of every host at this second; each call has the next number."""
        self._tick += 1
        # A number of 32 bits whatever its value, as it would be later in a long session.
        seq = struct.pack(">I", 1_000_000 + self._tick)
        time = struct.pack(">I", time_s)
        for number, host in enumerate(self._hosts):
            first, second, third, fourth = self._pieces[(number * 31 + self._tick) % VARIANTS]
            body = b"".join((first, host.encode(), second, seq, third, time, fourth))
            yield Prepared(host, f"{self._run}:{1_000_000 + self._tick}", body)


def _pieces(run: str) -> tuple[list[tuple[bytes, bytes, bytes, bytes]], int]:
    """Return what stands before, between and after host, number and time in each variant; and its count of numbers."""
    sampler = Sampler(_HOST, seed=1, session=run, last=1_000_000)
    moment = datetime.fromtimestamp(1_790_000_000, UTC)
    found, numbers = [], 0
    for _ in range(VARIANTS):
        encoded, numbers = sampler.next(moment)
        first, _, rest = encoded.body.partition(_HOST.encode())
        second, seq_head, rest = rest.partition(_SEQ_HEAD)
        third, time_head, rest = rest[4:].partition(_TIME_HEAD)
        assert seq_head, "the encoder writes the number differently now"
        assert time_head, "the encoder writes the time differently now"
        found.append((first, second + seq_head, third + time_head, rest[4:]))
    assert numbers == sum(len(Sampler.gauges(name)) * len(labels) for name, labels in SHAPE.items())
    return found, numbers
