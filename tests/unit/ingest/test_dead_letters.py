"""Parts and headers of what is set aside."""

from __future__ import annotations

import pytest

from services.ingest.dead_letters import HEADER_BYTES_MAX, headers_of, parts_of
from services.ingest.provenance import provenance_of
from tests.unit.ingest.messages import ack_subject


@pytest.mark.parametrize(
    ("body", "sizes"),
    [(b"", [0]), (b"abc", [3]), (b"abcd", [4]), (b"abcde", [4, 1]), (b"abcdefgh", [4, 4])],
)
def test_a_body_is_whole_in_its_parts(body: bytes, sizes: list[int]) -> None:
    parts = parts_of(body, 4)
    assert [len(part) for part in parts] == sizes
    assert b"".join(parts) == body


def test_headers_stay_within_their_bound_whatever_a_stranger_sent() -> None:
    headers = headers_of("metrics." + "é\r\n" * 3_000, "x\r\nNats-Rollup: all\x00" * 3_000, PROVENANCE, 1, 2)
    size = sum(len(name) + len(value.encode()) + 4 for name, value in headers.items())
    assert size <= HEADER_BYTES_MAX - len("NATS/1.0\r\n\r\n")
    assert not any(character in value for value in headers.values() for character in "\r\n\0")
    assert headers["Vitalwire-Reason"].startswith("x\\r\\nNats-Rollup: all\\x00")
    assert headers["Vitalwire-Part"] == "1/2"
    assert headers["Nats-Msg-Id"] == "METRICS:7:1"


PROVENANCE = provenance_of(ack_subject())
