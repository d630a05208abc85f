"""Mode → what provides it."""

from __future__ import annotations

from services.ingest.storage.apache import ApacheStorage
from services.ingest.storage.community import CommunityStorage
from services.ingest.storage.mode import Mode
from services.ingest.storage.plain import PlainStorage
from services.ingest.storage.seam import Storage


def storage_of(mode: Mode) -> Storage:
    """Return what provides a mode."""
    found: dict[Mode, Storage] = {
        "plain": PlainStorage(),
        "timescaledb_apache": ApacheStorage(),
        "timescaledb_community": CommunityStorage(),
    }
    return found[mode]
