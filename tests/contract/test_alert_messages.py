"""Messages of alerting are what the golden file says: whoever reads the stream relies on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.wire.alert import decode_alert
from tests.contract.alert_messages import EXAMPLES, GOLDEN, rendered

HELD: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_golden(name: str) -> None:
    assert rendered()[name] == HELD[name], "meant? then write it anew: python -m tests.contract.alert_messages"


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden_bytes_are_read_as_the_example(name: str) -> None:
    assert decode_alert(bytes.fromhex(HELD[name]["body"]), HELD[name]["subject"]) == EXAMPLES[name]


def test_the_golden_file_holds_nothing_else() -> None:
    assert list(HELD) == list(EXAMPLES)
