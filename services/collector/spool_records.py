"""How sample sets lie in the file of the spool: each with a checksum while it is new, many compressed to one block."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgpack

from services.collector.outbox import Outgoing
from shared.wire.encode import Encoded
from shared.wire.limits import BODY_BYTES_MAX

BLOCK_SETS = 64
BLOCK_BYTES = 256 * 1024
BLOCK_BYTES_MAX = BLOCK_BYTES + 2 * BODY_BYTES_MAX


class SpoolFileError(Exception):
    """The file is none of ours, or not what it was. Nothing of it can be used."""


class DamagedError(SpoolFileError):
    """A part of the file is not as it was written. Remove that part and count it; the rest can be used."""

    def __init__(self, first: int, last: int, count: int) -> None:
        super().__init__(f"{count} sample sets are not as they were written")
        self.first, self.last, self.count = first, last, count


@dataclass(slots=True)
class Batch:
    """The oldest sample sets of the file, to be sent and then removed together; a block, or some single ones.

    `unconfirmed` shrinks as the bus confirms, `count` is how many there were; `gone` says that it is sent no more.
    """

    first: int
    last: int
    is_block: bool
    unconfirmed: dict[tuple[str, int], Outgoing] = field(repr=False)
    gone: bool = False
    count: int = field(init=False)

    def __post_init__(self) -> None:
        self.count = len(self.unconfirmed)


def whole(found: object) -> int:
    """Return a number of the file; raise SpoolFileError when it is none."""
    if not isinstance(found, int):
        raise SpoolFileError(f"expected a number, got {type(found).__name__}")
    return found


def pack(outgoing: Outgoing) -> tuple[int, int, bytes]:
    """Return a sample set as a row has it: tick_s, checksum, record."""
    encoded = outgoing.encoded
    record: bytes = msgpack.packb((encoded.session, encoded.seq, outgoing.tick_s, encoded.body))
    return outgoing.tick_s, zlib.crc32(record), record


def check(row: Sequence[object]) -> None:
    """Raise DamagedError when a single sample set is not as it was written: id, tick_s, checksum, record."""
    number, record = whole(row[0]), row[3]
    if not isinstance(record, bytes) or not isinstance(row[1], int) or zlib.crc32(record) != row[2]:
        raise DamagedError(number, number, 1)


def unpack(records: bytes) -> dict[tuple[str, int], Outgoing]:
    """Return sample sets by session and number; the same one twice becomes one."""
    # It would begin with a buffer of 1 MiB, which then stays with the process.
    unpacker = msgpack.Unpacker(read_size=1_024, max_buffer_size=BLOCK_BYTES_MAX)
    unpacker.feed(records)
    return {(session, seq): Outgoing(Encoded(session, seq, body), tick_s) for session, seq, tick_s, body in unpacker}


def pack_block(records: bytes) -> bytes:
    """Return records, one behind the other, as the body of a block."""
    return zlib.compress(records)


def unpack_block(first: int, last: int, count: int, body: bytes) -> dict[tuple[str, int], Outgoing]:
    """Return the sample sets of a block; raise DamagedError when it is not as it was written."""
    try:
        return unpack(zlib.decompressobj().decompress(body, BLOCK_BYTES_MAX))
    except (zlib.error, ValueError, TypeError, msgpack.UnpackException) as error:
        raise DamagedError(whole(first), whole(last), whole(count)) from error
