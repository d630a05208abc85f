"""The description of the API as OpenAPI; `python -m services.api.schema` prints it without any server."""

from __future__ import annotations

import sys
from typing import Any, cast

import msgspec
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from services.api.app import describe_app
from services.api.channels.schemas import NewChannel
from services.api.errors import ErrorAnswer
from services.api.routes import ROUTES
from services.api.routing.schemas import AlertRouting
from services.api.rules.schemas import AlertRule
from services.api.silences.schemas import AlertSilence, NewSilence
from shared.families import FAMILIES
from shared.family import Column, Family
from shared.version import PRODUCT_VERSION

BEARER = "bearer"
_REF = "#/components/schemas/"

_ERRORS = {
    400: "The request cannot be understood; `field` names the parameter at fault, `problems` all that is wrong with a "
    "body that is looked at as a whole.",
    401: "No token, or one that does not hold.",
    403: "The caller, the Host or the Origin may not do this.",
    404: "There is no such thing.",
    409: "What was asked contradicts what is stored now.",
    413: "The body is too large.",
    429: "Too many attempts; `Retry-After` says how long to wait.",
    503: "A part that this answer needs is away or busy; `Retry-After` says when to try again.",
}
_BODIES = ("Login", "PasswordChange", "NewUser", "UserChange", "NewAcknowledgement", "NewComment", "BacktestWish")
"""Bodies of requests: an unknown field is an error."""

_ALWAYS = (400, 403, 503)
_BY_OPERATION = {
    "login": (401, 413, 429), "refresh": (401, 409), "changePassword": (413, 429), "createUser": (409, 413),
    "changeUser": (404, 409, 413), "readHost": (404,), "readMetrics": (404,), "listTop": (404,), "readCurrent": (404,),
    "readRule": (404,), "putRule": (404, 409, 413), "deleteRule": (404, 409), "backtestRule": (413,),
    "createSilence": (409, 413), "readSilence": (404,), "putSilence": (404, 409, 413), "endSilence": (404, 409),
    "putRoutes": (409, 413),
    "putChannel": (404, 409, 413), "deleteChannel": (404,), "testChannel": (404, 409),
    "readDelivery": (404,),
    "readIncident": (404,), "acknowledgeAlert": (404, 409, 413), "commentAlert": (404, 409, 413),
}  # fmt: skip
_READ_AS_A_WHOLE: dict[str, type[msgspec.Struct]] = {
    "putRule": AlertRule, "createSilence": NewSilence, "putSilence": NewSilence, "putRoutes": AlertRouting,
    "putChannel": NewChannel,
}  # fmt: skip
"""Operation → what its body is: the framework does not read it, since it would tell of the first problem alone."""


def describe() -> dict[str, Any]:
    """Return the OpenAPI document: what the routes declare, and what holds for all of them."""
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="The access token.")
    config = OpenAPIConfig(
        title="Vitalwire", version=PRODUCT_VERSION, use_handler_docstrings=True,
        description="Vital signs of machines: current, over time, and live. Every answer has the header X-Request-Id.",
        components=Components(security_schemes={BEARER: bearer}),
    )  # fmt: skip
    document: dict[str, Any] = describe_app(config).openapi_schema.to_schema()
    schemas = document["components"].setdefault("schemas", {})
    schemas |= _error_schemas() | _family_schemas() | _alerting_schemas()
    for body in _BODIES:
        schemas[body]["additionalProperties"] = False
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, ROUTES[method.upper(), path])
            _describe_body(operation)
    for path in ("/api/v1/metrics/{family}", "/api/v1/metrics/{family}/top"):
        _describe_family(document["paths"][path]["get"])
    _require_column(document["paths"]["/api/v1/metrics/{family}/top"]["get"])
    _describe_ranges(document["paths"]["/api/v1/metrics/{family}"]["get"])
    document["paths"]["/api/v1/schema"]["get"]["responses"]["200"]["content"] = {
        "application/json": {"schema": {"type": "object"}}
    }
    return cast(dict[str, Any], _portable(document))


def _complete(operation: dict[str, Any], least: str) -> None:
    """Add to an operation the errors it can answer, msgpack beside JSON, and who may ask."""
    responses = operation["responses"]
    statuses = [*_ALWAYS, *_BY_OPERATION.get(operation["operationId"], ())]
    if least != "open":
        statuses.append(401)
        operation["security"] = [{BEARER: []}]
        operation["description"] = f"{operation.get('description', '')}\n\nLeast role: {least}.".strip()
    for answer in responses.values():
        content = answer.get("content", {})
        if "application/json" in content:
            content["application/msgpack"] = content["application/json"]
    for status in sorted(statuses):
        responses[str(status)] = {
            "description": _ERRORS[status],
            "content": {"application/json": {"schema": {"$ref": f"{_REF}ErrorAnswer"}}},
        }


def _portable(part: Any) -> Any:
    """Return a part of the document as everybody reads it.

    With anyOf for oneOf, as 60.0 is an integer and a number, so not exactly one; with ends of patterns that other
    languages than Python know; and with lists alone, as they come back from JSON.
    """
    if isinstance(part, dict):
        return {"anyOf" if key == "oneOf" else key: _portable(_pattern(key, value)) for key, value in part.items()}
    return [_portable(value) for value in part] if isinstance(part, list | tuple) else part


def _pattern(key: str, value: Any) -> Any:
    if key != "pattern" or not isinstance(value, str):
        return value
    return value.replace(r"\A", "^").replace(r"\Z", "$")


def _describe_body(operation: dict[str, Any]) -> None:
    """Say what a body is that the framework does not read."""
    body = _READ_AS_A_WHOLE.get(operation["operationId"])
    if body is not None:
        schema = {"$ref": f"{_REF}{body.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}


def _describe_family(operation: dict[str, Any]) -> None:
    """Say which families there are."""
    for parameter in operation["parameters"]:
        if parameter["name"] == "family":
            parameter["schema"] = {"type": "string", "enum": list(FAMILIES)}


def _require_column(operation: dict[str, Any]) -> None:
    """Say that a column must be named: the route takes a request without one, to answer which there are."""
    (column,) = (parameter for parameter in operation["parameters"] if parameter["name"] == "column")
    texts = [schema for schema in column["schema"]["oneOf"] if schema["type"] != "null"]
    column |= {"required": True, "schema": {**column["schema"], **texts[0]}}
    del column["schema"]["oneOf"]


def _describe_ranges(operation: dict[str, Any]) -> None:
    """Say the columns of each family."""
    content = operation["responses"]["200"]["content"]
    ranges = {"anyOf": [{"$ref": f"{_REF}{_camel(name)}Range"} for name in FAMILIES]}
    for form in content.values():
        form["schema"] = ranges
    content["text/csv"] = {"schema": {"type": "string"}}


def _error_schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([ErrorAnswer], ref_template=_REF + "{name}")
    return components


def _alerting_schemas() -> dict[str, Any]:
    """Return rules, silences, routes and bodies with every bound of theirs, which the framework tells in part."""
    kinds: set[type[msgspec.Struct]] = {*_READ_AS_A_WHOLE.values(), AlertSilence}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_REF + "{name}")
    return components


def _family_schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for family in FAMILIES.values():
        schemas |= _schemas_of(family)
    return schemas


def _schemas_of(family: Family) -> dict[str, Any]:
    name = _camel(family.name)
    instants = {"type": "string", "format": "date-time"}
    labels = {column.name: {**_scalar(column), "description": column.doc} for column in family.labels}
    values = {
        column.name: {"type": "array", "items": {"type": [_scalar(column)["type"], "null"]}, "description": column.doc}
        for column in family.gauges
    }
    series = {
        "host": {"type": "string"}, "source": {"type": "string"},
        "labels": {"$ref": f"{_REF}{name}Labels"}, "values": {"$ref": f"{_REF}{name}Values"},
    }  # fmt: skip
    span = {
        "family": {"type": "string", "enum": [family.name]}, "start": instants, "end": instants,
        "resolution": {"type": "string", "enum": ["raw", "1m", "5m", "1h"]},
        "step_seconds": {"type": ["integer", "null"]},
        "aggregate": {"type": "string", "enum": ["avg", "min", "max"]}, "as_of": instants,
        "time": {"type": "array", "items": instants},
        "series": {"type": "array", "items": {"$ref": f"{_REF}{name}Series"}},
    }  # fmt: skip
    return {
        f"{name}Labels": _object(labels, f"Labels of {family.name}."),
        # A caller may have chosen columns, so none is required.
        f"{name}Values": {**_object(values, family.doc), "required": []},
        f"{name}Series": _object(series, f"One series of {family.name}."),
        f"{name}Range": _object(span, f"{family.name} over time."),
    }


def _object(properties: dict[str, Any], doc: str) -> dict[str, Any]:
    return {
        "type": "object", "description": doc, "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip


def _scalar(column: Column) -> dict[str, Any]:
    return {"type": {str: "string", int: "integer", float: "number"}[column.type]}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def main() -> None:
    """Print the document."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(describe()), indent=2) + b"\n")


if __name__ == "__main__":
    main()
