"""What the buckets of alerting hold is what the golden file says: a later release must still read it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.alerts.problems import ProblemsError
from shared.streams import streams
from shared.wire.decode import DecodeError
from tests.contract.alert_values import EXAMPLES, GOLDEN, rendered

HELD: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_golden(name: str) -> None:
    assert rendered()[name] == HELD[name], "meant? then write it anew: python -m tests.contract.alert_values"


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden_bytes_are_read_as_the_example(name: str) -> None:
    assert EXAMPLES[name].decode(bytes.fromhex(HELD[name]["body"])) == EXAMPLES[name].value


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("body", [b'{"stream":"METRICS", "seq":4711}', b'{"type":"io.nats.jetstream.api.v1"}', b"+OK"])
def test_what_the_broker_itself_says_is_no_value(name: str, body: bytes) -> None:
    # It answers where the sender of a message says, so that may be the key of a bucket.
    with pytest.raises((ProblemsError, DecodeError)):
        EXAMPLES[name].decode(body)


def test_the_golden_file_holds_nothing_else() -> None:
    assert list(HELD) == list(EXAMPLES)


def test_every_bucket_of_values_has_an_example() -> None:
    # Leases and cursors belong to whoever writes them: nobody else reads one.
    theirs = {"$KV.hosts.>", "$KV.leases.>", "$KV.alert_cursor.>"}
    made = {subject for stream in streams(1, 1) if stream.is_bucket for subject in stream.subjects}
    shown = {".".join(example.subject.split(".")[:2]) + ".>" for example in EXAMPLES.values()}
    assert shown == made - theirs
