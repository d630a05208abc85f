"""Rules and silences are kept as the golden file says: a later release must still read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.alerts.check import check_rule
from shared.alerts.rule import Override, Rule
from shared.alerts.rule_encoding import decode_rule
from shared.alerts.silence import Recurrence, Silence, check_silence, decode_silence
from tests.contract.rules_and_silences import EXAMPLES, GOLDEN, rendered

HELD: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_golden(name: str) -> None:
    assert rendered()[name] == HELD[name], "meant? then write it anew: python -m tests.contract.rules_and_silences"


@pytest.mark.parametrize("name", EXAMPLES)
def test_golden_bytes_are_read_as_the_example(name: str) -> None:
    example, body = EXAMPLES[name], bytes.fromhex(HELD[name]["body"])
    if isinstance(example, Rule):
        assert decode_rule(body, example.name) == example
        assert check_rule(example) == []
    else:
        assert decode_silence(body) == example
        assert check_silence(example) == []


def test_the_golden_file_holds_nothing_else() -> None:
    assert list(HELD) == list(EXAMPLES)


@pytest.mark.parametrize(("struct", "top"), [(Rule, []), (Override, ["overrides", 0]), (Silence, []),
                                             (Recurrence, ["recurrence"])])  # fmt: skip
def test_every_field_is_in_some_example(struct: Any, top: list[Any]) -> None:
    said: set[str] = set()
    for held in HELD.values():
        part = held["plain"]
        for step in top:
            part = (part.get(step) if isinstance(step, str) else part[step]) if part else None
        said |= set(part or {})
    assert set(struct.__struct_fields__) <= said
