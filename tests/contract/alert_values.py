"""Examples of what the buckets of alerting hold, and the golden file that holds them as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgpack

from shared.alerts.channel import Channel, decode_channel, encode_channel
from shared.alerts.notified import Notified
from shared.alerts.routing import decode_routing, encode_routing, routing_from
from shared.alerts.rule_encoding import decode_rule, encode_rule, rule_from
from shared.alerts.silence import decode_silence, encode_silence, silence_from
from shared.alerts.state import State
from shared.settings import Secret
from shared.subjects import (
    ALERT_CHANNELS_BUCKET,
    ALERT_ROUTES_BUCKET,
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    NOTIFIED_BUCKET,
    ROUTES_KEY,
    SILENCES_BUCKET,
    alert_key,
    bucket_subject,
    token,
)
from shared.wire.alert_state import decode_notified, decode_state, encode_notified, encode_state

GOLDEN = Path(__file__).parent / "alert_values.json"
BEGUN = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
NEWEST = BEGUN + timedelta(minutes=1, microseconds=250_000)
ALERT_KEY = alert_key("disk", "web-1.example.com", "system=2C=2F=2C=2Fdev=2Fvda1")


@dataclass(frozen=True, slots=True)
class Example:
    """One value, where it stands, and how it is written and read."""

    subject: str
    value: Any
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


RULE = rule_from(
    {
        "name": "disk", "description": "A file system is nearly full.", "family": "disk", "column": "used_percent",
        "warning": 80, "critical": 90, "for_seconds": 60, "labels": {"mount": ["/", "/var*"]},
        "channels": {"critical": ["On call"]}, "overrides": [{"hosts": ["db-*"], "warning": None, "critical": 95}],
    }
)  # fmt: skip
SILENCE = silence_from(
    {
        "id": "night-work", "hosts": ["db-*"], "start": "2026-11-21T00:00:00Z", "who": "kim", "reason": "백업",
        "recurrence": {"weekdays": ["sun"], "start": "02:00", "minutes": 120, "zone": "Asia/Seoul"},
    }
)  # fmt: skip
ROUTING = routing_from(
    {
        "routes": [{"channels": ["On call"], "levels": ["critical"], "hours": [22, 6]}, {"channels": ["mail"]}],
        "resend_every_seconds": 3_600,
        "escalations": [{"after_seconds": 900, "channels": ["boss"]}],
    }
)
CHANNEL = Channel(name="On call", urls=(Secret("json://example.com/hook"), Secret("mailto://me:secret@example.com")))
EXAMPLES: dict[str, Example] = {
    "rule": Example(
        bucket_subject(ALERT_RULES_BUCKET, token("disk")), RULE, encode_rule, lambda body: decode_rule(body, "disk")
    ),
    "silence": Example(bucket_subject(SILENCES_BUCKET, SILENCE.id), SILENCE, encode_silence, decode_silence),
    "routes": Example(bucket_subject(ALERT_ROUTES_BUCKET, ROUTES_KEY), ROUTING, encode_routing, decode_routing),
    "channel": Example(
        bucket_subject(ALERT_CHANNELS_BUCKET, token("On call")), CHANNEL, encode_channel,
        lambda body: decode_channel(body, "On call"),
    ),
    "state": Example(
        bucket_subject(ALERT_STATE_BUCKET, ALERT_KEY),
        State("firing", "warning", BEGUN, NEWEST, critical_since=NEWEST, incident_since=BEGUN),
        encode_state, decode_state,
    ),
    "state, ok": Example(
        bucket_subject(ALERT_STATE_BUCKET, ALERT_KEY), State("ok", None, BEGUN, NEWEST), encode_state, decode_state
    ),
    "notified": Example(
        bucket_subject(NOTIFIED_BUCKET, ALERT_KEY),
        Notified("firing", "critical", BEGUN, BEGUN, NEWEST, NEWEST, (1, 0), True),
        encode_notified, decode_notified,
    ),
}  # fmt: skip


def rendered() -> dict[str, Any]:
    """Return each example as another program reads it, and its bytes."""
    return {name: _rendered(example) for name, example in EXAMPLES.items()}


def _rendered(example: Example) -> dict[str, Any]:
    body = example.encode(example.value)
    plain = json.loads(json.dumps(msgpack.unpackb(body, timestamp=3), default=str))
    return {"subject": example.subject, "plain": plain, "body": body.hex()}


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(rendered(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
