"""Limits that the encoder keeps and the decoder enforces; what is within them the database can store."""

from shared.family import ROWS_MAX, TEXT_BYTES_MAX

VERSION = 1
BODY_BYTES_MAX = 768 * 1024
REAL_MAX = 3.4e38
BIGINT_MIN, BIGINT_MAX = -(2**63) + 1, 2**63 - 1
"""What a whole number may be; -2^63 itself stands for one that is absent (`shared.select.ABSENT_INTEGER`)."""

SESSION_BYTES_MAX = 64
INTERVAL_SECONDS_MAX = 3600.0
AHEAD_SECONDS_MAX = 300
LIVE_SECONDS_MAX = 60
"""How old a sample set may be when it is published live; anything older goes to the backfill."""
FAMILIES_MAX = 200
COLUMNS_MAX = 200
REAL_DIGITS = 6
"""Significant digits of a real gauge: wire, live, SQL, JSON and CSV show the same number."""

__all__ = [
    "AHEAD_SECONDS_MAX",
    "BIGINT_MAX",
    "BIGINT_MIN",
    "BODY_BYTES_MAX",
    "COLUMNS_MAX",
    "FAMILIES_MAX",
    "INTERVAL_SECONDS_MAX",
    "LIVE_SECONDS_MAX",
    "REAL_DIGITS",
    "REAL_MAX",
    "ROWS_MAX",
    "SESSION_BYTES_MAX",
    "TEXT_BYTES_MAX",
    "VERSION",
]
