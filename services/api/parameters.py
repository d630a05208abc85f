"""Query parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from services.api.errors import BadParameterError
from shared.glob import PATTERN_CHARACTERS_MAX, PATTERNS_MAX, is_glob, to_like

LIMIT_MAX = 1_000
REVISION_MAX = 2**53 - 1
"""The broker counts farther; a number of JavaScript does not."""

Limit = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description=f"Entries of one page, 1 to {LIMIT_MAX}.")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=1_000, description="`next_cursor` of the page before; none is the first.")
]
Revision = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=REVISION_MAX,
        description="The revision that the caller has read, 0 where there was none: 409 when another stands there now.",
    ),
]
Hosts = Annotated[
    list[str] | None,
    QueryParameter(description="Host name or glob with `*` and `?`; may be given several times. None is every host."),
]


def host_patterns(hosts: list[str] | None) -> list[str]:
    """Return host patterns, `*` where none was given; raise BadParameterError beyond the limits of globs."""
    return _patterns("host", hosts, "web-*")


def rule_patterns(rules: list[str] | None) -> list[str]:
    """Return patterns of rules, `*` where none was given; raise BadParameterError beyond the limits of globs."""
    return _patterns("rule", rules, "disk_*")


def like_filter(patterns: list[str]) -> tuple[list[str], list[str]]:
    """Return the exact names among patterns, and the others as LIKE patterns."""
    return [each for each in patterns if not is_glob(each)], [to_like(each) for each in patterns if is_glob(each)]


def _patterns(field: str, given: list[str] | None, example: str) -> list[str]:
    patterns = given or ["*"]
    if len(patterns) > PATTERNS_MAX:
        raise BadParameterError(f"{field}: expected at most {PATTERNS_MAX}, got {len(patterns)}", field=field)
    for pattern in patterns:
        if not pattern or len(pattern) > PATTERN_CHARACTERS_MAX or "\0" in pattern:
            raise BadParameterError(
                f"{field}: expected a name or glob of 1 to {PATTERN_CHARACTERS_MAX} characters, such as {example}",
                field=field,
            )
    return patterns


def bad_cursor(cursor: str) -> BadParameterError:
    """Return the refusal of a cursor that is none of ours."""
    return BadParameterError(
        f"cursor: expected the next_cursor of the page before, got {cursor[:40]!r}; leave it out for the first page",
        field="cursor",
    )
