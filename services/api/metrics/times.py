"""Instants and steps as a caller writes them: ISO 8601 or relative to now such as -15m, and seconds or 5m."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.api.errors import BadParameterError

_RELATIVE = re.compile(r"-(\d{1,9})([smhdw])")
_STEP = re.compile(r"(\d{1,9})([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)\Z")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
DAYS_MAX = 3_660
STEP_ACCEPTED = f"whole seconds, or a number with s, m, h, d or w such as 30s, 5m, 1h; at most {DAYS_MAX}d"
ACCEPTED = "an instant such as 2026-11-21T09:00:00Z, or one relative to now such as -15m, -6h, -7d"


@dataclass(frozen=True, slots=True)
class Range:
    """The instants [start, end)."""

    start: datetime
    end: datetime


def parse_range(start: str, end: str | None, now: datetime) -> Range:
    """Return the range that two texts name; raise BadParameterError naming the one at fault."""
    first = parse_instant("start", start, now)
    last = now if end is None else parse_instant("end", end, now)
    if first >= last:
        raise BadParameterError(
            f"start: expected an instant before the end ({_text(last)}), got {_text(first)}", field="start"
        )
    if last - first > timedelta(days=DAYS_MAX):
        raise BadParameterError(f"start: expected a range of at most {DAYS_MAX} days", field="start")
    return Range(first, last)


def parse_instant(field: str, text: str, now: datetime) -> datetime:
    """Return the instant that a text names; raise BadParameterError otherwise."""
    if text == "now":
        return now
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        seconds = int(relative[1]) * _SECONDS[relative[2]]
        if seconds > DAYS_MAX * 86_400:
            raise BadParameterError(f"{field}: expected at most {DAYS_MAX} days back, got {text}", field=field)
        return now - timedelta(seconds=seconds)
    try:
        # A '+' that was not escaped arrives as a space.
        instant = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text))
        in_utc = instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        raise _refusal(field, text) from None
    if in_utc is None:
        raise BadParameterError(f"{field}: {text[:40]!r} says no time zone; add Z or an offset", field=field)
    if not EARLIEST <= in_utc <= now + timedelta(days=DAYS_MAX):
        raise _refusal(field, text)
    return in_utc


def step_of(text: str | None, points_max: int | None) -> int | None:
    """Return the seconds of a step, None where none is given; raise BadParameterError where both are."""
    if text is not None and points_max is not None:
        raise BadParameterError("step: expected either step or points_max, got both", field="step")
    return None if text is None else parse_step(text)


def parse_step(text: str) -> int:
    """Return the seconds of a step; raise BadParameterError otherwise."""
    found = _STEP.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found is not None and text.isascii() else 0
    if not 1 <= seconds <= DAYS_MAX * 86_400:
        raise BadParameterError(f"step: expected {STEP_ACCEPTED}; got {text[:40]!r}", field="step")
    return seconds


def _refusal(field: str, text: str) -> BadParameterError:
    return BadParameterError(f"{field}: expected {ACCEPTED}; got {text[:40]!r}", field=field)


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
