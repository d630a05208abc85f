"""The SQL that each storage mode makes of every family, written into golden files: `make docs` writes them anew."""

from __future__ import annotations

from pathlib import Path

from services.ingest.storage.mode import Mode
from services.ingest.storage.policies import desired_policies, policy_changes
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from shared.families import FAMILIES

MODES: tuple[Mode, ...] = ("plain", "timescaledb_apache", "timescaledb_community")
FOLDER = Path(__file__).parent / "golden_sql"


def golden_path(mode: Mode) -> Path:
    """Return the file that holds a mode's statements."""
    return FOLDER / f"{mode}.sql"


def rendered(mode: Mode) -> str:
    """Return every statement that a first provision with the default retention runs on metrics, in order."""
    storage, retention, families = storage_of(mode), Retention(), list(FAMILIES.values())
    statements = storage.tables(families, retention)
    for family in families:
        statements += storage.rollups(family, {}, retention)
    if mode == "timescaledb_community":
        statements += policy_changes([], desired_policies(families, retention, retention.of("raw")))
    return ";\n\n".join(statements) + ";\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in MODES:
        golden_path(each).write_text(rendered(each))
