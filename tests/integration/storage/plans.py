"""Reads what PostgreSQL did to answer a statement: which relations it scanned, and what it sorted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from shared.select import Statement
from tests.integration.storage.generate import SERIES

FEW_ROWS = 500
"""A chunk that has just begun holds a few pages: to read or sort them as they are is right."""
BATCHES_MAX = 2
"""Of each series: its batches follow each other in time, so less rows than one holds lie in two of them at most."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A relation that was read: how, and how many rows came of it and were thrown away, over all loops.

    Of a chunk in the columnstore whole batches are read; `batches` is how many, None of anything else.
    """

    kind: str
    relation: str
    index: str | None
    rows: int
    removed: int
    batches: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What was done; each sort is the relations below it and how many of their rows it took in before aggregating."""

    scans: list[Scan]
    sorts: list[tuple[frozenset[str], int]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a hypertable: the rows of [start, end)."""

    hypertable: str
    start: datetime
    end: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Return whether it may hold rows of a range."""
        return self.start < end and start < self.end


def reads_little(scan: Scan, family: str) -> bool:
    """Return whether a quarter of an hour of one host, of some hundred rows, was read as it should be.

    Rows go by the index on host and time. In the columnstore nothing is less than a batch, so it reads the batches
    whose least and greatest time say that they may hold some, and these are few whatever else their chunk holds.
    """
    if scan.batches is not None:
        return scan.batches <= BATCHES_MAX * len(SERIES[family])
    if scan.rows + scan.removed <= FEW_ROWS:
        return True
    return scan.index is not None and scan.index.endswith(f"{family}_host_time") and scan.removed == 0


async def chunks_of(connection: asyncpg.Connection) -> dict[str, Chunk]:
    """Return every chunk of the database by name."""
    rows = await connection.fetch(
        "SELECT chunk_name, hypertable_name, range_start, range_end FROM timescaledb_information.chunks"
    )
    return {row["chunk_name"]: Chunk(row["hypertable_name"], row["range_start"], row["range_end"]) for row in rows}


async def plan_of(connection: asyncpg.Connection, statement: Statement) -> Plan:
    """Return what was done for a statement that was run."""
    text = await connection.fetchval(
        f"EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, FORMAT JSON) {statement.text}", *statement.parameters
    )
    top = json.loads(text)[0]["Plan"]
    nodes = list(_executed(top))
    return Plan(
        [_scan(node) for node in nodes if "Relation Name" in node],
        [_sort(node) for node in nodes if "Sort" in node["Node Type"]],
    )


def _executed(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["Actual Loops"]:
        yield node
        for below in node.get("Plans", []):
            yield from _executed(below)


def _scan(node: dict[str, Any]) -> Scan:
    index = node.get("Index Name") or next(
        (below["Index Name"] for below in _executed(node) if "Index Name" in below), None
    )
    # A row of the relation below is a batch: up to 1,000 rows of one segment.
    below = [each for each in _executed(node) if each is not node and "Relation Name" in each]
    batches = sum(_rows(each) for each in below) if node.get("Custom Plan Provider") == "ColumnarScan" else None
    return Scan(node["Node Type"], node["Relation Name"], index, _rows(node), _removed(node), batches)


def _rows(node: dict[str, Any]) -> int:
    rows: float = node["Actual Rows"] * node["Actual Loops"]
    return round(rows)


def _removed(node: dict[str, Any]) -> int:
    removed: float = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    loops: int = node["Actual Loops"]
    return round(removed * loops)


def _sort(node: dict[str, Any]) -> tuple[frozenset[str], int]:
    below = list(_executed(node))
    relations = frozenset(found["Relation Name"] for found in below if "Relation Name" in found)
    aggregated = any("Aggregate" in found["Node Type"] for found in below)
    return relations, 0 if aggregated else _rows(node)
