"""A host glob means the same in memory and in LIKE, and every statement made from the definitions is accepted."""

from __future__ import annotations

import itertools

import asyncpg

from shared import sql
from shared.families import FAMILIES
from shared.glob import matcher, to_like

PATTERNS = [
    "*",
    "a*",
    "*a",
    "a*b",
    "*a*b*",
    "?",
    "?*",
    "a?",
    "a%",
    "a_*",
    "\\",
    "a\\*",
    "**",
    "[a]*",
    "A*",
    "é?",
    "*.b",
]
TEXTS = ["", "a", "b", "ab", "aab", "a%", "a_", "aXb", "a\\", "\\", "a\\b", "[a]b", "A", "éa", "a.b", "a\nb", "a%b"]


async def test_globs_match_what_like_matches(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    pairs = list(itertools.product(PATTERNS, TEXTS))
    rows = await connection.fetch(
        "SELECT text LIKE pattern AS matched FROM unnest($1::text[], $2::text[]) AS pairs (text, pattern)",
        [text for _, text in pairs],
        [to_like(pattern) for pattern, _ in pairs],
    )
    await connection.close()
    ours = [matcher([pattern])(text) for pattern, text in pairs]
    assert [pair for pair, row, own in zip(pairs, rows, ours, strict=True) if row["matched"] is not own] == []


async def test_every_statement_is_accepted_and_may_be_repeated(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("DROP SCHEMA IF EXISTS metrics CASCADE")
    await connection.execute("CREATE SCHEMA metrics")
    for _ in range(2):
        for statement in sql.ledger_ddl():
            await connection.execute(statement)
        for family in FAMILIES.values():
            for statement in sql.table_ddl(family):
                await connection.execute(statement)
    for family in FAMILIES.values():
        await connection.prepare(sql.delete_before(sql.table(family)))
    await connection.prepare(sql.ledger_insert())
    await transaction.rollback()
    await connection.close()
