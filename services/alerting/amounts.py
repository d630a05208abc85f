"""Numbers for people who read messages: KiB, milliseconds and hours, as the dashboard writes them."""

from __future__ import annotations

from typing import Literal

from shared.alerts.rule import HORIZON_SECONDS_MAX, Kind

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

_KIB = 1024.0
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DURATIONS: dict[Language, tuple[str, str, str, str]] = {
    "en": (" d", " h", " min", " s"),
    "ko": ("일", "시간", "분", "초"),
}


def amount(unit: str | None, value: float) -> str:
    """Return a value with its unit, such as `12.3%`, `1.50 MiB/s` or `4.20 ms`."""
    if unit in ("bytes", "bytes_per_second"):
        return _bytes(value) + ("/s" if unit == "bytes_per_second" else "")
    if unit == "seconds":
        return _seconds(value)
    if unit == "percent":
        return f"{value:,.1f}%"
    if unit == "celsius":
        return f"{_digits(value)} °C"
    if unit == "per_second":
        return f"{_digits(value)}/s"
    return f"{value:,.0f}" if unit == "count" else f"{value:,.2f}"


def measured(kind: Kind, unit: str | None, value: float, language: Language) -> str:
    """Return what a rule of a kind compares, as people read it."""
    if kind in ("forecast", "absence"):
        return duration(value, language)
    if kind == "deviation":
        return f"{value:,.1f} \N{GREEK SMALL LETTER SIGMA}"
    return f"{amount(unit, value)}/s" if kind == "rate" else amount(unit, value)


def duration(seconds: float, language: Language) -> str:
    """Return a duration by its two greatest parts, such as `3 h 20 min`; the horizon stands for all beyond."""
    whole = int(max(0.0, min(seconds, HORIZON_SECONDS_MAX)) + 0.5)
    parts = (whole // 86_400, whole // 3_600 % 24, whole // 60 % 60, whole % 60)
    names = _DURATIONS[language]
    first = next((at for at, part in enumerate(parts) if part > 0), 3)
    shown = [f"{parts[at]}{names[at]}" for at in range(first, min(first + 2, 4)) if at == first or parts[at] > 0]
    return ("> " if seconds > HORIZON_SECONDS_MAX else "") + " ".join(shown)


def _bytes(value: float) -> str:
    power = 0
    while abs(value) >= _KIB and power < len(_BYTES) - 1:
        value /= _KIB
        power += 1
    return f"{_digits(value) if power else f'{value:,.0f}'} {_BYTES[power]}"


def _seconds(value: float) -> str:
    for least, factor, name in ((1.0, 1.0, "s"), (0.001, 1_000.0, "ms"), (0.0, 1_000_000.0, "µs")):
        if abs(value) >= least:
            return "0 s" if value == 0 else f"{_digits(value * factor)} {name}"
    return "0 s"


def _digits(value: float) -> str:
    """Return three digits in all, so that numbers stay calm while they change."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == 0 else f"{value:,.1f}" if size >= 10 else f"{value:,.2f}"
