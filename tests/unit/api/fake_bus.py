"""Buckets as the broker keeps them, behind the API's way to ask, with faults to plant."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.api.audit import Actor, Deed
from services.api.errors import BusAwayError, NobodyAnswersError
from services.api.trail import Trail

ACTOR = Actor("kim", "127.0.0.1", "request-1")
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@dataclass
class FakeBus:
    """One message for each key, numbers that only grow, and the answers of nats-server in its own JSON."""

    kept: dict[str, tuple[int, bytes, bytes]] = field(default_factory=dict)
    sequence: int = 0
    is_away: bool = False
    refusal: dict[str, Any] | None = None
    meanwhile: tuple[str, bytes] | None = None
    """Subject and body of what somebody else writes between the next read and the write behind it."""
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    """Subject → what somebody else answers there, in this order, the last one for ever."""
    asked: list[str] = field(default_factory=list)

    async def ask(
        self, subject: str, body: bytes = b"", headers: Mapping[str, str] | None = None, seconds_max: float = 5.0
    ) -> bytes:
        self.asked.append(subject)
        if self.is_away:
            raise BusAwayError("away")
        if subject in self.answers:
            answers = self.answers[subject]
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if subject.startswith("$KV."):
            return json.dumps(self._stored(subject, body, headers or {})).encode()
        if subject.startswith("$JS.API.STREAM.INFO."):
            return json.dumps({"state": self._subjects(json.loads(body)["subjects_filter"])}).encode()
        if subject.startswith("$JS.API.STREAM.MSG.GET."):
            return json.dumps(self._read(json.loads(body)["last_by_subj"])).encode()
        raise NobodyAnswersError("nobody")

    def store(self, subject: str, body: bytes, headers: bytes = b"") -> int:
        """Store a message as anybody may."""
        self.sequence += 1
        self.kept[subject] = (self.sequence, headers, body)
        return self.sequence

    def body_of(self, subject: str) -> bytes:
        return self.kept[subject][2]

    def _stored(self, subject: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        if self.meanwhile is not None:
            self.store(*self.meanwhile)
            self.meanwhile = None
        if self.refusal is not None:
            return {"error": self.refusal, "stream": "KV_x", "seq": 0}
        assert headers["Nats-Expected-Stream"] == f"KV_{subject.split('.')[1]}"
        expected = headers.get("Nats-Expected-Last-Subject-Sequence")
        newest = self.kept[subject][0] if subject in self.kept else 0
        if expected is not None and int(expected) != newest:
            error = {"code": 400, "err_code": 10071, "description": f"wrong last sequence: {newest}"}
            return {"error": error, "stream": "KV_x", "seq": 0}
        lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        return {"stream": "KV_x", "seq": self.store(subject, body, b"NATS/1.0\r\n" + lines + b"\r\n")}

    def _subjects(self, pattern: str) -> dict[str, Any]:
        found = {subject: 1 for subject in self.kept if subject.startswith(pattern.removesuffix(">"))}
        return {"subjects": found} if found else {}

    def _read(self, subject: str) -> dict[str, Any]:
        if subject not in self.kept:
            return {"error": {"code": 404, "err_code": 10037, "description": "no message found"}}
        sequence, headers, body = self.kept[subject]
        message = {"subject": subject, "seq": sequence, "time": "2026-11-27T09:00:00Z"}
        if headers:
            message["hdrs"] = base64.b64encode(headers).decode()
        if body:
            message["data"] = base64.b64encode(body).decode()
        return {"message": message}


@dataclass
class Database:
    """Takes what is entered in the audit, unless it is away."""

    entered: list[Deed] = field(default_factory=list)
    error: Exception | None = None

    async def enter(self, deed: Deed) -> None:
        if self.error is not None:
            raise self.error
        self.entered.append(deed)

    @property
    def trail(self) -> Trail:
        return Trail(self.enter, lambda: NOW)

    @property
    def said(self) -> list[tuple[str, str, str]]:
        """Who did what to what."""
        return [(deed.actor.username, deed.action, deed.target) for deed in self.entered]
