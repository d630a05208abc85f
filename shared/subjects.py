"""Every name on the bus: tokens, subjects, streams, buckets with their keys, durables and users."""

from __future__ import annotations

import re
from typing import Final, Literal

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
HOST_BYTES_MAX = 253
SOURCE_BYTES_MAX = 64
INVENTORY_BYTES_MAX = 64 * 1024

ACCOUNT = "VITALWIRE"
HOSTS_ACCOUNT = "HOSTS"
"""Where hosts stand, apart from everything that is stored."""

SYSTEM_SOURCE = "system"
DURABLE = "ingest"

METRICS = "METRICS"
BACKFILL = "BACKFILL"
DEAD = "DEAD"
ALERTS = "ALERTS"

HOSTS_BUCKET = "hosts"
HOSTS_STREAM = f"KV_{HOSTS_BUCKET}"
ALERT_RULES_BUCKET = "alert_rules"
SILENCES_BUCKET = "silences"
ALERT_ROUTES_BUCKET = "alert_routes"
ALERT_CHANNELS_BUCKET = "alert_channels"
ALERT_STATE_BUCKET = "alert_state"
NOTIFIED_BUCKET = "notified"
LEASES_BUCKET = "leases"
ALERT_CURSOR_BUCKET = "alert_cursor"

ROUTES_KEY = "routes"
EVALUATOR_KEY: Final = "evaluator"
NOTIFIER_KEY: Final = "notifier"
SEEDED_KEY = "seeded"
"""Where provision notes which default rules it has put into their bucket."""

CHANNEL_TESTS = "notifier.test.*"
"""Asks the notifier that tells for a test message by one channel; see `channel_test_subject`."""


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


def channel_test_subject(channel: str) -> str:
    """Return the subject on which the notifier is asked for a test message by a channel; it answers the API alone."""
    return f"notifier.test.{token(channel)}"


def standby_key(key: str) -> str:
    """Return the key of the bucket of leases under which those say that they are there who do not hold this one."""
    return f"{key}.standby"


def bucket_stream(bucket: str) -> str:
    """Return the stream that is a bucket."""
    return f"KV_{bucket}"


def bucket_subject(bucket: str, key: str) -> str:
    """Return the subject that writes a key of a bucket; a plain publish needs no JetStream right."""
    return f"$KV.{bucket}.{key}"


def inventory_subject(host: str) -> str:
    """Return the subject that writes a host's inventory into the bucket."""
    return bucket_subject(HOSTS_BUCKET, token(host))


def host_and_source(subject: str) -> tuple[str, str]:
    """Return (host, source) of a metrics or backfill subject; raise TokenError for any other."""
    parts = subject.split(".")
    if len(parts) != 3 or parts[0] not in ("metrics", "backfill"):
        raise TokenError(f"{subject[:80]!r} is no subject of sample sets: expected metrics.<host>.<source>")
    return untoken(parts[1]), untoken(parts[2])


Role = Literal["provision", "ingest", "alerting", "notifier", "api", "subscriber", "dead_letters", "simulator"]
ROLES: tuple[Role, ...] = ("provision", "ingest", "alerting", "notifier", "api", "subscriber", "dead_letters")
"""The roles of every installation."""
SIMULATOR: Role = "simulator"
"""Speaks for hosts that it invents. Since it could speak for any host, an installation has it only where asked for."""
SIMULATED_HOSTS_MAX = 10_000


def inbox_prefix(user: str) -> str:
    """Return the inbox prefix of a bus user; no other user may listen below it."""
    return f"_INBOX_{user}"


def host_user(host: str) -> str:
    """Return the name of a host's bus user."""
    return f"host-{token(host_name(host))}"
