"""Routes for silences; they need the bus and no database."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.api.audit import Actor
from services.api.configured import Configured
from services.api.parameters import Cursor, Limit, Revision
from services.api.routes import PREFIX
from services.api.silences.schemas import KeptSilence, Silences

Over = Annotated[bool, QueryParameter(description="Whether to list those that are over as well.")]


class SilencesController(Controller):
    """Silences: of what nobody is told, and until when."""

    path = f"{PREFIX}/silences"
    tags = ("silences",)

    @get("/", operation_id="listSilences")
    async def list_silences(
        self,
        configured: NamedDependency[Configured],
        limit: Limit = 100,
        cursor: Cursor = None,
        over: Over = False,
    ) -> Silences:
        """Return silences by id, which begins with the time at which one was made unless somebody chose it."""
        return await configured.silences.page(limit, cursor, with_over=over)

    @post("/", operation_id="createSilence", status_code=201)
    async def create_silence(
        self, data: JSONBody[Any], configured: NamedDependency[Configured], actor: NamedDependency[Actor]
    ) -> KeptSilence:
        """Make a silence. It counts at once, is kept with who made it and why, and lets the end of alerts through."""
        return await configured.silences.create(actor, data)

    @get("/{id:str}", operation_id="readSilence")
    async def read_silence(self, id: FromPath[str], configured: NamedDependency[Configured]) -> KeptSilence:
        """Return one silence with its revision."""
        return await configured.silences.silence(id)

    @put("/{id:str}", operation_id="putSilence")
    async def put_silence(
        self,
        id: FromPath[str],
        data: JSONBody[Any],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
        revision: Revision = None,
    ) -> KeptSilence:
        """Make a silence under an id of one's own, or replace one: it is the caller's from then on.

        What stands there is replaced only with the `revision` of it, else the answer is 409; to make one takes none.
        """
        return await configured.silences.put(actor, id, data, revision)

    @delete("/{id:str}", operation_id="endSilence", status_code=204)
    async def end_silence(
        self,
        id: FromPath[str],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
        revision: Revision = None,
    ) -> None:
        """End a silence now. It stays, over, with who made it and why; one that has not begun is removed."""
        await configured.silences.end(actor, id, revision)
