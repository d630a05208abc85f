"""Alert rules as their bucket holds them: listed, written behind what the writer knows, deleted."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import asdict

from services.api.audit import Actor
from services.api.bodies import fields_of, unacceptable
from services.api.buckets import Bucket, Kept, fence_of, require_revision
from services.api.errors import ConflictError, NotFoundError
from services.api.rules.schemas import AlertRule, KeptRule, Rules
from services.api.trail import Trail
from shared.alerts.rule import RULE_NAME, RULE_NAME_CHARACTERS_MAX, RULES_MAX, Rule
from shared.alerts.rule_encoding import NewerRuleError, RuleError, decode_rule, encode_rule, rule_from


class RuleBook:
    """The rules; whoever writes one is kept in the audit."""

    def __init__(self, bucket: Bucket, trail: Trail) -> None:
        self._bucket = bucket
        self._trail = trail

    async def page(self, limit: int, after: str | None) -> Rules:
        """Return rules by name."""
        names = [name for name in await self._bucket.keys() if after is None or name > after]
        found: list[KeptRule] = []
        async for name, kept in self._bucket.values(names):
            if len(found) == limit:
                return Rules(found, found[-1].name)
            found.append(shown(name, kept))
        return Rules(found, None)

    async def rule(self, name: str) -> KeptRule:
        """Return one rule; raise NotFoundError where there is none."""
        return shown(name, await self._existing(name))

    async def put(self, actor: Actor, name: str, body: Any, revision: int | None) -> KeptRule:
        """Make or replace a rule; raise UnacceptableError with every problem of it, and change nothing then.

        Two that make the last ones at once may get beyond RULES_MAX: readers pass over what is too many.
        """
        rule = rule_of(name, body)
        before = await self._bucket.read(name)
        fence = fence_of(before, revision)
        stands = None if before is None else before.body
        if stands is None:
            await self._require_room()
        elif is_newer(name, stands):
            raise ConflictError(f"{name}: a later release has written this rule; upgrade to change it", field="name")
        made = await self._bucket.put(name, encode_rule(rule), fence)
        await self._trail.note(actor, "rule created" if stands is None else "rule changed", name, f"revision {made}")
        return KeptRule(name, made, AlertRule(**asdict(rule)), None)

    async def delete(self, actor: Actor, name: str, revision: int | None) -> None:
        """Delete a rule, which ends its alerts; raise NotFoundError where there is none."""
        before = await self._existing(name)
        require_revision(before, revision)
        # Always behind what was just read: the audit names what was deleted.
        await self._bucket.delete(name, before.revision)
        await self._trail.note(actor, "rule deleted", name, f"revision {before.revision}")

    async def _existing(self, name: str) -> Kept:
        kept = await self._bucket.read(name) if is_name(name) else None
        if kept is None or kept.body is None:
            raise NotFoundError(f"There is no rule {name[:80]!r}; GET /api/v1/rules lists them.", field="name")
        return kept

    async def _require_room(self) -> None:
        keys = await self._bucket.keys()
        # Most often they are few; of those that were deleted only their values tell.
        if len(keys) < RULES_MAX or len([key async for key, _ in self._bucket.values(keys)]) < RULES_MAX:
            return
        raise ConflictError(f"There are {RULES_MAX} rules, and no more may be; delete one, or add overrides to one.")


def is_name(name: str) -> bool:
    """Return whether a rule may be called so."""
    return len(name) <= RULE_NAME_CHARACTERS_MAX and re.fullmatch(RULE_NAME, name) is not None


def is_newer(name: str, body: bytes) -> bool:
    """Return whether a later release has written what stands there."""
    try:
        decode_rule(body, name)
    except NewerRuleError:
        return True
    except RuleError:
        pass
    return False


def rule_of(name: str, body: Any) -> Rule:
    """Return the rule in a body, which may leave its name to the path; raise UnacceptableError with every problem."""
    fields = fields_of(body)
    problems: list[str] = []
    if fields.get("name", name) != name:
        problems.append(f"name: expected that of the path, {name[:80]!r}; leave it out, or name another path")
    try:
        rule = rule_from({**fields, "name": name})
        encode_rule(rule)
    except RuleError as error:
        raise unacceptable([*problems, *error.problems]) from None
    if problems:
        raise unacceptable(problems)
    return rule


def shown(name: str, kept: Kept) -> KeptRule:
    """Return a rule as callers see it, one that cannot be read with the reason."""
    try:
        rule = decode_rule(kept.body or b"", name)
    except RuleError as error:
        return KeptRule(name, kept.revision, None, str(error)[:1_000])
    return KeptRule(name, kept.revision, AlertRule(**asdict(rule)), None)
