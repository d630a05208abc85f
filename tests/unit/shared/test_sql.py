"""The SQL text of a family, read as a golden text: what stands here is what the database is told."""

from __future__ import annotations

import dataclasses
import re

import pytest

from shared import sql
from shared.families import FAMILIES
from shared.family import Family, define, gauge, label


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """Fans of the machine, one row per fan."""

    fan: str = label("Name of the fan.")
    slot: int = label("Slot the fan sits in.")
    used_percent: float = gauge("Share of the highest speed.")
    turns_count: int | None = gauge("Turns since the start.", optional=True)


FAN = define("fan", Fan, interval_seconds=5, headline=("used_percent",))


def test_table_ddl() -> None:
    assert sql.table_ddl(FAN) == [
        "CREATE TABLE IF NOT EXISTS metrics.fan (\n"
        "    time timestamptz NOT NULL,\n"
        "    host text NOT NULL,\n"
        "    source text NOT NULL,\n"
        "    fan text NOT NULL,\n"
        "    slot bigint NOT NULL,\n"
        "    used_percent real NOT NULL,\n"
        "    turns_count bigint\n"
        ")",
        "ALTER TABLE metrics.fan ADD COLUMN IF NOT EXISTS turns_count bigint",
        "CREATE INDEX IF NOT EXISTS fan_host_time ON metrics.fan (host, time DESC)",
        "CREATE INDEX IF NOT EXISTS fan_time ON metrics.fan "
        "USING brin (time) WITH (pages_per_range = 32, autosummarize = on)",
    ]


def test_copy_columns() -> None:
    assert sql.copy_columns(FAN) == ("time", "host", "source", "fan", "slot", "used_percent", "turns_count")


def test_the_ledger_knows_a_sample_set_by_its_identity() -> None:
    assert "UNIQUE (host, source, session, seq, time)" in sql.ledger_ddl()[0]
    insert = sql.ledger_insert()
    assert "ON CONFLICT DO NOTHING" in insert
    assert "RETURNING host, source, session, seq, time" in insert
    assert sorted({int(number) for number in re.findall(r"\$(\d+)", insert)}) == [
        number for number, _ in enumerate(sql.LEDGER_COLUMNS, start=1)
    ]


def test_delete_before_is_bounded() -> None:
    assert re.findall(r"LIMIT \$2", sql.delete_before(sql.table(FAN))) == ["LIMIT $2", "LIMIT $2"]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_no_statement_holds_a_quoted_value_but_the_origin_of_buckets(family: Family) -> None:
    for text in sql.table_ddl(family):
        assert set(re.findall(r"'([^']*)'", text)) <= {sql.BUCKET_ORIGIN}
