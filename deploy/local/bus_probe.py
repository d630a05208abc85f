"""Asks the bus whether it knows a user, and what it answers, in the few lines of its protocol that this takes."""

from __future__ import annotations

import json
import re
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from shared.settings import Secret
from shared.subjects import inbox_prefix

ANSWER_BYTES_MAX = 64 * 1024
ANSWERS_BYTES_MAX = 256 * 1024
_MESSAGE = re.compile(rb"^MSG (?P<subject>\S+) \S+ (?:\S+ )?(?P<size>[0-9]{1,9})\r\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Credential:
    """A bus user and its password."""

    user: str
    password: Secret


def bus_accepts(address: tuple[str, int], credential: Credential, timeout_s: float = 2.0) -> bool:
    """Return whether the bus lets the user in; False also when there is no bus."""
    hello = {"verbose": False, "user": credential.user, "pass": credential.password.reveal(), "lang": "probe"}
    try:
        with socket.create_connection(address, timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(f"CONNECT {json.dumps(hello)}\r\nPING\r\n".encode())
            answer = b""
            while len(answer) < ANSWER_BYTES_MAX:
                part = connection.recv(4096)
                answer += part
                if b"\r\nPONG\r\n" in answer:
                    return True
                if not part or b"-ERR" in answer:
                    return False
    except OSError:
        return False
    return False


def bus_answers(
    address: tuple[str, int], credential: Credential, questions: Sequence[tuple[str, bytes]], timeout_s: float = 2.0
) -> list[bytes] | None:
    """Return what is answered to each question, a subject and a body; None where one has no answer within the time."""
    hello = {"verbose": False, "user": credential.user, "pass": credential.password.reveal(), "lang": "probe"}
    inbox = f"{inbox_prefix(credential.user)}.{secrets.token_hex(8)}"
    said = f"CONNECT {json.dumps(hello)}\r\nSUB {inbox}.* 1\r\n".encode()
    for number, (subject, body) in enumerate(questions):
        said += f"PUB {subject} {inbox}.{number} {len(body)}\r\n".encode() + body + b"\r\n"
    end, got, heard = time.monotonic() + timeout_s, dict[int, bytes](), b""
    try:
        with socket.create_connection(address, timeout_s) as connection:
            connection.sendall(said)
            while len(got) < len(questions) and len(heard) < ANSWERS_BYTES_MAX:
                connection.settimeout(max(0.001, end - time.monotonic()))
                part = connection.recv(4096)
                if not part:
                    return None
                heard += part
                got = _messages(heard, [f"{inbox}.{number}" for number in range(len(questions))])
    except OSError:
        return None
    return [got[number] for number in range(len(questions))] if len(got) == len(questions) else None


def _messages(heard: bytes, subjects: list[str]) -> dict[int, bytes]:
    """Return the messages on these subjects that have come whole, by the place of their subject."""
    found: dict[int, bytes] = {}
    place = 0
    for line in _MESSAGE.finditer(heard):
        start, size = line.end(), int(line["size"])
        # A body may hold anything, also what looks like the beginning of a message.
        if line.start() < place or len(heard) < start + size:
            continue
        place = start + size
        subject = line["subject"].decode(errors="replace")
        if subject in subjects:
            found[subjects.index(subject)] = heard[start:place]
    return found


def wait_until_bus(accepts: bool, address: tuple[str, int], credential: Credential, seconds_max: float) -> bool:
    """Return True once the bus accepts, or refuses, the user; False when it does not within the bound."""
    end = time.monotonic() + seconds_max
    while bus_accepts(address, credential) is not accepts:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
