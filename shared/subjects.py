"""Every subject, stream, bucket and durable name, and what each role may say and hear on the bus."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
HOST_BYTES_MAX = 253
SOURCE_BYTES_MAX = 64
INVENTORY_BYTES_MAX = 64 * 1024

ACCOUNT = "VITALWIRE"
SYSTEM_SOURCE = "system"
DURABLE = "ingest"

METRICS = "METRICS"
BACKFILL = "BACKFILL"
DEAD = "DEAD"
HOSTS_BUCKET = "hosts"
HOSTS_STREAM = f"KV_{HOSTS_BUCKET}"


class TokenError(ValueError):
    """A text cannot be a host name or source, or a token is not one of ours. Say what is accepted; do not retry."""


def token(text: str) -> str:
    """Return text as one subject token or key: every UTF-8 byte outside [A-Za-z0-9_-] becomes =XX; reversible."""
    if not text:
        raise TokenError("an empty text has no token; expected at least one character")
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise TokenError(f"{text[:80]!r} has no token: it is not valid UTF-8") from error
    return "".join(chr(byte) if byte in _SAFE else f"={byte:02X}" for byte in encoded)


def untoken(text: str) -> str:
    """Return the text that token() was given; raise TokenError when it could not have made this token."""
    if _TOKEN.fullmatch(text) is None:
        raise TokenError(f"{text!r} is no token: expected [A-Za-z0-9_-] and =XX")
    try:
        plain = re.sub(rb"=([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode()).decode()
    except UnicodeDecodeError as error:
        raise TokenError(f"{text!r} is no token: it does not decode to UTF-8") from error
    if token(plain) != text:
        raise TokenError(f"{text!r} is no token: it escapes what needs no escape")
    return plain


def host_name(text: str) -> str:
    """Return text when it can be a host's name: 1 to 253 bytes of visible characters, lower case, no spaces."""
    if not is_host_name(text):
        raise TokenError(
            f"{text[:80]!r} is no host name: expected 1 to {HOST_BYTES_MAX} bytes of visible characters, "
            "lower case, no spaces"
        )
    return text


def is_host_name(text: str) -> bool:
    """Return whether text can be a host's name."""
    return _is_visible(text, HOST_BYTES_MAX) and text == text.lower()


def source_name(text: str) -> str:
    """Return text when it can be a source's name: 1 to 64 bytes of visible characters, no spaces."""
    if not _is_visible(text, SOURCE_BYTES_MAX):
        raise TokenError(
            f"{text[:80]!r} is no source: expected 1 to {SOURCE_BYTES_MAX} bytes of visible characters, no spaces"
        )
    return text


def _is_visible(text: str, bytes_max: int) -> bool:
    # isprintable() refuses control, format and unassigned characters, surrogates, and every space but ' ': nobody
    # can name a host so that a log or a page shows another name, or reads backwards.
    return bool(text) and text.isprintable() and " " not in text and len(text.encode()) <= bytes_max


def metrics_subject(host: str, source: str) -> str:
    """Return the subject of sample sets that are at most 60 s old."""
    return f"metrics.{token(host)}.{token(source)}"


def backfill_subject(host: str, source: str) -> str:
    """Return the subject of sample sets that are older."""
    return f"backfill.{token(host)}.{token(source)}"


def dead_subject(stream: str) -> str:
    """Return the subject on which messages of a stream are set aside."""
    return f"dead.{token(stream.lower())}"


def alert_subject(rule: str, host: str, series: str) -> str:
    """Return the subject of an alert's transitions; `series` is a token already, as it may be cut to a hash."""
    return f"alerts.{alert_key(rule, host, series)}"


def alert_act_subject(rule: str, host: str, series: str) -> str:
    """Return the subject of what people do about an alert.

    It is another one than that of the transitions: an evaluator publishes these only where the last one on their
    subject is its own, and nobody else may come between.
    """
    return f"{alert_subject(rule, host, series)}.act"


def alert_key(rule: str, host: str, series: str) -> str:
    """Return the key of an alert in the buckets that keep its state."""
    return f"{token(rule)}.{token(host)}.{series}"


def inventory_subject(host: str) -> str:
    """Return the subject that writes a host's inventory into the bucket; a plain publish needs no JetStream right."""
    return f"$KV.{HOSTS_BUCKET}.{token(host)}"


def host_and_source(subject: str) -> tuple[str, str]:
    """Return (host, source) of a metrics or backfill subject; raise TokenError for any other."""
    parts = subject.split(".")
    if len(parts) != 3 or parts[0] not in ("metrics", "backfill"):
        raise TokenError(f"{subject[:80]!r} is no subject of sample sets: expected metrics.<host>.<source>")
    return untoken(parts[1]), untoken(parts[2])


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as provision makes it; file storage, the oldest discarded first, s2 compression."""

    name: str
    subjects: tuple[str, ...]
    bytes_max: int
    age_s_max: int
    duplicate_window_s: int = 120
    messages_per_subject_max: int = -1
    direct: bool = False
    message_bytes_max: int = -1
    replicas: int = 1


def streams(metrics_bytes_max: int, backfill_bytes_max: int, replicas: int = 1) -> tuple[Stream, ...]:
    """Return every stream, on so many nodes; the inventory bucket is one too, with one value a key."""
    day_s = 86_400
    return (
        Stream(METRICS, ("metrics.>",), metrics_bytes_max, day_s, direct=True, replicas=replicas),
        Stream(BACKFILL, ("backfill.>",), backfill_bytes_max, day_s, replicas=replicas),
        Stream(DEAD, ("dead.>",), 256 * 1024 * 1024, 30 * day_s, replicas=replicas),
        Stream(
            HOSTS_STREAM,
            (f"$KV.{HOSTS_BUCKET}.>",),
            64 * 1024 * 1024,
            age_s_max=0,
            messages_per_subject_max=1,
            direct=True,
            # Headers count too.
            message_bytes_max=INVENTORY_BYTES_MAX + 1024,
            replicas=replicas,
        ),
    )


Role = Literal["provision", "ingest", "api", "subscriber", "dead_letters", "simulator"]
ROLES: tuple[Role, ...] = ("provision", "ingest", "api", "subscriber", "dead_letters")
"""The roles of every installation."""
SIMULATOR: Role = "simulator"
"""Speaks for hosts that it invents. Since it could speak for any host, an installation has it only where asked for."""
SIMULATED_HOSTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one bus user may publish and subscribe to; everything else is refused by the broker.

    `publish_denied` is refused although `publish` would allow it.
    """

    user: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    publish_denied: tuple[str, ...] = ()


def inbox_prefix(user: str) -> str:
    """Return the inbox prefix of a bus user; no other user may listen below it."""
    return f"_INBOX_{user}"


def host_user(host: str) -> str:
    """Return the name of a host's bus user."""
    return f"host-{token(host_name(host))}"


def host_permissions(host: str) -> Permissions:
    """Return what a host's credential may do: speak for itself, hear what is asked of it."""
    name = token(host_name(host))
    user = host_user(host)
    return Permissions(
        user,
        publish=(f"metrics.{name}.>", f"backfill.{name}.>", f"$KV.{HOSTS_BUCKET}.{name}"),
        subscribe=(f"control.{name}.>", f"{inbox_prefix(user)}.>"),
    )


def role_permissions(role: Role) -> Permissions:
    """Return what the bus user of a role may do."""
    inbox = f"{inbox_prefix(role)}.>"
    if role == "provision":
        return Permissions(role, publish=("$JS.API.>",), subscribe=(inbox,))
    if role == "ingest":
        publish = ["dead.>"]
        for stream in (METRICS, BACKFILL):
            publish += [
                *_how_far(stream),
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{DURABLE}",
                f"$JS.ACK.{stream}.{DURABLE}.>",
            ]
        return Permissions(role, publish=tuple(publish), subscribe=(inbox,))
    if role == "api":
        publish = [f"$JS.API.STREAM.INFO.{BACKFILL}"]
        for stream in (METRICS, BACKFILL):
            # One message by its number tells how long the oldest one waits to be stored.
            publish += [f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}", f"$JS.API.STREAM.MSG.GET.{stream}"]
        for stream in (METRICS, HOSTS_STREAM):
            publish += [
                f"$JS.API.STREAM.INFO.{stream}",
                f"$JS.API.CONSUMER.CREATE.{stream}.>",
                f"$JS.API.CONSUMER.DELETE.{stream}.>",
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.>",
            ]
        # The broker cannot allow names by prefix; without this the API could drain or delete ingest's consumer.
        denied = []
        for verb in ("CREATE", "DELETE", "MSG.NEXT"):
            denied += [f"$JS.API.CONSUMER.{verb}.{METRICS}.{DURABLE}", f"$JS.API.CONSUMER.{verb}.{METRICS}.{DURABLE}.>"]
        return Permissions(
            role,
            publish=tuple(publish),
            subscribe=("metrics.>", f"$KV.{HOSTS_BUCKET}.>", inbox),
            publish_denied=tuple(denied),
        )
    if role == "dead_letters":
        # Reads one message at a time, deletes it, and says again what any host said: as a command of an operator only.
        publish = [f"$JS.API.STREAM.{verb}.{DEAD}" for verb in ("INFO", "MSG.GET", "MSG.DELETE")]
        # Whether ingest has judged all that an earlier command published.
        publish += [*_how_far(METRICS), *_how_far(BACKFILL)]
        return Permissions(role, publish=(*publish, "metrics.*.*", "backfill.*.*"), subscribe=(inbox,))
    if role == "simulator":
        # The broker cannot allow names by prefix, or it could be held to the names that it invents.
        return Permissions(role, publish=("metrics.>", "backfill.>", f"$KV.{HOSTS_BUCKET}.*"), subscribe=(inbox,))
    return Permissions(role, subscribe=("metrics.>", "alerts.>", inbox))


def _how_far(stream: str) -> tuple[str, str]:
    """Return the subjects on which the broker tells what a stream holds, and how far ingest is in it."""
    return f"$JS.API.STREAM.INFO.{stream}", f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}"
