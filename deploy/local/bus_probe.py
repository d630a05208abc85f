"""Asks the bus whether it knows a user, in the few lines of its protocol that this takes."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass

from shared.settings import Secret

ANSWER_BYTES_MAX = 64 * 1024


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


def wait_until_bus(accepts: bool, address: tuple[str, int], credential: Credential, seconds_max: float) -> bool:
    """Return True once the bus accepts, or refuses, the user; False when it does not within the bound."""
    end = time.monotonic() + seconds_max
    while bus_accepts(address, credential) is not accepts:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
