"""Names of the database's roles: who owns, who writes metrics, who reads, who keeps the application's tables."""

from __future__ import annotations

OWNER, INGEST, READ, APP = "vw_owner", "vw_ingest", "vw_read", "vw_app"
