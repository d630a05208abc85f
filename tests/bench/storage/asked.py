"""The requests that are measured, made so that no two soon after one another are the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from shared.families import FAMILIES
from tests.bench.storage.fill import host_name

CPU = FAMILIES["cpu"]
PATHS = 2_000
CSV_COLUMNS = 10
CSV_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request: its paths, and how many clients may ask at once."""

    name: str
    paths: list[str]
    accept: str = "application/json"
    clients: tuple[int, ...] = (1, 8)
    stored: bool = True
    """Whether the database is asked."""


def kinds(hosts: int, until: datetime, days: int) -> list[Kind]:
    """Return every kind; ranges end within the last two minutes, but for exports."""
    dice = random.Random(1)

    def path(span: timedelta, **fixed: str) -> str:
        end = until - timedelta(seconds=dice.randrange(120))
        asked = {
            "start": _text(end - span), "end": _text(end), "columns": dice.choice(CPU.gauges).name,
            "aggregate": dice.choice(("avg", "min", "max")), "host": host_name(dice.randint(1, hosts)),
        }  # fmt: skip
        return f"/api/v1/metrics/cpu?{urlencode(asked | fixed)}"

    def export() -> str:
        end = until - timedelta(minutes=10, seconds=10 * dice.randrange(8_640))
        columns = ",".join(gauge.name for gauge in dice.sample(CPU.gauges, CSV_COLUMNS))
        return path(timedelta(0), start=_text(end - timedelta(seconds=10 * CSV_STEPS)), end=_text(end),
                    columns=columns, step="10", host="*", aggregate="avg")  # fmt: skip

    def top() -> str:
        asked = {"column": dice.choice(CPU.gauges).name, "order": dice.choice(("asc", "desc"))}
        return f"/api/v1/metrics/cpu/top?{urlencode(asked)}"

    month = timedelta(days=days)
    return [
        Kind("15 min of one host", [path(timedelta(minutes=15)) for _ in range(PATHS)]),
        Kind("24 h of one host", [path(timedelta(days=1)) for _ in range(PATHS)]),
        Kind("30 days of one host", [path(month) for _ in range(PATHS)]),
        Kind("30 days x all hosts, one column", [path(month, host="*") for _ in range(PATHS)]),
        Kind("top 10 now", [top() for _ in range(PATHS)], stored=False),
        Kind("CSV of 1 million values", [export() for _ in range(20)], "text/csv", clients=(1, 4)),
    ]


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
