"""Puts each rule that the product begins with into the bucket of rules, once in the life of an installation."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from services.ingest.provisioning.errors import ProvisionError
from shared.alerts.rule import RULES_MAX, Rule
from shared.alerts.rule_encoding import encode_rule
from shared.subjects import (
    ALERT_CURSOR_BUCKET,
    ALERT_RULES_BUCKET,
    SEEDED_KEY,
    bucket_stream,
    bucket_subject,
    token,
)

log = logging.getLogger(__name__)

REQUEST_S_MAX = 10.0
_TAKEN = (10071, 10164)
"""Error codes of nats-server for a key that has, or had, another value than was expected."""


class Offered(msgspec.Struct, frozen=True):
    """The names of all rules that were put there, also of those that somebody has deleted since."""

    rules: list[str]
    v: int = 1


async def offer_rules(bus: Client, rules: Sequence[Rule]) -> list[str]:
    """Put those rules into the bucket that never were; return their names.

    One that somebody deleted does not come back, and one that a later release brings comes once. What was put is noted
    last: a run that ends before it is repeated, and leaves alone what stands, or stood, under a name.
    """
    jetstream = bus.jetstream(timeout=REQUEST_S_MAX)
    offered = await _offered(jetstream)
    new = [rule for rule in rules if rule.name not in offered]
    if not new:
        return []
    kept = (await jetstream.stream_info(bucket_stream(ALERT_RULES_BUCKET))).state.messages
    if kept + len(new) > RULES_MAX:
        log.warning("no room for default rules", extra={"rules": kept, "new": len(new), "rules_max": RULES_MAX})
        return []
    for rule in new:
        await _offer(jetstream, rule)
    noted = Offered([*offered, *(rule.name for rule in new)])
    await jetstream.publish(bucket_subject(ALERT_CURSOR_BUCKET, SEEDED_KEY), msgspec.msgpack.encode(noted))
    return [rule.name for rule in new]


async def _offered(jetstream: JetStreamContext) -> list[str]:
    subject = bucket_subject(ALERT_CURSOR_BUCKET, SEEDED_KEY)
    try:
        noted = await jetstream.get_last_msg(bucket_stream(ALERT_CURSOR_BUCKET), subject)
    except NotFoundError:
        return []
    if not noted.data:  # somebody has deleted the key
        return []
    try:
        return msgspec.msgpack.decode(noted.data, type=Offered).rules
    except msgspec.MsgspecError as error:
        raise ProvisionError(
            f"the key {SEEDED_KEY} of the bucket {ALERT_CURSOR_BUCKET} tells of no rules ({error}): "
            "delete it, and default rules under whose names nothing stands are put there again"
        ) from error


async def _offer(jetstream: JetStreamContext, rule: Rule) -> None:
    # Also the marker of a key that was deleted is a value that stands there.
    nothing_there = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: "0"}
    subject = bucket_subject(ALERT_RULES_BUCKET, token(rule.name))
    try:
        await jetstream.publish(subject, encode_rule(rule), headers=nothing_there)
    except APIError as error:
        if error.err_code not in _TAKEN:
            raise
