"""How long whoever has lost the bus may take to come back to it."""

from __future__ import annotations

BACKOFF_S_FIRST = 0.5
BACKOFF_S_MAX = 30.0
"""The longest wait between two attempts, of services and, unless `retry_s_max` says otherwise, of collectors."""

CONNECT_S_MAX = 5
"""How long one attempt may take."""

RETURN_S_MAX = BACKOFF_S_MAX + CONNECT_S_MAX
"""By then everybody who can is back after the bus is."""
