"""How much of a batch each stream may fill: old sample sets never hold up new ones."""

from __future__ import annotations

BACKFILL_DIVISOR = 4


def metrics_portion(messages_max: int) -> int:
    """Return how many messages of METRICS a batch asks for; the rest is left for BACKFILL."""
    return max(1, messages_max - messages_max // BACKFILL_DIVISOR)


def backfill_portion(messages_max: int, metrics_count: int, metrics_pending: int) -> int:
    """Return how many messages of BACKFILL join: at most a quarter while METRICS waits, else all that is free."""
    if metrics_pending > 0:
        return messages_max // BACKFILL_DIVISOR
    return messages_max - metrics_count
