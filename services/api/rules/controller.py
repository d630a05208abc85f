"""Routes for alert rules; they need the bus and no database."""

from __future__ import annotations

from typing import Any

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.api.audit import Actor
from services.api.configured import Configured
from services.api.parameters import Cursor, Limit, Revision
from services.api.routes import PREFIX
from services.api.rules.schemas import KeptRule, Rules


class RulesController(Controller):
    """Alert rules: what alerting looks at, and what is too much there."""

    path = f"{PREFIX}/rules"
    tags = ("rules",)

    @get("/", operation_id="listRules")
    async def list_rules(
        self, configured: NamedDependency[Configured], limit: Limit = 100, cursor: Cursor = None
    ) -> Rules:
        """Return alert rules by name."""
        return await configured.rules.page(limit, cursor)

    @get("/{name:str}", operation_id="readRule")
    async def read_rule(self, name: FromPath[str], configured: NamedDependency[Configured]) -> KeptRule:
        """Return one alert rule with its revision."""
        return await configured.rules.rule(name)

    @put("/{name:str}", operation_id="putRule")
    async def put_rule(
        self,
        name: FromPath[str],
        data: JSONBody[Any],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
        revision: Revision = None,
    ) -> KeptRule:
        """Make or replace an alert rule, which counts at once; a body that cannot be used is told every problem.

        What stands there is replaced only with the `revision` of it, else the answer is 409; to make one takes none.
        The name may be left to the path. A switched off rule has `enabled` false; what is different on some hosts
        stands in `overrides`.
        """
        return await configured.rules.put(actor, name, data, revision)

    @delete("/{name:str}", operation_id="deleteRule", status_code=204)
    async def delete_rule(
        self,
        name: FromPath[str],
        configured: NamedDependency[Configured],
        actor: NamedDependency[Actor],
        revision: Revision = None,
    ) -> None:
        """Delete an alert rule, which ends its alerts."""
        await configured.rules.delete(actor, name, revision)
