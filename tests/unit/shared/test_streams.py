"""Streams and buckets take every subject once, and each is bounded in every direction."""

from __future__ import annotations

import pytest

from services.ingest.provisioning.streams import stream_config
from shared.alerts.rule import RULES_MAX
from shared.streams import LEASE_S_MAX, Stream, streams

MIB = 1024**2
MADE = {stream.name: stream for stream in streams(1_000, 2_000)}
SUBJECTS = {
    "METRICS": ("metrics.>",),
    "BACKFILL": ("backfill.>",),
    "DEAD": ("dead.>",),
    "ALERTS": ("alerts.>",),
    "KV_hosts": ("$KV.hosts.>",),
    "KV_alert_rules": ("$KV.alert_rules.>",),
    "KV_silences": ("$KV.silences.>",),
    "KV_alert_routes": ("$KV.alert_routes.>",),
    "KV_alert_channels": ("$KV.alert_channels.>",),
    "KV_alert_state": ("$KV.alert_state.>",),
    "KV_notified": ("$KV.notified.>",),
    "KV_leases": ("$KV.leases.>",),
    "KV_alert_cursor": ("$KV.alert_cursor.>",),
}


def test_streams_take_every_subject_once() -> None:
    assert {name: stream.subjects for name, stream in MADE.items()} == SUBJECTS


def test_the_settings_and_the_nodes_reach_their_streams() -> None:
    assert (MADE["METRICS"].bytes_max, MADE["BACKFILL"].bytes_max) == (1_000, 2_000)
    assert MADE["METRICS"].age_s_max == 86_400
    assert {stream.replicas for stream in MADE.values()} == {1}
    assert {stream.replicas for stream in streams(1, 1, replicas=3)} == {3}


@pytest.mark.parametrize("stream", MADE.values(), ids=MADE)
def test_each_is_bounded(stream: Stream) -> None:
    assert stream.bytes_max > 0
    assert stream.age_s_max > 0 or stream.is_bucket
    # The broker refuses a stream that would remember a message for longer than it keeps it.
    assert stream.age_s_max == 0 or stream.duplicate_window_s <= stream.age_s_max


@pytest.mark.parametrize("bucket", [stream for stream in MADE.values() if stream.is_bucket], ids=lambda each: each.name)
def test_a_bucket_holds_one_bounded_value_a_key_and_gives_single_ones(bucket: Stream) -> None:
    assert bucket.name.startswith("KV_")
    assert bucket.messages_per_subject_max == 1
    assert bucket.direct
    assert 0 < bucket.message_bytes_max < bucket.bytes_max
    config = stream_config(bucket)
    assert (config.discard, config.deny_delete, config.allow_rollup_hdrs) == ("new", True, False)


@pytest.mark.parametrize(
    ("name", "bytes_max", "age_s_max", "message_bytes_max", "may_expire"),
    [
        ("ALERTS", 256 * MIB, 30 * 86_400, 34_816, False),
        ("KV_hosts", 64 * MIB, 0, 66_560, False),
        ("KV_alert_rules", 32 * MIB, 0, 263_168, True),
        ("KV_silences", 16 * MIB, 0, 66_560, True),
        ("KV_alert_routes", 4 * MIB, 0, 525_312, False),
        ("KV_alert_channels", 8 * MIB, 0, 66_560, True),
        ("KV_alert_state", 128 * MIB, 0, 5_120, True),
        ("KV_notified", 64 * MIB, 0, 5_120, True),
        ("KV_leases", MIB, LEASE_S_MAX, 17_408, False),
        ("KV_alert_cursor", MIB, 0, 17_408, False),
    ],
)
def test_the_bounds_of_alerting(
    name: str, bytes_max: int, age_s_max: int, message_bytes_max: int, may_expire: bool
) -> None:
    stream = MADE[name]
    found = (stream.bytes_max, stream.age_s_max, stream.message_bytes_max, stream.may_expire)
    assert found == (bytes_max, age_s_max, message_bytes_max, may_expire)
    assert bool(stream_config(stream).allow_msg_ttl) is may_expire


def test_rules_of_a_usual_size_fit_their_bucket() -> None:
    assert MADE["KV_alert_rules"].bytes_max > RULES_MAX * 16 * 1024
