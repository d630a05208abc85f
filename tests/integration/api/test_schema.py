"""The description of the API is true: generated requests find no failure and no undocumented answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from services.api.schema import describe
from tests.integration.api.server import ApiServer, bearer, log_in, send

CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
schema = schemathesis.openapi.from_dict(describe())
# Each of these would end the session that all other requests use. No notifier runs here, so a test of a channel is
# answered with 503 as it should be: test_channels.py has one.
requests = schema.exclude(operation_id=["logout", "changePassword", "changeUser", "testChannel"])


@pytest.fixture(scope="module")
def caller(api: ApiServer) -> dict[str, str]:
    return {**bearer(log_in(api)), "X-Vitalwire-Client": "schemathesis"}


@requests.parametrize()
@settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_generated_requests_find_no_failure(api: ApiServer, caller: dict[str, str], case: Case[Any]) -> None:
    answer = case.call(base_url=api.url, headers=caller)
    assert answer.status_code < 500, (case.as_curl_command(), answer.text)
    case.validate_response(answer, checks=CHECKS)


def test_it_is_the_document_that_viewers_get(api: ApiServer, caller: dict[str, str]) -> None:
    assert send("GET", f"{api.url}/api/v1/schema", headers=caller).json() == describe()
