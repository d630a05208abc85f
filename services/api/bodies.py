"""Bodies that are looked at as a whole: what is wrong with one, as problems with their fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from services.api.errors import BadParameterError, Problem, UnacceptableError
from services.api.wording import shown

_PLACE = re.compile(r"(?P<list>[a-z_]+), number (?P<number>[0-9]+): ")
_NAME = re.compile(r"(?P<name>[a-z_]+(?:[.\[][^\s:]*)?)(?:, [a-z_]+)*: ")
_MEANT = re.compile(r"(?:required|unknown) field `([^`]+)`")


def fields_of(body: Any) -> dict[str, Any]:
    """Return a body that is a JSON object; raise BadParameterError for any other, without a word of what it holds."""
    if not isinstance(body, dict):
        raise BadParameterError(f"The body: expected a JSON object, got {shown(body, secret=True)}")
    return body


def unacceptable(problems: Iterable[str]) -> UnacceptableError:
    """Return the refusal that tells every problem."""
    return UnacceptableError([Problem(field_of(problem), problem) for problem in problems])


def field_of(problem: str) -> str | None:
    """Return which field a problem is about, such as `warning` or `overrides[1].critical`; None where it says none."""
    place = _PLACE.match(problem)
    rest = problem if place is None else problem[place.end() :]
    path = [] if place is None else [f"{place['list']}[{int(place['number']) - 1}]"]
    name, meant = _NAME.match(rest), _MEANT.search(rest)
    if name is not None:
        path.append(name["name"])
    elif meant is not None:
        path.append(meant[1][:64])
    return ".".join(path) or None
