"""How long a stream holds messages at the present rate, and how much of it waits to be read."""

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


UNREAD_SHARE_MAX = 0.7
"""From this share of a stream's limits on, what waits in it is close to being discarded unread."""


def unread_bytes(unread: int, messages: int, stored_bytes: int) -> float:
    """Return the bytes that unread messages take, each with the average size of all that the stream stores."""
    return stored_bytes * min(1.0, unread / messages) if messages > 0 else 0.0


def unread_share(waiting_bytes: float, bytes_max: int, oldest_s: float = 0.0, age_s_max: float = 0.0) -> float:
    """Return how much of a stream's limits is taken by what waits to be read: of its bytes or its age, what is more.

    `oldest_s` is the age of the oldest unread message. A limit of 0 or less is none.
    """
    by_bytes = waiting_bytes / bytes_max if bytes_max > 0 else 0.0
    by_age = oldest_s / age_s_max if age_s_max > 0 else 0.0
    return min(1.0, max(0.0, by_bytes, by_age))
