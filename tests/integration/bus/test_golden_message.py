"""A recorded message decodes alike with the product's decoder and with one that shares nothing with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgpack

from shared.families import FAMILIES
from shared.wire.decode import decode
from shared.wire.encode import Numbering, Previous, Rows, cells, encode
from tests.unit.shared.messages import HOST, SUBJECT, TIME, typical_row

GOLDEN = Path(__file__).parent / "sample_set_v1.msgpack"
"""Recorded at the first release; never written again: what was once on a stream must stay readable."""


def independent(body: bytes) -> dict[str, Any]:
    """Decode as the contract says, with msgpack alone."""
    plain: dict[str, Any] = msgpack.unpackb(body, timestamp=3)
    return plain


def test_the_recorded_message_reads_as_the_contract_says() -> None:
    plain = independent(GOLDEN.read_bytes())
    assert (plain["v"], plain["host"], plain["source"], plain["seq"]) == (1, "web-1.example.com", "system", 4711)
    assert plain["time"] == datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
    assert plain["previous"] == {"session": "0f1e2d3c4b5a69788796a5b4", "seq_last": 99}
    assert plain["families"]["memory"]["interval_seconds"] == 1.0


def test_both_decoders_agree_on_every_cell() -> None:
    body = GOLDEN.read_bytes()
    plain, typed = independent(body), decode(body, SUBJECT)
    assert typed.unknown == ()
    assert set(plain["families"]) == set(typed.families)
    for name, table in plain["families"].items():
        assert typed.families[name].interval_seconds == table["interval_seconds"]
        by_name = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        names = FAMILIES[name].column_names
        assert typed.families[name].rows == [tuple(row.get(column) for column in names) for row in by_name]


def test_what_is_encoded_today_reads_the_same_way() -> None:
    family = FAMILIES["disk"]
    rows = [cells(family, typical_row(family, number)) for number in range(3)]
    (encoded,) = encode(HOST, "system", TIME, [Rows(family, 10.0, rows)], Numbering("new"), Previous("old", 5))
    assert independent(encoded.body) == {
        "v": 1,
        "host": HOST,
        "source": "system",
        "session": "new",
        "seq": 1,
        "time": TIME,
        "families": {"disk": {"interval_seconds": 10.0, "columns": list(family.column_names), "rows": rows}},
        "previous": {"session": "old", "seq_last": 5},
    }
