"""Examples of what alerting says on the bus, and the golden file that holds them as bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgpack
import msgspec

from shared.wire.alert import AlertAct, AlertEvent, AlertTransition, encode_alert, event_subject

GOLDEN = Path(__file__).parent / "alert_messages.json"

PLACE: dict[str, Any] = {"rule": "disk", "host": "web-1.example.com", "series": "system=2C=2F=2C=2Fdev=2Fvda1"}
INCIDENT = "disk-3f9a0c5b7d1e2f4a6b8c0d12"
EXAMPLES: dict[str, AlertEvent] = {
    "transition": AlertTransition(
        id="disk:web-1=2Eexample=2Ecom:system=2C=2F=2C=2Fdev=2Fvda1:firing:critical:20261121T120005.000000Z",
        incident=INCIDENT,
        **PLACE,
        source="system",
        labels={"mount": "/", "device": "/dev/vda1"},
        kind="threshold",
        family="disk",
        column="used_percent",
        unit="percent",
        status="firing",
        level="critical",
        value=92.5,
        threshold=90.0,
        since=datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC),
        time=datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC),
    ),
    "end without a value": AlertTransition(
        id="host_silent:db-1:host:ok:critical:20261121T121000.250000Z",
        incident="host_silent-000102030405060708090a0b",
        rule="host_silent",
        host="db-1",
        series="host",
        kind="absence",
        status="ok",
        level="critical",
        threshold=15.0,
        since=datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC),
        time=datetime(2026, 11, 21, 12, 10, 0, 250_000, tzinfo=UTC),
        reason="rule removed",
    ),
    "act": AlertAct(
        id="01J9",
        incident=INCIDENT,
        **PLACE,
        act="acknowledged",
        who="kim",
        comment="On it: 로그를 지우는 중입니다.",
        time=datetime(2026, 11, 21, 12, 1, 0, tzinfo=UTC),
    ),
}


def rendered() -> dict[str, Any]:
    """Return each example as another program reads it, its bytes, and every field with its type."""
    return {
        name: {
            "subject": event_subject(event),
            "plain": json.loads(json.dumps(msgpack.unpackb(encode_alert(event), timestamp=3), default=str)),
            "body": encode_alert(event).hex(),
            "fields": {field.encode_name: field.required for field in msgspec.structs.fields(event)},
        }
        for name, event in EXAMPLES.items()
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(rendered(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
