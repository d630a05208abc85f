"""docs/bus.md says what the definitions say: families, subjects, users, keys and limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from services.collector import outbox, spooled_outbox, ticking
from services.collector.simulation import fleet
from services.ingest import breaker, dead_letters
from services.ingest.ceiling import KEPT_MIN
from services.ingest.dead import __main__ as dead_command
from services.ingest.dead import settled, shelf
from services.ingest.provenance import Provenance
from shared.alerts import channel, routing, rule, series, silence, state
from shared.alerts.route import ROUTES_MAX
from shared.families import FAMILIES
from shared.family import UNITS
from shared.permissions import role_permissions
from shared.streams import LEASE_S_MAX, NOTE_BYTES_MAX, Stream, streams
from shared.subjects import ALERTS, DEAD, INVENTORY_BYTES_MAX, ROLES, SIMULATOR, Role
from shared.wire import alert, alert_state, decode, inventory, limits
from tests.contract.catalogue import PAGE, with_catalogue

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_catalogue_is_made_from_the_definitions() -> None:
    assert with_catalogue(TEXT) == TEXT, "run: python -m tests.contract.catalogue"


def test_every_family_has_a_section() -> None:
    assert re.findall(r"^### (\w+)$", TEXT, re.MULTILINE) == list(FAMILIES)


@pytest.mark.parametrize("stream", streams(1, 1), ids=lambda stream: stream.name)
def test_every_stream_and_its_subjects_are_named(stream: object) -> None:
    name, subjects = stream.name, stream.subjects  # type: ignore[attr-defined]
    assert f"`{name}`" in TEXT
    assert all(f"`{subject.removesuffix('>')}" in TEXT for subject in subjects)


def test_every_user_unit_and_key_is_named() -> None:
    keys = [*decode._Envelope.__struct_fields__, *decode._LooseTable.__struct_fields__]
    keys += inventory.Inventory.__struct_fields__
    keys += ["event", *alert.AlertTransition.__struct_fields__, *alert.AlertAct.__struct_fields__]
    words = [*ROLES, SIMULATOR, *keys, *(f"_{unit}" for unit in UNITS)]
    assert [word for word in words if f"`{word}`" not in TEXT] == []


@pytest.mark.parametrize(
    "limit",
    [
        f"| body | {limits.BODY_BYTES_MAX:,} bytes |",
        f"| families in a sample set | {limits.FAMILIES_MAX} |",
        f"| columns in a table | {limits.COLUMNS_MAX} |",
        f"| rows of one family | {limits.ROWS_MAX:,} |",
        f"| text of a label | {limits.TEXT_BYTES_MAX} bytes of UTF-8 without NUL |",
        f"above 0 to {limits.INTERVAL_SECONDS_MAX:.0f} |",
        f"| `session` | text | 1 to {limits.SESSION_BYTES_MAX} visible ASCII characters",
        f"at most {limits.REAL_MAX:g}".replace("e+", "e"),
        f"contract of that stream, version {limits.VERSION}.",
        f"not confirmed it within {outbox.CONFIRM_S_MAX:.0f} s",
        f"older than {limits.LIVE_SECONDS_MAX} s goes to `backfill",
        f"within {spooled_outbox.SYNC_S:.0f} s of confirming it",
        f"The first {ticking.YOUNG_MAX} sample sets of a session carry",
        f"({outbox.WAITING_MAX} sample sets, {outbox.WAITING_BYTES_MAX // 1024**2} MiB)",
        f"may set aside {dead_letters.BURST_MAX} such messages, then {dead_letters.REFILL_PER_S * 60:.0f} a minute",
        f"when the broker received them more than {limits.LIVE_SECONDS_MAX} s ago",
        f"older\nthan {KEPT_MIN.total_seconds() / 3600:.0f} h is left unless `--days-max` says",
        f"`retry` waits up to\n{settled.SETTLE_S_MAX} s until",
        f"publishes {dead_command.SENT_MAX:,} at most and looks at\n{shelf.LOOKUPS_MAX:,} messages",
        f"the newest {dead_command.LISTED_MAX}, and how many",
        f"at least {breaker.HOSTS_REFUSED_MIN} hosts",
        f"for {breaker.OPEN_S_MAX / 3600:.0f} hours at most",
        f"At most {INVENTORY_BYTES_MAX:,} bytes;",
        f"({fleet.FLEET_WAITING_MAX:,} sample sets, {fleet.FLEET_WAITING_BYTES_MAX // 1024**2} MiB)",
    ],
)
def test_the_limits_are_those_of_the_code(limit: str) -> None:
    assert limit in TEXT


def test_every_header_of_a_dead_letter_is_named() -> None:
    headers = dead_letters.headers_of("metrics.a.b", "why", Provenance("METRICS", 7, datetime.now(UTC), 0), 1, 1)
    assert [name for name in headers if f"`{name}`" not in TEXT] == []
    [dead] = [stream for stream in streams(1, 1) if stream.name == DEAD]
    assert f"keeps {dead.age_s_max // 86_400} days, within {dead.bytes_max // 1024**2} MiB" in TEXT


def test_every_word_of_an_event_is_named() -> None:
    words = [*get_args(rule.Kind), *get_args(rule.Level), *get_args(state.Reason), *get_args(alert.Act)]
    assert [word for word in words if f"`{word}`" not in TEXT] == []


@pytest.mark.parametrize(
    "limit",
    [
        f"`_` and `-`, at most {alert.INCIDENT_CHARACTERS_MAX} |",
        f"| 1 to {series.SERIES_TOKEN_CHARACTERS_MAX} characters of a token",
        f"| `who` | text | 1 to {alert.WHO_CHARACTERS_MAX} characters |",
        f"| `comment` | text | at most {alert.COMMENT_CHARACTERS_MAX:,} characters |",
        f"An event is at most {alert.ALERT_BYTES_MAX:,} bytes, with at most {alert.ALERT_LABELS_MAX} labels.",
        f"at most {ROUTES_MAX} routes (",
        f"the 1 to {channel.URLS_MAX} addresses behind it",
        f"gone {LEASE_S_MAX} s after the last renewal",
    ],
)
def test_the_limits_of_alerts_are_those_of_the_code(limit: str) -> None:
    assert limit in TEXT


BUCKETS = {
    "alert_rules": (f"{rule.RULES_MAX}, ", rule.RULE_BYTES_MAX),
    "silences": (f"{silence.SILENCES_MAX:,}, ", silence.SILENCE_BYTES_MAX),
    "alert_routes": ("", routing.ROUTING_BYTES_MAX),
    "alert_channels": (f"{rule.CHANNELS_MAX}, ", channel.CHANNEL_BYTES_MAX),
    "alert_state": ("", alert_state.STATE_BYTES_MAX),
    "notified": ("", alert_state.NOTIFIED_BYTES_MAX),
    "leases": ("", NOTE_BYTES_MAX),
    "alert_cursor": ("", NOTE_BYTES_MAX),
}
"""Bucket → how many keys it may hold, where that is limited, and what a value may take."""


@pytest.mark.parametrize(
    "stream", [each for each in streams(1, 1) if each.is_bucket and each.name != "KV_hosts"], ids=lambda each: each.name
)
def test_the_bounds_of_a_bucket_are_told(stream: Stream) -> None:
    bucket = stream.name.removeprefix("KV_")
    (row,) = re.findall(rf"^\| `\$KV\.{bucket}\..*$", TEXT, re.MULTILINE)
    keys, value_bytes_max = BUCKETS[bucket]
    assert f" | {keys}{stream.bytes_max // 1024**2} MiB | {value_bytes_max // 1024} KiB | " in row


def test_alerts_are_kept_as_long_as_is_told() -> None:
    [alerts] = [stream for stream in streams(1, 1) if stream.name == ALERTS]
    assert f"`ALERTS` keeps {alerts.age_s_max // 86_400} days, within {alerts.bytes_max // 1024**2} MiB;" in TEXT


@pytest.mark.parametrize("role", [*ROLES, SIMULATOR])
def test_what_a_user_says_is_told(role: Role) -> None:
    (row,) = re.findall(rf"^\| `{role}`[,| ].*$", TEXT, re.MULTILINE)
    said = [subject for subject in role_permissions(role).publish if not subject.startswith("$JS.")]
    assert [subject for subject in said if f"`{subject}`" not in row] == []
