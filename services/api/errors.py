"""Every refusal of the API, and the one table that turns an exception into an HTTP answer.

ApiError
├── BadRequestError 400 ── BadParameterError (UnacceptableError), TooMuchError, QueryTimeoutError
├── NotAuthenticatedError 401 ── SessionEndedError
├── ForbiddenError 403
├── NotFoundError 404
├── ConflictError 409
├── LimitedError 429
└── UnavailableError 503 ── DatabaseAwayError, BusAwayError (NobodyAnswersError)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec
from litestar.exceptions import HTTPException
from msgspec import UNSET, UnsetType

log = logging.getLogger(__name__)


DETAIL_CHARACTERS_MAX = 4_000
PROBLEMS_MAX = 100


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a body: where in it, so far as that can be said, and what to do about it."""

    field: str | None
    detail: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """What went wrong, for a program (`code`, `field`) and for a person (`detail`)."""

    status: int
    code: str
    detail: str
    field: str | None
    request_id: str
    problems: list[Problem] | UnsetType = UNSET
    """All that is wrong, where a body is looked at as a whole; `detail` tells them together, `field` the first's."""


class ApiError(Exception):
    """A refusal with an answer. The text says what was expected, what came, and what to do."""

    status = 500
    code = "internal"
    problems: list[Problem] | UnsetType = UNSET

    def __init__(self, detail: str, *, field: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s


class BadRequestError(ApiError):
    """The request cannot be understood. Change it; sending it again cannot help."""

    status, code = 400, "bad_request"


class BadParameterError(BadRequestError):
    """One parameter or field of the body is not acceptable."""

    code = "bad_parameter"


class UnacceptableError(BadParameterError):
    """What somebody wrote cannot be used; each of the problems is told, so that one look is enough to mend it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        text = "; ".join(problem.detail for problem in problems)
        super().__init__(text[:DETAIL_CHARACTERS_MAX], field=problems[0].field)
        self.problems = list(problems[:PROBLEMS_MAX])


class TooMuchError(BadRequestError):
    """The answer would be larger than the limit."""

    code = "too_much"


class QueryTimeoutError(BadRequestError):
    """The database gave up on the query after its time limit."""

    code = "query_timeout"


class NotAuthenticatedError(ApiError):
    """No token, or one that does not hold. Sign in."""

    status, code = 401, "not_authenticated"


class SessionEndedError(NotAuthenticatedError):
    """The token was good, but its session has ended or its time is over."""

    code = "session_ended"


class ForbiddenError(ApiError):
    """The caller is known but may not do this."""

    status, code = 403, "forbidden"


class NotFoundError(ApiError):
    """There is no such thing."""

    status, code = 404, "not_found"


class ConflictError(ApiError):
    """What was asked contradicts what is stored now."""

    status, code = 409, "conflict"


class LimitedError(ApiError):
    """Too many attempts. Wait as long as Retry-After says."""

    status, code = 429, "limited"


class UnavailableError(ApiError):
    """A part that this answer needs is away or busy. Try again."""

    status, code = 503, "unavailable"


class DatabaseAwayError(UnavailableError):
    """The database does not answer."""

    code = "database_away"


class BusAwayError(UnavailableError):
    """The bus does not answer."""

    code = "bus_away"


class NobodyAnswersError(BusAwayError):
    """The bus is there, and nobody listens on the subject."""


_CODES = {
    400: "bad_request", 401: "not_authenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    413: "too_large", 415: "unsupported_media_type", 503: "unavailable",
}  # fmt: skip
_INTERNAL = "Something failed here, and was logged with this request id; trying again may help."


def answer_of(error: Exception, request_id: str) -> tuple[ErrorAnswer, dict[str, str]]:
    """Return the answer and the headers of any exception; what nobody foresaw becomes a 500 that tells nothing."""
    if isinstance(error, ApiError):
        headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        answer = ErrorAnswer(error.status, error.code, error.detail, error.field, request_id, error.problems)
        return answer, headers
    if isinstance(error, RecursionError):
        return ErrorAnswer(400, "bad_request", "The body is nested too deeply.", None, request_id), {}
    if isinstance(error, HTTPException) and error.status_code < 500:
        code = _CODES.get(error.status_code, "bad_request")
        headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
        return ErrorAnswer(error.status_code, code, str(error.detail)[:300], None, request_id), headers
    return ErrorAnswer(500, "internal", _INTERNAL, None, request_id), {}
