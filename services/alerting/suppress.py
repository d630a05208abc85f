"""Who is told of an alert now, and who is not or not yet: pure decisions from what was told last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from shared.alerts.notified import Notified
from shared.alerts.policy import ESCALATIONS_MAX, WINDOW, Policy
from shared.alerts.rule import BUS_SILENT, Kind
from shared.alerts.state import RANK, Transition

Verdict = Literal["send", "hold", "drop"]


class Restraint(msgspec.Struct, frozen=True):
    """Why people are told less of an alert: a silence or a greater alert mutes it, or somebody has acknowledged it."""

    is_muted: bool = False
    acknowledged: datetime | None = None
    """`since` of the incident that was acknowledged last, also while nobody was told of it yet."""


UNRESTRAINED = Restraint()


class Word(msgspec.Struct, frozen=True):
    """Something to tell now: news of an alert, a reminder of it, or a step of escalation with its channels."""

    what: Literal["news", "reminder", "escalation"]
    channels: tuple[str, ...] = ()
    """Only of an escalation; all else goes by the routes."""


def due(last: Notified | None, transition: Transition, now: datetime, window: timedelta = WINDOW) -> Verdict:
    """Return what becomes of the newest transition of an alert, of which `last` was told.

    - The first firing is sent. One that follows within the window after the last firing that was told is held, and
      sent at the window's end if it is still the newest; one that is worse than what was told is always sent.
    - What is over is sent at once, but only where somebody was told that it fires.
    - What was told already is dropped.

    Ask again later with the newest transition: `hold` is a matter of time alone, and what no longer fires by then is
    told no more. So nothing has to wait in a queue, and the last state always is the one that was told.
    """
    if transition.status == "ok":
        return "send" if last is not None and last.status == "firing" else "drop"
    if last is None or RANK[transition.level] > RANK[last.level]:
        return "send"
    if last.status == "firing" and transition.level == last.level:
        return "drop"
    return "hold" if _is_within(last, now, window) else "send"


def muted(verdict: Verdict, transition: Transition, is_muted: bool) -> Verdict:
    """Return the verdict where a silence or a greater alert mutes this one: firing waits, an end is still told."""
    return "hold" if is_muted and verdict == "send" and transition.is_firing else verdict


def told(
    last: Notified | None, transition: Transition, now: datetime, acknowledged_since: datetime | None = None
) -> Notified:
    """Return what was told last once this transition was sent; its incident may be acknowledged already."""
    if transition.status == "ok":
        assert last is not None, "nobody is told that something is over of which nobody was told"
        return msgspec.structs.replace(last, status="ok", time=now)
    is_same = last is not None and last.status == "firing" and last.since == transition.since
    return Notified(
        status="firing",
        level=transition.level,
        since=transition.since,
        first=last.first if last is not None and is_same else now,
        fired=now,
        time=now,
        escalated=last.escalated if last is not None and is_same else (),
        is_acknowledged=transition.since == acknowledged_since
        or (last is not None and is_same and last.is_acknowledged),
    )


def next_word(
    last: Notified | None, newest: Transition, now: datetime, policy: Policy, restraint: Restraint = UNRESTRAINED
) -> tuple[Notified | None, Word | None]:
    """Return what to tell of an alert now, and what was told last once that is done; None for nothing.

    Ask for each alert whenever its newest transition, a silence or the time has changed. One word is returned at a
    time: ask again at once after it. Whoever has acknowledged is neither reminded nor passed over, but is told of what
    becomes worse, and of the end; also of an incident that was held or muted when somebody acknowledged it.
    """
    if muted(due(last, newest, now, policy.window), newest, restraint.is_muted) == "send":
        return told(last, newest, now, restraint.acknowledged), Word("news")
    if last is None or last.status != "firing" or not newest.is_firing:
        return last, None
    if last.since != newest.since:  # Its end and its beginning anew were one: nobody asked between the two.
        last = msgspec.structs.replace(last, since=newest.since, first=now, escalated=(), is_acknowledged=False)
    if restraint.acknowledged is not None:
        last = acknowledged(last, restraint.acknowledged)
    if last.is_acknowledged or restraint.is_muted:
        return last, None
    for number, step in enumerate(policy.escalations[:ESCALATIONS_MAX]):
        is_due = now - last.first >= timedelta(seconds=step.after_seconds)
        if is_due and number not in last.escalated and last.level in step.levels:
            return msgspec.structs.replace(last, escalated=(*last.escalated, number)), Word("escalation", step.channels)
    if policy.resend_every > timedelta(0) and now - last.time >= policy.resend_every:
        return msgspec.structs.replace(last, time=now), Word("reminder")
    return last, None


def acknowledged(last: Notified, since: datetime) -> Notified:
    """Return what was told last, with its incident acknowledged; the same object where it is another incident."""
    return msgspec.structs.replace(last, is_acknowledged=True) if last.since == since else last


def is_done(last: Notified | None, newest: Transition, now: datetime, window: timedelta = WINDOW) -> bool:
    """Return whether an alert can be forgotten: it is over, nothing is left to tell, and its window has passed."""
    if newest.is_firing or due(last, newest, now, window) != "drop":
        return False
    return last is None or not _is_within(last, now, window)


def is_inhibited(rule: str, kind: Kind, host: str, silent_hosts: Collection[str], is_bus_silent: bool) -> bool:
    """Return whether a greater alert mutes one of a rule on a host.

    A silent bus mutes all but itself; a silent host mutes what is said about it, but for its silence.
    """
    if rule == BUS_SILENT:
        return False
    return is_bus_silent or (kind != "absence" and host in silent_hosts)


def _is_within(last: Notified, now: datetime, window: timedelta) -> bool:
    """Return whether the window after the last firing that was told lasts; a clock that was set back ends it."""
    return last.fired <= now < last.fired + window
