"""Who is told of an alert now, and who is not or not yet: pure decisions from what was told last."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec

from shared.alerts.rule import BUS_SILENT, CHANNELS_MAX, LEVELS, Kind, Level
from shared.alerts.state import RANK, Transition

WINDOW = timedelta(minutes=5)
WINDOW_MAX = timedelta(days=1)
RESEND_EVERY_MIN = timedelta(minutes=1)
RESEND_EVERY_MAX = timedelta(days=7)
ESCALATIONS_MAX = 10
ESCALATION_SECONDS_MAX = 7 * 86_400.0
Verdict = Literal["send", "hold", "drop"]


class Notified(msgspec.Struct, frozen=True):
    """What was told of one alert last; kept in the bucket `notified`.

    `since` names the incident, `first` is when it was told first, `fired` when it was told last that it fires, `time`
    when anything was told last. `level` stays that of the last firing that was told.
    """

    status: Literal["firing", "ok"]
    level: Level
    since: datetime
    first: datetime
    fired: datetime
    time: datetime
    escalated: tuple[int, ...] = ()
    """Which steps of escalation were taken in this incident, from 0: one may be made up for after a later one."""
    is_acknowledged: bool = False


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told in addition when nobody has acknowledged an incident for so long."""

    after_seconds: float
    channels: tuple[str, ...]
    levels: tuple[Level, ...] = LEVELS


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often people are told: the window of repeats, a reminder every so often (none at 0), and escalation.

    `check_policy` tells what is wrong with it.
    """

    window: timedelta = WINDOW
    resend_every: timedelta = timedelta(0)
    escalations: tuple[Escalation, ...] = ()
    """In the order of their times."""


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


def check_policy(policy: Policy) -> list[str]:
    """Return every problem of a policy, as sentences that say what was expected, what came, and what to do."""
    problems = []
    if not timedelta(0) <= policy.window <= WINDOW_MAX:
        problems.append(f"window: expected 0 to {WINDOW_MAX}, got {policy.window}; choose one within")
    if policy.resend_every != timedelta(0) and not RESEND_EVERY_MIN <= policy.resend_every <= RESEND_EVERY_MAX:
        problems.append(
            f"resend_every: expected 0 for none, or {RESEND_EVERY_MIN} to {RESEND_EVERY_MAX}, "
            f"got {policy.resend_every}; choose one within"
        )
    return [*problems, *_steps(policy.escalations)]


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


def _steps(escalations: tuple[Escalation, ...]) -> Iterator[str]:
    if len(escalations) > ESCALATIONS_MAX:
        yield f"escalations: expected at most {ESCALATIONS_MAX}, got {len(escalations)}; leave some out"
    for number, step in enumerate(escalations[:ESCALATIONS_MAX], 1):
        where = f"escalations, number {number}: "
        if not 0 < step.after_seconds <= ESCALATION_SECONDS_MAX:  # which NaN is not either
            yield (
                f"{where}after_seconds: expected more than 0 and at most {ESCALATION_SECONDS_MAX:g}, "
                f"got {step.after_seconds:g}; choose one within"
            )
        if not 0 < len(step.channels) <= CHANNELS_MAX:
            yield f"{where}channels: expected 1 to {CHANNELS_MAX} names, got {len(step.channels)}; name one"
        if not step.levels:
            yield f"{where}levels: expected at least one, got none; leave them out for all"
    for number, (before, after) in enumerate(pairwise(escalations[:ESCALATIONS_MAX]), 2):
        if after.after_seconds < before.after_seconds:
            yield (
                f"escalations, number {number}: after_seconds: expected at least the {before.after_seconds:g} of the "
                f"one before, got {after.after_seconds:g}; put them in the order of their times"
            )
