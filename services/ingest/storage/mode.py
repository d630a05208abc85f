"""The three modes of storage, and how a database shows which one it is."""

from __future__ import annotations

from typing import Literal, get_args

Mode = Literal["plain", "timescaledb_apache", "timescaledb_community"]
MODES: tuple[Mode, ...] = get_args(Mode)

DETECT_SQL = """SELECT extversion, current_setting('timescaledb.license', true)
FROM pg_extension WHERE extname = 'timescaledb'"""
AVAILABLE_SQL = """SELECT default_version FROM pg_available_extensions
WHERE name = 'timescaledb' AND current_setting('timescaledb.disable_load', true) IS NOT NULL"""
"""The version of the extension that could be made, none without its library: that must have been loaded when the
server started, which only its own setting shows to everybody."""

COMMUNITY_MIN = (2, 28)
"""The first version whose continuous aggregates take a new column in place."""
APACHE_MIN = (2, 13)
"""The first version with by_range()."""


def mode_of(extension_version: str | None, license_name: str | None) -> Mode:
    """Return the mode of a database from the version and license of its TimescaleDB, None where it has none."""
    if extension_version is None:
        return "plain"
    is_new = _numbers(extension_version) >= COMMUNITY_MIN
    return "timescaledb_community" if license_name == "timescale" and is_new else "timescaledb_apache"


def mode_named(name: str) -> Mode:
    """Return the mode of a name that was recorded; raise ValueError where there is none."""
    if name not in MODES:
        raise ValueError(f"expected one of {', '.join(MODES)}, got {name!r}")
    return MODES[MODES.index(name)]


def is_too_old(extension_version: str | None) -> bool:
    """Return whether the extension lacks what every mode with it needs."""
    return extension_version is not None and _numbers(extension_version) < APACHE_MIN


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2])
