"""When an invented host lives, and what it then says it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.collector.simulation.profile import Profile
from shared.version import PRODUCT_VERSION
from shared.wire.encode_inventory import HostFacts

SIMULATED_TAG = "simulated"


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a host, from one boot to the next; `boot_s` is seconds since 1970 in UTC."""

    number: int
    boot_s: int


def life_at(profile: Profile, at_s: int) -> Life | None:
    """Return the life that the host is in, None while it is away."""
    number, age_s = divmod(at_s + profile.life_phase_s, profile.life_s)
    if age_s < profile.away_s:
        return None
    return Life(number, at_s - age_s + profile.away_s)


def facts_of(profile: Profile, life: Life, intervals: Mapping[str, int]) -> HostFacts:
    """Return the inventory; its tag says that nobody should take the host for a real one."""
    return HostFacts(
        host=profile.name,
        host_id=hashlib.sha256(f"vitalwire:simulated:{profile.key}".encode()).hexdigest()[:32],
        os="Invented GNU/Linux 13",
        kernel="6.12.48-simulated",
        architecture="x86_64",
        cpu_model=f"Invented {profile.cores}-core processor",
        cores_count=profile.cores,
        memory_total_bytes=profile.memory_bytes,
        # Kept for benchmarks by RFC 2544: no machine has such an address.
        addresses=(f"198.18.{profile.number // 250}.{profile.number % 250 + 1}",),
        boot_time=datetime.fromtimestamp(life.boot_s, UTC),
        agent_version=PRODUCT_VERSION,
        tags={SIMULATED_TAG: "true", "kind": profile.kind.name},
        intervals=dict(intervals),
    )
