"""What each bus user may say and hear is exactly the contract; the broker's own answer is asked elsewhere."""

from __future__ import annotations

import pytest

from shared.permissions import Permissions, host_permissions, role_permissions
from shared.streams import streams
from shared.subjects import CHANNEL_TESTS, ROLES, SIMULATOR, Role, channel_test_subject

EVERY_ROLE: tuple[Role, ...] = (*ROLES, SIMULATOR)
BUCKETS = ("alert_rules", "silences", "alert_routes", "alert_channels", "alert_state", "notified", "leases",
           "alert_cursor")  # fmt: skip


def matches(pattern: str, subject: str) -> bool:
    """Return whether a subject is one of a pattern's, as the broker compares them."""
    wanted, there = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        there = there[: len(wanted)] if len(there) > len(wanted) else []
    return len(wanted) == len(there) and all(one in ("*", other) for one, other in zip(wanted, there, strict=True))


def may_publish(role: Role, subject: str) -> bool:
    found = role_permissions(role)
    return any(matches(pattern, subject) for pattern in found.publish) and not any(
        matches(pattern, subject) for pattern in found.publish_denied
    )


def may_hear(role: Role, subject: str) -> bool:
    return any(matches(pattern, subject) for pattern in role_permissions(role).subscribe)


def may_read(role: Role, stream: str, key: str) -> bool:
    """Return whether a role has any way to what a stream holds on a subject."""
    ways = (f"CONSUMER.CREATE.{stream}.x", f"STREAM.MSG.GET.{stream}", f"DIRECT.GET.{stream}",
            f"DIRECT.GET.{stream}.{key}")  # fmt: skip
    return any(may_publish(role, f"$JS.API.{way}") for way in ways) or may_hear(role, key)


def test_a_host_may_speak_for_itself_and_hear_itself_and_nothing_else() -> None:
    assert host_permissions("web-1.example.com") == Permissions(
        "host-web-1=2Eexample=2Ecom",
        publish=(
            "metrics.web-1=2Eexample=2Ecom.>", "backfill.web-1=2Eexample=2Ecom.>", "$KV.hosts.web-1=2Eexample=2Ecom",
        ),
        subscribe=("control.web-1=2Eexample=2Ecom.>", "_INBOX_host-web-1=2Eexample=2Ecom.>"),
        account="HOSTS",
    )  # fmt: skip


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_every_role_has_an_inbox_of_its_own_and_no_right_to_everything(role: Role) -> None:
    permissions = role_permissions(role)
    assert permissions.user == role
    assert permissions.account == "VITALWIRE"
    assert f"_INBOX_{role}.>" in permissions.subscribe
    assert not {">", "*", "_INBOX.>", "$JS.>"} & {*permissions.publish, *permissions.subscribe}


def test_a_subscriber_reads_metrics_and_alerts_and_says_nothing() -> None:
    assert role_permissions("subscriber") == Permissions(
        "subscriber", subscribe=("metrics.>", "alerts.>", "_INBOX_subscriber.>")
    )


def test_a_simulator_says_what_collectors_say_for_any_host_and_hears_answers() -> None:
    assert role_permissions(SIMULATOR) == Permissions(
        "simulator", publish=("metrics.>", "backfill.>", "$KV.hosts.*"), subscribe=("_INBOX_simulator.>",)
    )


def test_dead_letters_are_read_deleted_and_published_again_by_a_user_that_hears_nothing_else() -> None:
    assert role_permissions("dead_letters") == Permissions(
        "dead_letters",
        publish=(
            "$JS.API.STREAM.INFO.DEAD", "$JS.API.STREAM.MSG.GET.DEAD", "$JS.API.STREAM.MSG.DELETE.DEAD",
            "$JS.API.STREAM.INFO.METRICS", "$JS.API.CONSUMER.INFO.METRICS.ingest",
            "$JS.API.STREAM.INFO.BACKFILL", "$JS.API.CONSUMER.INFO.BACKFILL.ingest",
            "metrics.*.*", "backfill.*.*",
        ),
        subscribe=("_INBOX_dead_letters.>",),
    )  # fmt: skip


def test_only_provision_may_use_the_whole_jetstream_api() -> None:
    assert [role for role in EVERY_ROLE if "$JS.API.>" in role_permissions(role).publish] == ["provision"]


@pytest.mark.parametrize(
    ("subject", "roles"),
    [
        ("alerts.disk.web-1.system", "alerting"),
        ("alerts.disk.web-1.system.act", "api"),
        ("alerts.disk.web-1", ""),
        ("$KV.alert_rules.disk", "provision api"),
        ("$KV.alert_rules.disk.more", ""),
        ("$KV.silences.one", "api"),
        ("$KV.alert_routes.routes", "api"),
        ("$KV.alert_routes.other", ""),
        ("$KV.alert_channels.pager", "api"),
        ("$KV.alert_state.disk.web-1.system", "alerting"),
        ("$KV.alert_state.disk", ""),
        ("$KV.notified.disk.web-1.system", "notifier"),
        ("$KV.leases.evaluator", "alerting"),
        ("$KV.leases.notifier", "notifier"),
        ("$KV.leases.evaluator.standby", "alerting"),
        ("$KV.leases.notifier.standby", "notifier"),
        ("$KV.leases.other", ""),
        ("$KV.alert_cursor.evaluator", "alerting"),
        ("$KV.alert_cursor.seeded", "provision"),
        ("notifier.test.pager", "api"),
        ("notifier.test.pager.more", ""),
        ("_INBOX_api.abc.def", "notifier"),
        ("_INBOX_alerting.abc", ""),
        ("dead.alerts", "ingest notifier"),
        ("dead.metrics", "ingest"),
    ],
)
def test_who_says_what_of_alerts(subject: str, roles: str) -> None:
    assert [role for role in EVERY_ROLE if may_publish(role, subject)] == roles.split()


@pytest.mark.parametrize(
    ("stream", "subject", "roles"),
    [
        ("ALERTS", "alerts.disk.web-1.system", "provision alerting notifier api subscriber"),
        ("ALERTS", "alerts.disk.web-1.system.act", "provision notifier api subscriber"),
        ("KV_alert_rules", "$KV.alert_rules.disk", "provision alerting notifier api"),
        ("KV_silences", "$KV.silences.one", "provision notifier api"),
        ("KV_alert_routes", "$KV.alert_routes.routes", "provision notifier api"),
        ("KV_alert_channels", "$KV.alert_channels.pager", "provision notifier"),
        ("KV_alert_state", "$KV.alert_state.disk.web-1.system", "provision alerting"),
        ("KV_notified", "$KV.notified.disk.web-1.system", "provision notifier"),
        ("KV_leases", "$KV.leases.evaluator", "provision alerting api"),
        ("KV_leases", "$KV.leases.notifier", "provision notifier api"),
        ("KV_alert_cursor", "$KV.alert_cursor.evaluator", "provision alerting"),
        ("KV_alert_cursor", "$KV.alert_cursor.seeded", "provision"),
    ],
)
def test_who_reads_what_of_alerts(stream: str, subject: str, roles: str) -> None:
    assert [role for role in EVERY_ROLE if may_read(role, stream, subject)] == roles.split()


def test_only_the_notifier_hears_that_a_channel_is_to_be_tried() -> None:
    assert channel_test_subject("On call, 24/7") == "notifier.test.On=20call=2C=2024=2F7"
    for subject in (channel_test_subject("On call, 24/7"), CHANNEL_TESTS):
        assert [role for role in EVERY_ROLE if may_hear(role, subject)] == ["notifier"]


def test_every_bucket_of_alerting_is_listed() -> None:
    made = {stream.name for stream in streams(1, 1) if stream.is_bucket}
    assert made == {"KV_hosts", *(f"KV_{bucket}" for bucket in BUCKETS)}


@pytest.mark.parametrize("role", ["alerting", "notifier", "api"])
@pytest.mark.parametrize("stream", ["METRICS", "BACKFILL", "ALERTS"])
@pytest.mark.parametrize("verb", ["CREATE", "DELETE", "MSG.NEXT"])
def test_nobody_reaches_the_consumer_of_ingest(role: Role, stream: str, verb: str) -> None:
    for rest in ("ingest", "ingest.metrics.web-1.system"):
        assert not may_publish(role, f"$JS.API.CONSUMER.{verb}.{stream}.{rest}")


@pytest.mark.parametrize("stream", ["METRICS", "BACKFILL", "ALERTS"])
def test_ingest_reads_a_stream_by_its_own_consumer_alone_and_says_nothing_there(stream: str) -> None:
    asked = ("STREAM.INFO.{}", "CONSUMER.INFO.{}.ingest", "CONSUMER.MSG.NEXT.{}.ingest", "CONSUMER.MSG.NEXT.{}.other",
             "CONSUMER.CREATE.{}.ingest", "CONSUMER.DELETE.{}.ingest", "STREAM.MSG.GET.{}", "STREAM.PURGE.{}",
             "DIRECT.GET.{}")  # fmt: skip
    assert [verb for verb in asked if may_publish("ingest", f"$JS.API.{verb.format(stream)}")] == [*asked[:3]]
    assert may_publish("ingest", f"$JS.ACK.{stream}.ingest.1.1.1.1.0")
    assert not may_publish("ingest", f"$JS.ACK.{stream}.other.1.1.1.1.0")
    subject = {"ALERTS": "alerts.disk.web-1.x"}.get(stream, f"{stream.lower()}.web-1.system")
    assert not may_publish("ingest", subject)


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_api_has_no_consumer_of_what_it_writes(bucket: str) -> None:
    # The broker delivers to any subject that a consumer names: what was written here would come out as a sample set.
    stream = f"KV_{bucket}"
    verbs = (f"CONSUMER.CREATE.{stream}.x", f"CONSUMER.MSG.NEXT.{stream}.x", f"DIRECT.GET.{stream}",
             f"DIRECT.GET.{stream}.$KV.{bucket}.x")  # fmt: skip
    assert [verb for verb in verbs if may_publish("api", f"$JS.API.{verb}")] == []


@pytest.mark.parametrize(
    "way",
    ["CONSUMER.CREATE.ALERTS.x", "CONSUMER.CREATE.ALERTS.x.alerts.*.*.*", "CONSUMER.CREATE.ALERTS.x.alerts.*.*.>",
     "CONSUMER.CREATE.ALERTS.x.alerts.disk.web-1.system", "CONSUMER.MSG.NEXT.ALERTS.x", "DIRECT.GET.ALERTS",
     "DIRECT.GET.ALERTS.alerts.*.*.*", "DIRECT.GET.ALERTS.alerts.disk.web-1.system"],
)  # fmt: skip
def test_the_api_reads_alerts_in_answers_that_are_no_events(way: str) -> None:
    # It writes acts into the same stream, and no permission can hold a consumer to what others write there.
    assert not may_publish("api", f"$JS.API.{way}")


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        (">", "a", True),
    ],
)
def test_subjects_are_compared_as_the_broker_does(pattern: str, subject: str, expected: bool) -> None:
    assert matches(pattern, subject) is expected
