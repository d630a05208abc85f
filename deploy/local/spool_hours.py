"""For how long collectors may keep what the bus did not take, where raw rows are kept for less than they would."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.local.said import said

RETENTION = ("provision", "raw_retention_days")
HOURS = ("collector", "spool_hours_max")
DAYS_ENOUGH = 4
"""Collectors keep 72 h by default, and a day is for the way into the database."""


def spool_hours_max(outside: Mapping[str, str]) -> int | None:
    """Return the bound of a spool for which raw rows are kept long enough; None where the collector's own is."""
    days = _named(outside, *RETENTION)
    return None if days is None or days >= DAYS_ENOUGH else max(1, days * 24 - 24)


def is_named(outside: Mapping[str, str]) -> bool:
    """Return whether the user has set the bound of the stack's own collector."""
    return _named(outside, *HOURS) is not None


def _named(outside: Mapping[str, str], section: str, key: str) -> int | None:
    """Return a whole number of the settings; one that is none is the service's to refuse."""
    found = said(outside, section, key)
    try:
        return None if found is None else int(str(found))
    except ValueError:
        return None
