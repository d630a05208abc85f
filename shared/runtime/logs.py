"""Logs as JSON lines: one event a line, fields as keys; never a secret, a query string or a command line."""

from __future__ import annotations

import json
import logging
import math
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
TEXT_CHARACTERS_MAX = 2_000


class JsonFormatter(logging.Formatter):
    """One line of JSON: time, level, service, event, then the fields given as `extra`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a text longer than TEXT_CHARACTERS_MAX is cut."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "event": record.getMessage()[:TEXT_CHARACTERS_MAX],
        }
        for key, value in vars(record).items():
            if key not in _STANDARD:
                line.setdefault(key, _field(value))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"[:TEXT_CHARACTERS_MAX]
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            line["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False)


def _field(value: Any) -> Any:
    # JSON has no NaN and no infinities; they are written as text, like everything else that it does not know.
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)[:TEXT_CHARACTERS_MAX]


def configure_logs(service: str, level: str = "info") -> None:
    """Send every log of this process to standard error as JSON lines; replaces what was configured before."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level.upper())
