"""How many sample sets a stream discarded before they were stored, at most; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamSeen:
    """What the broker says of a stream and its durable; the durable is asked first.

    So whatever the broker itself took for acknowledged because it was discarded shows as discarded as well.
    """

    created: str
    first_sequence: int
    last_sequence: int
    acked_sequence: int
    """Everything up to here was acknowledged, or discarded."""
    delivered_count: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a stream from the last look: everything up to `acked_sequence` is stored or counted as lost."""

    created: str
    acked_sequence: int
    last_sequence: int


def first_look(seen: StreamSeen) -> Watched:
    """Return what to begin with where nothing was recorded: what went before is not known.

    A durable that delivered nothing yet has acknowledged nothing either.
    """
    acked_sequence = 0 if seen.delivered_count == 0 else seen.acked_sequence
    return Watched(seen.created, acked_sequence, acked_sequence)


def next_look(before: Watched | None, seen: StreamSeen) -> tuple[Watched, int]:
    """Return what is known after a look, and how many sample sets at most were discarded unread since the one before.

    What was acknowledged between the two looks and discarded as well counts: so the figure is never too low, and is 0
    while a stream holds more than ingest leaves unread. Looks may come late or twice, as of several processes.
    """
    known = before or first_look(seen)
    lost = 0
    if seen.created != known.created:
        if _is_older(seen.created, known.created):
            return known, 0
        # Somebody deleted the stream: what it held unread went with it, and the new one counts from 1 again.
        lost = max(0, known.last_sequence - known.acked_sequence)
        known = Watched(seen.created, 0, 0)
    if seen.last_sequence < known.acked_sequence:
        # After a power failure the end of the stream may be gone: what takes these numbers now is not stored yet.
        known = Watched(known.created, seen.last_sequence, seen.last_sequence)
    discarded = seen.first_sequence - 1
    lost += max(0, discarded - known.acked_sequence)
    return (
        Watched(
            known.created,
            max(known.acked_sequence, discarded, min(seen.acked_sequence, seen.last_sequence)),
            max(known.last_sequence, seen.last_sequence),
        ),
        lost,
    )


def _is_older(created: str, than: str) -> bool:
    """Compare as text: nanoseconds are more than datetime reads, and the broker writes them in UTC, zeros left out."""
    return _comparable(created) < _comparable(than)


def _comparable(created: str) -> str:
    seconds, _, fraction = created.rstrip("Z").partition(".")
    return f"{seconds}.{fraction:0<9}"
