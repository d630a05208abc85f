"""A log line is one line of JSON, whatever is logged."""

from __future__ import annotations

import io
import json
import logging
import math
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from shared.runtime.logs import TEXT_CHARACTERS_MAX, JsonFormatter, configure_logs
from shared.settings import Secret


@pytest.fixture
def _root_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def line(message: str = "batch written", **extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", "created": 1_795_262_405.25, **extra})
    text = JsonFormatter("ingest").format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    return parsed


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def test_a_line_says_when_how_bad_who_and_what() -> None:
    assert line(rows=5, wait_s=0.5, ok=True, host="web-1") == {
        "time": "2026-11-21T12:00:05.250+00:00",
        "level": "info",
        "service": "ingest",
        "event": "batch written",
        "rows": 5,
        "wait_s": 0.5,
        "ok": True,
        "host": "web-1",
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (math.nan, "nan"),
        (math.inf, "inf"),
        ([1, 2], "[1, 2]"),
        ("a\nb", "a\nb"),
        ("\ud800", "\ud800"),
        (Secret("hush"), "Secret(***)"),
        ("x" * 3_000, "x" * TEXT_CHARACTERS_MAX),
    ],
)
def test_fields(value: Any, written: Any) -> None:
    assert line(field=value)["field"] == written


def test_a_field_cannot_replace_what_the_line_says_itself() -> None:
    assert line(service="forged", event="forged", level="forged")["service"] == "ingest"


def test_a_long_event_is_cut() -> None:
    assert len(line("x" * 3_000)["event"]) == TEXT_CHARACTERS_MAX


def test_an_exception_leaves_its_type_text_and_places() -> None:
    try:
        raise ValueError("wrong\nvalue")
    except ValueError:
        written = line(exc_info=sys.exc_info())
    assert written["error"] == "ValueError: wrong\nvalue"
    assert written["traceback"][-1].endswith("test_an_exception_leaves_its_type_text_and_places")


@pytest.mark.usefixtures("_root_restored")
def test_configured_logs_go_to_standard_error_at_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("api", "warning")
    logging.getLogger("x").info("not seen")
    logging.getLogger("x").warning("seen")
    written = capsys.readouterr()
    assert [json.loads(text)["event"] for text in io.StringIO(written.err)] == ["seen"]
    assert written.out == ""
