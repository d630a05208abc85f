"""What logs may say while faults are committed; everything else that is an error there is unexpected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

EVENTS = (
    "bus error",
    "not written, trying once more",
    "not written, messages will come again",
    "not answered, messages will come again",
    "not set aside, will come again",
    "set aside",
    "dropped, its host is muted",
    "waiting for the database",
    "upkeep put off",
    "the durable does not answer; has provision been run?",
    "the bus does not store sample sets",
    "the size of a stream is unknown",
    "sample sets lost with a session",
    "the bus does not store what the spool holds; it is tried again",
    "not counted: too old or refused",
    "the streams do not say where they stand",
    "the streams' state is not recorded",
    "stored sample sets cannot be read",
    "alerts cannot be read",
    "users cannot be read",
    "ended sessions cannot be read",
    "old entries cannot be deleted",
    "too many hosts for this machine: ticks are skipped; invent fewer, or at a longer interval",
)
"""Warnings of the services, each of which a fault of the list brings about."""

POSTGRES = (
    "the database system is",
    "terminating connection",
    "terminating background worker",
    "terminating walreceiver",
    "terminating autovacuum process due to administrator command",
    "unexpected EOF on client connection with an open transaction",
    "connection to client lost",
    "canceling statement",
    "too many clients already",
    "remaining connection slots are reserved",
    "in a read-only transaction",
    "current transaction is aborted",
    'role "root" does not exist',
    'database "vitalwire" does not exist',
)
"""An open transaction without a client is that of a killed ingest. The last two come from asking whether the server is
up, and from provision, which makes the database."""
NATS = ("Error trying to connect to route", "Can not connect", "Healthcheck")


def unexpected(log: Path) -> Iterator[str]:
    """Yield the lines of a log that no fault explains; which program wrote it is told by the lines themselves."""
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            if told["level"] in ("warning", "error", "critical") and told["event"] not in EVENTS:
                yield line
        elif match := re.search(r"\[(?:ERR|FTL)\] (.*)|(?:ERROR|FATAL|PANIC): +(.*)|^(Traceback.*|\w+Error: .*)", line):
            text = next(group for group in match.groups() if group is not None)
            if not any(sentence in text for sentence in (*POSTGRES, *NATS)):
                yield line
