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

from shared.runtime.logs import (
    BURST_MAX,
    REFILL_PER_S,
    TEXT_CHARACTERS_MAX,
    Flood,
    JsonFormatter,
    configure_logs,
)
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


@pytest.mark.parametrize("value", ["\x9b31m", "a\u202eb", "a\u2028b", "\x7f", "\ud800", "\U000e0001"])
def test_nothing_that_steers_a_terminal_stands_in_a_line(value: str) -> None:
    text = JsonFormatter("ingest").format(logging.makeLogRecord({"msg": value, "reason": value}))
    assert text.isprintable()
    assert text.encode()
    assert (json.loads(text)["event"], json.loads(text)["reason"]) == (value, value)


def test_a_name_of_any_language_is_written_as_it_is() -> None:
    assert "서버-1" in JsonFormatter("ingest").format(logging.makeLogRecord({"msg": "x", "host": "서버-1"}))


def test_warnings_of_one_event_are_bounded_and_those_left_out_counted() -> None:
    now = 0.0
    flood = Flood(lambda: now)

    def written(count: int, event: str = "set aside", level: int = logging.WARNING) -> list[logging.LogRecord]:
        records = [logging.makeLogRecord({"msg": event, "levelno": level}) for _ in range(count)]
        return [record for record in records if flood.filter(record)]

    assert len(written(BURST_MAX + 7)) == BURST_MAX
    assert len(written(1_000, "request", logging.INFO)) == 1_000
    assert len(written(1, "another event")) == 1
    assert written(5) == []
    now = 1 / REFILL_PER_S
    [later] = written(2)
    assert later.__dict__["left_out_count"] == 5


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
    for _ in range(2 * BURST_MAX):
        logging.getLogger("x").warning("flood")
    assert BURST_MAX <= capsys.readouterr().err.count("flood") < 2 * BURST_MAX
