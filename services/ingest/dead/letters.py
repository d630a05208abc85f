"""What the stream DEAD holds: messages that are the parts of letters, put together by what their headers say."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.ingest.batch import subject_host
from shared.subjects import ALERTS, token

REASONS_MAX = 50
OTHER_REASONS = "(other reasons)"
_PART = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})")
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|\d+(?:[.,:]\d+)*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the stream DEAD: a whole body, or a part of one."""

    sequence: int
    headers: Mapping[str, str]
    body: bytes
    set_aside_at: datetime = _EPOCH

    @property
    def place(self) -> tuple[int, int]:
        """Which part this is, and of how many."""
        found = _PART.fullmatch(self.headers.get("Vitalwire-Part", ""))
        return (int(found[1]), int(found[2])) if found else (1, 1)

    @property
    def stream(self) -> str:
        """The stream that the message stood in."""
        return self.headers.get("Vitalwire-Stream", "")

    @property
    def subject(self) -> str:
        """The subject that the message was published on."""
        return self.headers.get("Vitalwire-Subject", "")

    @property
    def reason(self) -> str:
        """Why it was set aside."""
        return self.headers.get("Vitalwire-Reason", "")

    @property
    def received_at(self) -> datetime | None:
        """When the broker received the message; None when the header does not say."""
        try:
            found = datetime.fromisoformat(self.headers.get("Vitalwire-Received-At", ""))
        except ValueError:
            return None
        return found if found.tzinfo is not None else None

    @property
    def letter(self) -> tuple[str, ...]:
        """What the parts of one letter have in common; a whole one is a letter by itself."""
        if self.place[1] == 1:
            return (str(self.sequence),)
        names = ("Vitalwire-Stream", "Vitalwire-Sequence", "Vitalwire-Received-At")
        return (*(self.headers.get(name, "") for name in names), str(self.place[1]))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was set aside, in as many parts as are still there, the first one first; never none."""

    parts: tuple[Part, ...]

    @property
    def first(self) -> Part:
        """The part whose headers speak for all: they differ in their number only."""
        return self.parts[0]

    @property
    def sequence(self) -> int:
        """What the letter is known by: where its first part stands in DEAD."""
        return self.first.sequence

    @property
    def missing(self) -> str:
        """Which parts are not there, as text; empty when the letter is whole."""
        there = {part.place[0] for part in self.parts}
        count = self.first.place[1]
        return "" if len(there) == count else f"only {len(there)} of its {count} parts are there"

    @property
    def body(self) -> bytes:
        """The bytes that were published."""
        return b"".join(part.body for part in self.parts)


class Assembly:
    """Puts parts together to letters, at most `letters_max`; of a part that is there twice the first one counts."""

    def __init__(self, letters_max: int) -> None:
        self._letters_max = letters_max
        self._found: dict[tuple[str, ...], dict[int, Part]] = {}

    def add(self, part: Part) -> None:
        """Take a part, unless it began one letter too many."""
        if part.letter in self._found or len(self._found) < self._letters_max:
            self._found.setdefault(part.letter, {}).setdefault(part.place[0], part)

    def letters(self) -> list[DeadLetter]:
        """Return the letters in the order in which the first of their parts came."""
        return [DeadLetter(tuple(found[number] for number in sorted(found))) for found in self._found.values()]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are asked for: of one host, with a text in their reason."""

    host: str | None = None
    reason: str | None = None

    def includes(self, part: Part) -> bool:
        """Return whether the letter of this part is asked for."""
        if self.host is not None and subject_host(part.subject) != token(self.host):
            return False
        return self.reason is None or self.reason.lower() in part.reason.lower()


@dataclass(slots=True)
class Overview:
    """The newest letters of those asked for, without bodies, and how many there are for each kind of reason."""

    wanted: Wanted
    assembly: Assembly
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        """Take the next older message of DEAD."""
        if not self.wanted.includes(part):
            return
        self.assembly.add(dataclasses.replace(part, body=b""))
        if part.place[0] == 1:
            kind = kind_of(part.reason)
            self.reasons[kind if kind in self.reasons or len(self.reasons) < REASONS_MAX else OTHER_REASONS] += 1


def kind_of(reason: str) -> str:
    """Return a reason without what is particular to one message: its numbers and what it quotes."""
    return _PARTICULAR.sub(lambda found: "#" if found[0][0].isdigit() else "'…'", reason)


@dataclass(slots=True)
class Lately:
    """How many letters of each host were set aside within a span before now, but for those of alerts.

    These are counted by themselves where they are set aside.
    """

    now: datetime
    span: timedelta
    hosts: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part) -> bool:
        """Count the next older message of DEAD; return False when it is older than the span, as all after it are."""
        if part.set_aside_at < self.now - self.span:
            return False
        if part.place[0] == 1 and part.stream != ALERTS:
            self.hosts[subject_host(part.subject)] += 1
        return True
