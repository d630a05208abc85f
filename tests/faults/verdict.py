"""Compares what was sent with what is stored: nothing missing, nothing foreign, nothing doubled."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.sent import Identity, Sent, holes, tails
from tests.faults.stored import Stored

SHOWN_MAX = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of sample sets and rows; `missing` were heard and are not stored, `foreign` the other way round.

    `holes` were never heard although a later number of their session was, or the next session says so; `families`
    tells for each family that differs the rows and numbers that were sent and that are stored.
    """

    sent: int
    stored: int
    missing: tuple[Identity, ...]
    foreign: tuple[Identity, ...]
    holes: tuple[Identity, ...]
    doubled: int
    families: dict[str, tuple[int, int, int, int]]

    @property
    def problems(self) -> list[str]:
        """Sentences on what is wrong; none when sent = stored and nothing is doubled."""
        found = []
        for name in ("missing", "foreign", "holes"):
            identities = getattr(self, name)
            if identities:
                found.append(f"{len(identities)} {name}, among them {sorted(identities)[:SHOWN_MAX]}")
        if self.doubled:
            found.append(f"{self.doubled} doubled")
        if self.families:
            found.append(f"rows and numbers sent, then stored: {self.families}")
        return found


def compare(sent: Sent, stored: Stored) -> Verdict:
    """Return how both differ."""
    missing: list[Identity] = []
    foreign: list[Identity] = []
    twice = 0
    for key in sent.sessions.keys() | stored.sessions.keys():
        heard = {seq for seq, is_seen in enumerate(sent.sessions.get(key, b"")) if is_seen}
        seqs = stored.sessions.get(key, [])
        kept = set(seqs)
        twice += len(seqs) - len(kept)
        missing += [(*key, seq) for seq in heard - kept]
        foreign += [(*key, seq) for seq in kept - heard]
    families = {
        name: (sent.rows[name], sent.numbers[name], stored.rows[name], stored.numbers[name])
        for name in sent.rows.keys() | stored.rows.keys()
        if (sent.rows[name], sent.numbers[name]) != (stored.rows[name], stored.numbers[name])
    }
    return Verdict(
        sent=sent.count,
        stored=stored.count,
        missing=tuple(missing),
        foreign=tuple(foreign),
        holes=(*holes(sent.sessions), *tails(sent)),
        doubled=twice + stored.doubled.total(),
        families=families,
    )
