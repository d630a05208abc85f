"""The seam behind which everything specific to a storage mode stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from shared.family import Family
from shared.sql import LEDGER, delete_before, ledger_ddl, table, table_ddl

Mode = Literal["plain", "timescaledb_apache", "timescaledb_community"]

DETECT_SQL = """SELECT extversion, current_setting('timescaledb.license', true)
FROM pg_extension WHERE extname = 'timescaledb'"""
COMMUNITY_MIN = (2, 28)
LEDGER_KEPT_LONGER = timedelta(days=2)
"""More than the streams' age: what was young enough on arrival may be delivered again until it leaves the stream."""


class Storage(Protocol):
    """What a mode must provide: how tables are made, and how old rows go."""

    mode: Mode

    def ledger_ddl(self) -> list[str]:
        """Return the statements that make the ledger; running them again changes nothing."""

    def family_ddl(self, family: Family) -> list[str]:
        """Return the statements that make or widen a family's table; running them again changes nothing."""

    def deletions(
        self, families: Sequence[Family], now: datetime, retention: timedelta
    ) -> list[tuple[str, str, datetime]]:
        """Return (relation, statement, bound): each statement deletes at most $2 rows older than bound ($1)."""


class PlainStorage:
    """Plain PostgreSQL: ordinary tables, old rows deleted in batches."""

    mode: Mode = "plain"

    def ledger_ddl(self) -> list[str]:
        """Return the statements that make the ledger; running them again changes nothing."""
        return ledger_ddl()

    def family_ddl(self, family: Family) -> list[str]:
        """Return the statements that make or widen a family's table; running them again changes nothing."""
        return table_ddl(family)

    def deletions(
        self, families: Sequence[Family], now: datetime, retention: timedelta
    ) -> list[tuple[str, str, datetime]]:
        """Return what must be deleted; of the ledger only what no message can enter again."""
        planned = []
        for family in families:
            kept = retention if family.retention_days is None else timedelta(days=family.retention_days)
            planned.append((table(family), delete_before(table(family)), now - min(kept, retention)))
        planned.append((LEDGER, delete_before(LEDGER), now - retention - LEDGER_KEPT_LONGER))
        return planned


def mode_of(extension_version: str | None, license_name: str | None) -> Mode:
    """Return the mode of a database from the version and license of its TimescaleDB, None where it has none."""
    if extension_version is None:
        return "plain"
    version = tuple(int(part) for part in extension_version.split("-")[0].split(".")[:2])
    return "timescaledb_community" if license_name == "timescale" and version >= COMMUNITY_MIN else "timescaledb_apache"
