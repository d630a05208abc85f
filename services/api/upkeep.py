"""What the API does by itself: the first admin, and deleting what no rule reads any more."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from services.api.auth.passwords import PASSWORD_CHARACTERS_MIN, Passwords
from services.api.auth.queries import AccessQueries
from services.api.errors import ApiError
from shared.settings import Secret

log = logging.getLogger(__name__)

ADMIN = "admin"
RETRY_S = 2.0
PURGE_EVERY_S = 3_600.0


@dataclass(slots=True)
class Upkeep:
    """Makes the first admin as soon as the database answers, and purges every hour."""

    queries: AccessQueries
    passwords: Passwords
    admin_password: Secret | None
    done: bool = False

    async def make_admin(self) -> None:
        """Make the admin when there is no user and a password is given; a database that is away is asked again."""
        try:
            if not await self.queries.has_users():
                await self._make(self.admin_password)
            self.done = True
        except ApiError as error:
            log.warning("users cannot be read", extra={"error": error.detail})

    async def run(self) -> None:
        """Do it for ever."""
        while not self.done:
            await asyncio.sleep(RETRY_S)
            await self.make_admin()
        while True:
            try:
                await self.queries.purge(datetime.now(UTC))
            except ApiError as error:
                log.warning("old entries cannot be deleted", extra={"error": error.detail})
            await asyncio.sleep(PURGE_EVERY_S)

    async def _make(self, password: Secret | None) -> None:
        if password is None:
            log.warning("there is no user yet; set admin_password, so that 'admin' is made at the next start")
            return
        if len(password.reveal()) < PASSWORD_CHARACTERS_MIN:
            log.warning("the password of admin is short", extra={"characters_min": PASSWORD_CHARACTERS_MIN})
        if await self.queries.create_first_user(ADMIN, await self.passwords.hash(password.reveal())):
            log.info("user made", extra={"username": ADMIN})
