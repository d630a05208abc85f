"""Passwords: hashed with argon2 in threads, few at a time, so that a flood of logins cannot take the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.api.errors import BadParameterError, UnavailableError

T = TypeVar("T")

PASSWORD_CHARACTERS_MIN = 8
PASSWORD_BYTES_MAX = 256
THREADS_MAX = 2
WAITING_MAX = 64


def check_password(password: str, field: str = "password") -> str:
    """Return an acceptable new password; raise BadParameterError otherwise."""
    if len(password) < PASSWORD_CHARACTERS_MIN or len(password.encode()) > PASSWORD_BYTES_MAX:
        raise BadParameterError(
            f"{field}: expected at least {PASSWORD_CHARACTERS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes",
            field=field,
        )
    return password


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        # The least that OWASP's password storage cheat sheet asks for argon2id.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS_MAX, "argon2")
        self._waiting = 0
        self._decoy = self._hasher.hash("the password of nobody")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places in the queue of sign-ins; raise UnavailableError where all are taken."""
        if self._waiting >= WAITING_MAX:
            raise UnavailableError("Too many people sign in right now; try again in a few seconds.", retry_after_s=2)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await self._run(self._hash, "", password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether the password is the stored one; without one, take as long and return False."""
        matches = await self._run(self._matches, stored or self._decoy, password)
        return matches and stored is not None

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, _: str, password: str) -> str:
        return self._hasher.hash(password)

    def _matches(self, stored: str, password: str) -> bool:
        if len(password.encode()) > PASSWORD_BYTES_MAX:
            password = ""
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[str, str], T], stored: str, password: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, stored, password)
