"""How long raw rows are kept under a ceiling by size, and whether a disk has room for more; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_MIN = timedelta(hours=1)
"""Raw rows are never kept for less: rollups must have been computed from them."""
FULL_SHARE, ROOMY_SHARE = 0.9, 0.7
STEP_SHARE = 0.1
GROWTH_SHARE = 0.02
EFFECT = timedelta(minutes=15)
"""Three rounds of upkeep: one shortens what refreshes reach, one drops, one measures."""
RESUME_PERCENT = 1.0
"""So much more than the least must be free before fetching goes on, so that it does not flutter."""
DAY_S, HOUR_S = 86_400, 3_600
MIB, GIB = 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Step:
    """When retention was shortened last, and the least size since then."""

    at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Fill:
    """How full the storage is, and how long raw rows are kept; `size_bytes_max` 0 is no ceiling."""

    now: datetime
    size_bytes: int
    size_bytes_max: int
    raw_set: timedelta
    raw_kept: timedelta
    complete_since: datetime
    """Raw rows are complete since this instant."""
    shrinks: bool
    """Whether deleting makes the database smaller; in plain PostgreSQL what was freed is only used again."""
    last_step: Step | None = None

    @property
    def share(self) -> float:
        """How much of the ceiling is used; 0 without one."""
        return self.size_bytes / self.size_bytes_max if self.size_bytes_max else 0.0


def wants_less(fill: Fill) -> bool:
    """Return whether raw retention should be shortened now: the ceiling is near, and the last step had its effect.

    Where deleting shrinks the database, that takes EFFECT. In plain PostgreSQL the size never falls: there the last
    step was too small when the size grew on by GROWTH_SHARE of the ceiling.
    """
    if fill.share < FULL_SHARE or fill.raw_kept <= KEPT_MIN:
        return False
    if fill.last_step is None:
        return True
    if fill.shrinks:
        return fill.now - fill.last_step.at >= EFFECT
    return fill.size_bytes >= fill.last_step.size_bytes + GROWTH_SHARE * fill.size_bytes_max


def next_kept(fill: Fill, first_to_go: datetime | None) -> timedelta:
    """Return for how long raw rows are kept from now on.

    A step is a tenth, or further where nothing is that old: rows before `first_to_go` go in any case; None when no
    row may go. Back toward the setting it goes by a tenth as well, below ROOMY_SHARE of the ceiling, once raw rows
    are complete for the present time. That holds in every mode: in plain PostgreSQL the size falls only when the
    ceiling was raised, a stream emptied or an administrator rewrote the tables, and then there is room for certain.
    A size that merely stands still there tells nothing, for it may stand still only because rows go.
    """
    if wants_less(fill):
        if first_to_go is None:
            return fill.raw_kept
        return _seconds(max(KEPT_MIN, min(fill.raw_kept * (1 - STEP_SHARE), fill.now - first_to_go)))
    is_filled = fill.complete_since <= fill.now - fill.raw_kept
    if fill.raw_kept < fill.raw_set and fill.share < ROOMY_SHARE and is_filled:
        return _seconds(min(fill.raw_set, fill.raw_kept * (1 + STEP_SHARE)))
    return fill.raw_kept


def next_step(fill: Fill, kept: timedelta) -> Step | None:
    """Return the step to remember once raw rows are kept for `kept`."""
    if kept < fill.raw_kept:
        return Step(fill.now, fill.size_bytes)
    if fill.last_step is None or kept >= fill.raw_set:
        return None
    return Step(fill.last_step.at, min(fill.last_step.size_bytes, fill.size_bytes))


def size_reason(fill: Fill, kept: timedelta) -> str | None:
    """Return the sentence that says what the ceiling does, None while it does nothing."""
    if kept >= fill.raw_set:
        if fill.share < FULL_SHARE:
            return None
        return f"The stored history takes {_of_ceiling(fill)}, and no raw rows are old enough to go."
    shortened = f"raw rows are kept for {_instead(kept, fill.raw_set)}"
    if fill.share >= ROOMY_SHARE:
        reached = f"The stored history reached {_of_ceiling(fill)}: {shortened}"
        if kept > KEPT_MIN or fill.share < FULL_SHARE:
            return f"{reached}."
        return f"{reached}, the least there is: raise the ceiling, or keep rollups for fewer days."
    return f"{shortened[0].upper()}{shortened[1:]}: a ceiling by size had shortened that, and it grows back by and by."


def is_paused(was_paused: bool, free_percent: float | None, free_percent_min: float) -> bool:
    """Return whether nothing may be fetched: the disk is nearly full, or was and is not clearly better yet."""
    if free_percent is None:
        return False
    return free_percent < (_resume_percent(free_percent_min) if was_paused else free_percent_min)


def pause_reason(free_percent: float, free_percent_min: float) -> str:
    """Return the sentence that says why nothing is fetched."""
    return (
        f"The disk of the stored history has {free_percent:.1f} % free: nothing is fetched until "
        f"{_resume_percent(free_percent_min):g} % are free again; samples wait in the stream."
    )


def _resume_percent(free_percent_min: float) -> float:
    # Without a least share nothing ever pauses, nor stays so.
    return min(100.0, free_percent_min + RESUME_PERCENT) if free_percent_min else 0.0


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))


def _of_ceiling(fill: Fill) -> str:
    unit, name = (GIB, "GiB") if fill.size_bytes_max >= GIB else (MIB, "MiB")
    return f"{fill.size_bytes / unit:.1f} of {fill.size_bytes_max / unit:.1f} {name}"


def _instead(kept: timedelta, raw_set: timedelta) -> str:
    seconds, set_days = kept.total_seconds(), f"{raw_set / timedelta(days=1):g}"
    if seconds >= DAY_S:
        return f"{seconds / DAY_S:.1f} days instead of {set_days}"
    return f"{seconds / HOUR_S:.1f} hours instead of {set_days} days"
