"""Silences and maintenance windows: for which rules and hosts nobody is told, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from shared.alerts.problems import ProblemsError, problem_of
from shared.alerts.rule import Globs, Instant
from shared.glob import matcher

SILENCE_VERSION = 1
SILENCE_BYTES_MAX = 64 * 1024
SILENCES_MAX = 1_000
DURATION_MINUTES_MAX = 7 * 24 * 60
REASON_CHARACTERS_MAX = 1_000

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Recurrence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window that comes again: on these weekdays, from a local time on, for so many minutes.

    The minutes are counted as they pass, so a window is as long on a day when clocks are changed as on any other. A
    start that such a day leaves out is as long after midnight as on other days, which the clock shows as an hour later;
    one that it has twice is the first.
    """

    weekdays: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]
    start: Annotated[str, Meta(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
    minutes: Annotated[int, Meta(ge=1, le=DURATION_MINUTES_MAX)]
    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    """Name in the IANA time zone database, such as Asia/Seoul."""


# With a __dict__, which holds what its globs became: that is made once and lasts as long as the struct.
class Silence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """Nobody is told of what these rules say about these hosts, from `start` until `end`, or in windows between.

    The alerts themselves go on, and so does their history. Who made it and why is kept with it.
    """

    v: int = SILENCE_VERSION
    id: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
    hosts: Globs = ("*",)
    rules: Globs = ("*",)
    start: Instant
    end: Instant | None = None
    """None only with a recurrence, which then has no end."""
    recurrence: Recurrence | None = None
    who: Annotated[str, Meta(min_length=1, max_length=256)]
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]

    @cached_property
    def names_host(self) -> Callable[[str], bool]:
        """Whether a host is one of those that this is about."""
        return matcher(self.hosts)

    @cached_property
    def names_rule(self) -> Callable[[str], bool]:
        """Whether a rule is one of those that this is about."""
        return matcher(self.rules)


class SilenceError(ProblemsError):
    """A silence cannot be used; `problems` names each. Tell whoever wrote it."""


class NewerSilenceError(SilenceError):
    """A silence is of a later version. Leave it where it is; a later release can read it."""


class Window(NamedTuple):
    """Instants in [start, end)."""

    start: datetime
    end: datetime


class _VersionOnly(msgspec.Struct):
    v: int = SILENCE_VERSION


_silences = msgspec.msgpack.Decoder(Silence)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def check_silence(silence: Silence) -> list[str]:
    """Return every problem of a silence, as sentences that say what was expected, what came, and what to do."""
    problems = []
    if silence.v != SILENCE_VERSION:
        problems.append(f"v: expected {SILENCE_VERSION}, got {silence.v}; leave it out")
    if silence.end is None and silence.recurrence is None:
        problems.append("end: expected a time, got none; a silence that does not recur must end")
    if silence.end is not None and silence.end <= silence.start:
        problems.append(f"end: expected later than start, {silence.start}, got {silence.end}; set it later")
    if silence.recurrence is not None and zone_of(silence.recurrence.zone) is None:
        problems.append(
            f"recurrence.zone: expected a name such as Asia/Seoul or UTC, got {silence.recurrence.zone!r}; choose one"
        )
    return problems


def silence_from(content: Any) -> Silence:
    """Return the silence in what JSON made of a text; raise SilenceError with every problem."""
    if isinstance(content, Mapping) and isinstance(content.get("v"), int):
        _refuse_newer(content["v"])
    try:
        silence = msgspec.convert(content, Silence)
    except (msgspec.ValidationError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise SilenceError([problem_of(error)]) from error
    return _checked(silence)


def encode_silence(silence: Silence) -> bytes:
    """Return the silence as the bucket holds it, without what is at its default; raise SilenceError if it cannot."""
    content: dict[str, Any] = msgspec.to_builtins(silence, builtin_types=(datetime,))
    try:
        body = msgspec.msgpack.encode({"v": silence.v, **content})
    except OverflowError:
        raise SilenceError(["end: expected times that UTC has too, in the years 1 to 9999; choose others"]) from None
    if len(body) > SILENCE_BYTES_MAX:
        raise SilenceError([f"expected at most {SILENCE_BYTES_MAX} bytes, got {len(body)}; name fewer hosts or rules"])
    return body


def decode_silence(body: bytes) -> Silence:
    """Return the silence that the bucket holds; raise SilenceError, and nothing else, when it is none."""
    if len(body) > SILENCE_BYTES_MAX:
        raise SilenceError([f"expected at most {SILENCE_BYTES_MAX} bytes, got {len(body)}"])
    try:
        _refuse_newer(_versions.decode(body).v)
        silence = _silences.decode(body)
    except SilenceError:
        raise
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise SilenceError([problem_of(error)]) from error
    return _checked(silence)


def is_silenced(silences: Iterable[Silence], rule: str, host: str, now: datetime) -> bool:
    """Return whether nobody is to be told of what a rule says about a host at `now`."""
    return any(
        silence.names_rule(rule) and silence.names_host(host) and window_at(silence, now) is not None
        for silence in silences
    )


def window_at(silence: Silence, now: datetime) -> Window | None:
    """Return the window that `now` lies in, so far as the silence itself lasts; None when it lies in none."""
    if now < silence.start or (silence.end is not None and now >= silence.end):
        return None
    if silence.recurrence is None:
        return Window(silence.start, silence.end or datetime.max.replace(tzinfo=UTC))
    for window in _recurring(silence.recurrence, now):
        if window.start <= now < window.end:
            return Window(max(window.start, silence.start), min(window.end, silence.end or window.end))
    return None


def is_over(silence: Silence, now: datetime) -> bool:
    """Return whether a silence will never count again, and can be removed."""
    return silence.end is not None and now >= silence.end


def _checked(silence: Silence) -> Silence:
    problems = check_silence(silence)
    if problems:
        raise SilenceError(problems)
    return silence


def _refuse_newer(version: int) -> None:
    if version > SILENCE_VERSION:
        raise NewerSilenceError(
            [f"v: expected {SILENCE_VERSION}, got the newer {version}; upgrade to change this silence"]
        )


def _recurring(recurrence: Recurrence, now: datetime) -> Iterator[Window]:
    """Yield the windows that may hold `now`, the newest first."""
    zone = zone_of(recurrence.zone)
    if zone is None:
        return
    hour, minute = map(int, recurrence.start.split(":"))
    length = timedelta(minutes=recurrence.minutes)
    today = now.astimezone(zone).date()
    # Clocks that went forward since the start put it one day farther back; those that went back over midnight had
    # the next day begin before.
    for days in range(-1, length.days + 3):
        day = today - timedelta(days=days)
        if WEEKDAYS[day.weekday()] in recurrence.weekdays:
            start = _instant(day, time(hour, minute), zone)
            yield Window(start, start + length)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC: sums of local times would pass over the hour that a change of clocks adds."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of a name of the IANA database, None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
