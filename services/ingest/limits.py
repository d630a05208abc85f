"""Limits that provision and ingest must agree on."""

MESSAGES_MAX = 2_000
"""Messages in one batch by default."""
PROCESSES_MAX = 4
"""Ingest processes that may share the durables by default."""


def ack_pending_max(messages_max: int, processes_max: int) -> int:
    """Return how many unanswered messages the broker allows: per process one batch being written, one fetched."""
    return 2 * messages_max * processes_max
