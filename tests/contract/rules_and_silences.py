"""Examples of rules and silences as their buckets hold them, and the golden file that holds them as bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgpack
import msgspec

from shared.alerts.rule import Override, Rule
from shared.alerts.rule_encoding import encode_rule
from shared.alerts.silence import Recurrence, Silence, encode_silence

GOLDEN = Path(__file__).parent / "rules_and_silences.json"

EXAMPLES: dict[str, Rule | Silence] = {
    "rule": Rule(name="cpu", family="cpu", column="total_percent", warning=80.0),
    "rule of absence": Rule(name="host_silent", kind="absence", critical=15.0, intervals_min=5.0),
    "rule with everything": Rule(
        name="disk_full_soon",
        description="At this pace a file system is full within a day: 디스크가 곧 찹니다.",
        enabled=False,
        kind="forecast",
        family="disk",
        column="used_percent",
        aggregate="max",
        warning=86_400.0,
        critical=14_400.0,
        for_seconds=1_800.0,
        clear=600.0,
        window_seconds=21_600.0,
        target=100.0,
        hosts=("web-*", "db-1"),
        tags={"rack": ("7", "8*")},
        labels={"mount": ("/", "/srv/*")},
        channels={"critical": ("pager",)},
        overrides=(
            Override(hosts=("db-*",), enabled=True, warning=None, critical=7_200.0, for_seconds=0.0, clear=60.0),
        ),
    ),
    "rule of a deviation below": Rule(
        name="load",
        kind="deviation",
        family="cpu",
        column="load_1m_average",
        comparison="below",
        warning=-4.0,
        window_seconds=3_600.0,
        spread_min=0.5,
    ),
    "silence": Silence(
        id="01J9",
        start=datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC),
        end=datetime(2026, 11, 23, 13, 0, 0, 250_000, tzinfo=UTC),
        who="kim",
        reason="A new disk: 디스크를 바꿉니다.",
    ),
    "silence that recurs": Silence(
        id="backup",
        hosts=("db-*",),
        rules=("disk*", "cpu"),
        start=datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC),
        recurrence=Recurrence(weekdays=("sat", "sun"), start="02:30", minutes=90, zone="Asia/Seoul"),
        who="kim",
        reason="Backups.",
    ),
}


def encoded(example: Rule | Silence) -> bytes:
    """Return an example as its bucket holds it."""
    return encode_rule(example) if isinstance(example, Rule) else encode_silence(example)


def rendered() -> dict[str, Any]:
    """Return each example as another program reads it, its bytes, and every field with whether it must be there."""
    return {
        name: {
            "plain": json.loads(json.dumps(msgpack.unpackb(encoded(example), timestamp=3), default=str)),
            "body": encoded(example).hex(),
            "fields": {field.encode_name: field.required for field in msgspec.structs.fields(example)},
        }
        for name, example in EXAMPLES.items()
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(rendered(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
