"""Sentences for a value that does not fit its type: which one, what is accepted, and what came instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

from services.api.errors import BadParameterError

SHOWN_CHARACTERS_MAX = 40
NOTHING = object()
"""Stands for a value that was not sent at all."""

_BODY = "data"
_SIMPLE: Mapping[type[inspect.Type], str] = {
    inspect.BoolType: "true or false", inspect.DictType: "an object",
}  # fmt: skip
_NAMED = re.compile(r"(unknown|required) field `([^`]+)`")
"""What is said of a field that is missing, or that the type does not have."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a route accepts, as the type of each argument, and what came."""

    accepted: Mapping[str, Any]
    query: Mapping[str, str]
    body: Any = NOTHING


def refusal_of(fault: Mapping[str, str], request: Request) -> BadParameterError:
    """Return the refusal for what the framework found at fault: its `key`, `source` and `message`."""
    # Of a list's entry the list is named.
    key, fields = fault.get("key", _BODY).partition("[")[0], _fields_of(request.accepted.get(_BODY))
    in_body = fault.get("source") == "body" or key not in request.accepted
    named = _NAMED.search(fault.get("message", "")) if in_body else None
    if named is not None and named[2] in fields:
        return _refusal(named[2], fields[named[2]], NOTHING)
    if named is not None:
        name = named[2][:64]
        return BadParameterError(f"{name}: there is no such field; accepted are {', '.join(fields)}", field=name)
    if in_body and key in fields and isinstance(request.body, dict):
        return _refusal(key, fields[key], request.body.get(key, NOTHING))
    if in_body:
        # A route that reads its body itself may be given secrets.
        came = shown(request.body, secret=not fields)
        named_fields = f" with {', '.join(fields)}" if fields else ""
        return BadParameterError(f"The body: expected a JSON object{named_fields}, got {came}")
    return _refusal(key, inspect.type_info(request.accepted[key]), request.query.get(key, NOTHING))


def _fields_of(annotation: Any) -> dict[str, inspect.Type]:
    if annotation is None:
        return {}
    body = inspect.type_info(annotation)
    while isinstance(body, inspect.Metadata):
        body = body.type
    return {field.encode_name: field.type for field in body.fields} if isinstance(body, inspect.StructType) else {}


def _refusal(name: str, kind: inspect.Type, came: Any) -> BadParameterError:
    got = shown(came, secret="password" in name)
    return BadParameterError(f"{name}: expected {expected(kind)}, got {got}", field=name)


def expected(kind: inspect.Type) -> str:
    """Return what a type accepts, in words."""
    match kind:
        case inspect.Metadata(type=inspect.StrType(pattern=str()), extra_json_schema={"description": str(words)}):
            # A pattern says it to programs; its description says it to people.
            return words
        case inspect.Metadata(type=inner):
            return expected(inner)
        case inspect.UnionType(types=kinds):
            return " or ".join(expected(each) for each in kinds if not isinstance(each, inspect.NoneType))
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.IntType(ge=least, le=most):
            return "a whole number" if least is None else f"a whole number from {least:,} to {most:,}"
        case inspect.ListType(item_type=inner):
            return f"a list, each {expected(inner)}"
        case inspect.StrType(min_length=least, max_length=most):
            if most is None:
                return "text"
            return f"text of {least} to {most:,} characters" if least else f"text of at most {most:,} characters"
        case _:
            return _SIMPLE.get(type(kind), "another type")


def shown(value: Any, *, secret: bool) -> str:
    """Return what came, short; of a secret its length only."""
    match value:
        case str() if secret:
            return f"text of length {len(value)}"
        case str() if len(value) > SHOWN_CHARACTERS_MAX:
            return f"{value[:SHOWN_CHARACTERS_MAX]!r}… of {len(value)} characters"
        case str():
            return repr(value)
        case bool() | int() | float():
            return "no text" if secret else str(value).lower()[:SHOWN_CHARACTERS_MAX]
        case dict():
            return "an object"
        case list():
            return "a list"
        case None:
            return "null"
        case _:
            return "nothing"
