"""What each user of the bus may say and hear; the broker refuses everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.subjects import (
    ACCOUNT,
    ALERT_CHANNELS_BUCKET,
    ALERT_CURSOR_BUCKET,
    ALERT_ROUTES_BUCKET,
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    ALERTS,
    BACKFILL,
    CHANNEL_TESTS,
    DEAD,
    DURABLE,
    EVALUATOR_KEY,
    HOSTS_ACCOUNT,
    HOSTS_BUCKET,
    HOSTS_STREAM,
    LEASES_BUCKET,
    METRICS,
    NOTIFIED_BUCKET,
    NOTIFIER_KEY,
    ROUTES_KEY,
    SEEDED_KEY,
    SILENCES_BUCKET,
    Role,
    bucket_stream,
    bucket_subject,
    dead_subject,
    host_name,
    host_user,
    inbox_prefix,
    standby_key,
    token,
)

SAID_BY_HOSTS = ("metrics.>", "backfill.>", bucket_subject(HOSTS_BUCKET, "*"))
"""All that goes from the account of the hosts into the other; each host's user may say its own part of it."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one bus user may publish and subscribe to; everything else is refused by the broker.

    `publish_denied` is refused although `publish` would allow it. The user stands in `account`.
    """

    user: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    publish_denied: tuple[str, ...] = ()
    account: str = ACCOUNT


def host_permissions(host: str) -> Permissions:
    """Return what a host's credential may do: speak for itself, hear what is asked of it.

    It stands in an account of its own: the broker answers on whatever subject a publisher names, without asking whether
    that one may be said, and in the account of the streams such an answer would be stored in another's name.
    """
    name = token(host_name(host))
    user = host_user(host)
    return Permissions(
        user,
        publish=(f"metrics.{name}.>", f"backfill.{name}.>", bucket_subject(HOSTS_BUCKET, name)),
        subscribe=(f"control.{name}.>", f"{inbox_prefix(user)}.>"),
        account=HOSTS_ACCOUNT,
    )


def role_permissions(role: Role) -> Permissions:
    """Return what the bus user of a role may do."""
    return Permissions(
        role,
        publish=_PUBLISH.get(role, ()),
        subscribe=(*_SUBSCRIBE.get(role, ()), f"{inbox_prefix(role)}.>"),
        publish_denied=_DENIED.get(role, ()),
    )


def _how_far(stream: str) -> tuple[str, str]:
    """Return the subjects on which the broker tells what a stream holds, and how far ingest is in it."""
    return f"$JS.API.STREAM.INFO.{stream}", f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}"


def _consumed(stream: str) -> tuple[str, ...]:
    """Return the subjects that ingest's own consumer of a stream needs."""
    return *_how_far(stream), f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{DURABLE}", f"$JS.ACK.{stream}.{DURABLE}.>"


def _followed(*streams: str) -> Iterator[str]:
    """Yield the subjects that reading streams by consumers of one's own needs."""
    for stream in streams:
        yield f"$JS.API.CONSUMER.CREATE.{stream}.>"
        yield f"$JS.API.CONSUMER.DELETE.{stream}.>"
        yield f"$JS.API.CONSUMER.MSG.NEXT.{stream}.>"


def _last(stream: str, subject: str) -> str:
    """Return the subject on which the broker tells the last message on a subject."""
    return f"$JS.API.DIRECT.GET.{stream}.{subject}"


def _lease(key: str) -> tuple[str, str, str]:
    """Return the subjects that holding a lease needs, written behind what stands there, and standing by."""
    subject = bucket_subject(LEASES_BUCKET, key)
    return subject, bucket_subject(LEASES_BUCKET, standby_key(key)), _last(bucket_stream(LEASES_BUCKET), subject)


def _not_of_ingest(*streams: str) -> Iterator[str]:
    """Yield what must be denied, as the broker cannot allow names by prefix: to alter, drain or delete its consumer."""
    for stream in streams:
        for verb in ("CREATE", "DELETE", "MSG.NEXT"):
            yield f"$JS.API.CONSUMER.{verb}.{stream}.{DURABLE}"
            yield f"$JS.API.CONSUMER.{verb}.{stream}.{DURABLE}.>"


_CONFIGURED = (ALERT_RULES_BUCKET, SILENCES_BUCKET, ALERT_ROUTES_BUCKET)
"""Buckets of what people set, but for channels."""

_CURSOR = bucket_subject(ALERT_CURSOR_BUCKET, EVALUATOR_KEY)

_PUBLISH: Mapping[Role, tuple[str, ...]] = {
    "provision": (
        "$JS.API.>",
        bucket_subject(ALERT_RULES_BUCKET, "*"),
        bucket_subject(ALERT_CURSOR_BUCKET, SEEDED_KEY),
    ),
    "ingest": ("dead.>", *_consumed(METRICS), *_consumed(BACKFILL), *_consumed(ALERTS)),
    "alerting": (
        # What stands last on a subject is the fence that the next is published behind.
        "alerts.*.*.*",
        _last(ALERTS, "alerts.*.*.*"),
        *_lease(EVALUATOR_KEY),
        _CURSOR,
        _last(bucket_stream(ALERT_CURSOR_BUCKET), _CURSOR),
        bucket_subject(ALERT_STATE_BUCKET, "*.*.*"),
        f"$JS.API.STREAM.INFO.{METRICS}",
        *_followed(METRICS, *map(bucket_stream, (HOSTS_BUCKET, ALERT_RULES_BUCKET, ALERT_STATE_BUCKET))),
    ),
    "notifier": (
        bucket_subject(NOTIFIED_BUCKET, "*.*.*"),
        dead_subject(ALERTS),
        # What became of a test message, which nobody but the API may ask for.
        f"{inbox_prefix('api')}.>",
        *_lease(NOTIFIER_KEY),
        *_followed(ALERTS, *map(bucket_stream, (HOSTS_BUCKET, *_CONFIGURED, ALERT_CHANNELS_BUCKET, NOTIFIED_BUCKET))),
    ),
    "api": (
        f"$JS.API.STREAM.INFO.{BACKFILL}",
        # One message by its number tells how long the oldest one waits to be stored.
        *(f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}" for stream in (METRICS, BACKFILL)),
        *(f"$JS.API.STREAM.MSG.GET.{stream}" for stream in (METRICS, BACKFILL)),
        *(f"$JS.API.STREAM.INFO.{stream}" for stream in (METRICS, HOSTS_STREAM)),
        *_followed(METRICS, HOSTS_STREAM),
        "alerts.*.*.*.act",
        # No consumer here either: none could be held to transitions, since a `*` of a permission also allows `>`.
        *(f"$JS.API.STREAM.{verb}.{ALERTS}" for verb in ("INFO", "MSG.GET")),
        bucket_subject(ALERT_RULES_BUCKET, "*"),
        bucket_subject(SILENCES_BUCKET, "*"),
        bucket_subject(ALERT_ROUTES_BUCKET, ROUTES_KEY),
        # Addresses are secrets: it may replace a channel and list their names, and reads none.
        bucket_subject(ALERT_CHANNELS_BUCKET, "*"),
        f"$JS.API.STREAM.INFO.{bucket_stream(ALERT_CHANNELS_BUCKET)}",
        CHANNEL_TESTS,
        # Whether anybody decides and tells, for health; also only single messages.
        f"$JS.API.STREAM.MSG.GET.{bucket_stream(LEASES_BUCKET)}",
        # Of what it writes itself it gets single values, wrapped in JSON, and has no consumer: see ARCHITECTURE.md.
        *(f"$JS.API.STREAM.{verb}.{bucket_stream(bucket)}" for bucket in _CONFIGURED for verb in ("INFO", "MSG.GET")),
    ),
    # Reads one message at a time, deletes it, and says again what any host said: as a command of an operator only.
    "dead_letters": (
        *(f"$JS.API.STREAM.{verb}.{DEAD}" for verb in ("INFO", "MSG.GET", "MSG.DELETE")),
        # Whether ingest has judged all that an earlier command published.
        *_how_far(METRICS),
        *_how_far(BACKFILL),
        "metrics.*.*",
        "backfill.*.*",
    ),
    # The broker cannot allow names by prefix, or it could be held to the names that it invents.
    "simulator": ("metrics.>", "backfill.>", bucket_subject(HOSTS_BUCKET, "*")),
}  # fmt: skip

_SUBSCRIBE: Mapping[Role, tuple[str, ...]] = {
    "notifier": (CHANNEL_TESTS,),
    "api": (
        "metrics.>",
        "alerts.*.*.*",
        "alerts.*.*.*.act",
        *(bucket_subject(bucket, ">") for bucket in (HOSTS_BUCKET, *_CONFIGURED)),
    ),
    "subscriber": ("metrics.>", "alerts.>"),
}

_DENIED: Mapping[Role, tuple[str, ...]] = {
    "alerting": tuple(_not_of_ingest(METRICS)),
    "notifier": tuple(_not_of_ingest(ALERTS)),
    "api": tuple(_not_of_ingest(METRICS)),
}
