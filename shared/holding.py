"""How long a stream holds messages at the present rate."""

from __future__ import annotations


def minutes_held(stored_bytes: int, span_s: float, bytes_max: int, age_s_max: float) -> float | None:
    """Return for how many minutes a stream keeps a message at the rate of what it stores now.

    `span_s` lies between its first and its last message. None when too little is stored to tell a rate
    and no age bounds it; never more than `age_s_max` allows, where that is not 0.
    """
    minutes = [age_s_max / 60] if age_s_max > 0 else []
    if stored_bytes > 0 and span_s >= 1 and bytes_max > 0:
        minutes.append(bytes_max / (stored_bytes / span_s) / 60)
    return min(minutes) if minutes else None
