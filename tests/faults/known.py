"""What is known of one host without the delivery page, and whether what that page shows can be true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KINDS = ("too_old", "clock_ahead", "refused")


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures of one host; the last is of all hosts, and an upper bound."""

    received: int
    missing: int
    late: int
    doubled: int
    too_old: int
    clock_ahead: int
    refused: int
    stream_loss_max: int


@dataclass(frozen=True, slots=True)
class Known:
    """Counts of one host: `received` by SQL, all else by the witness.

    `delivered_again` is of all hosts, by the broker; None where a broker that died may have forgotten some of it.
    `before` tells by kind what its first minute had already when the watch began.
    """

    received: int
    gone: int
    late: int
    copies: int
    ended: Mapping[str, int]
    delivered_again: int | None
    before: Mapping[str, int]
    limits_reached: bool
    """Whether the test let a stream become full; otherwise no stream let anything go."""


def disagreements(shown: Shown, known: Known) -> list[str]:
    """Return what cannot be true of what is shown."""
    return [f"{name} {getattr(shown, name)}, {told}" for name, told in _disagreements(shown, known)]


def _disagreements(shown: Shown, known: Known) -> Iterator[tuple[str, str]]:
    if shown.received != known.received:
        yield "received", f"stored {known.received}"
    if shown.stream_loss_max and not known.limits_reached:
        yield "stream_loss_max", "no stream was full"
    # A hole at the end of what a stream let go shows only once the next number comes: the loss covers it.
    if not shown.missing <= known.gone <= shown.missing + shown.stream_loss_max:
        yield "missing", f"gone {known.gone}, of which the streams let go at most {shown.stream_loss_max}"
    # Of two messages with one identity either may be the one that was stored, and only one of them late; and of those
    # that came late some may be gone.
    if not known.late - known.copies - known.gone <= shown.late <= known.late + known.copies:
        yield "late", f"arrived late {known.late}, sent twice {known.copies}"
    for kind, least in (("doubled", known.copies), *((kind, known.ended.get(kind, 0)) for kind in KINDS)):
        counted = getattr(shown, kind) - known.before.get(kind, 0)
        # What the streams let go was read by the witness, but never by ingest.
        if not least - shown.stream_loss_max <= counted <= _most(least, known.delivered_again):
            yield kind, f"{least} known, {known.before.get(kind, 0)} before, {known.delivered_again} delivered again"


def _most(least: int, delivered_again: int | None) -> float:
    """Return how often so many messages can have been counted.

    What was counted, and whose answer was lost with ingest or the bus, comes again and is counted again; whose
    messages those are nobody outside can tell. But of a host that has none, none can come again: a sample set that was
    stored and is delivered again counts as nothing.
    """
    if least == 0:
        return 0
    return float("inf") if delivered_again is None else least + delivered_again
