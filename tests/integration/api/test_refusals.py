"""What bad requests get: the parameter at fault, what is accepted, and what came."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.api.server import ApiServer, bearer, log_in


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, base_url=f"{api.url}/api/v1", headers=bearer(log_in(api)), timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/metrics/cpu?start=yesterday", "start"),
        ("/metrics/cpu?start=2026-11-20T12:00:00", "start"),
        ("/metrics/cpu?start=-5x", "start"),
        ("/metrics/cpu?start=-99999999d", "start"),
        ("/metrics/cpu?start=-5m&end=-10m", "start"),
        ("/metrics/cpu?end=9999-12-31T23:59:59Z", "end"),
        ("/metrics/cpu?end=0001-01-01T00:00:00%2B14:00", "end"),
        ("/metrics/cpu?columns=nothing", "columns"),
        ("/metrics/cpu?columns=", "columns"),
        ("/metrics/cpu?points_max=1", "points_max"),
        ("/metrics/cpu?points_max=10001", "points_max"),
        ("/metrics/cpu?points_max=many", "points_max"),
        ("/metrics/cpu?host=", "host"),
        ("/metrics/cpu?host=a%00b", "host"),
        ("/metrics/cpu?" + "&".join(f"host=h{number}" for number in range(101)), "host"),
        ("/metrics/cpu?hosts=web-1", "hosts"),
        ("/metrics/cpu?step=0", "step"),
        ("/metrics/cpu?step=5m&points_max=9", "step"),
        ("/metrics/cpu?aggregate=sum", "aggregate"),
        ("/metrics/cpu?label=x:y", "label"),
        ("/metrics/network?label=interface", "label"),
        ("/metrics/cpu/top?column=nothing", "column"),
        ("/metrics/cpu/top", "column"),
        ("/metrics/cpu/top?column=total_percent&order=up", "order"),
        ("/metrics/cpu/top?column=total_percent&limit=0", "limit"),
        ("/metrics/network/top?column=used_percent&label=x:y", "label"),
        ("/metrics/processes?sort=name", "sort"),
        ("/metrics/processes?cursor=x", "cursor"),
        ("/metrics/current?cursor=x", "cursor"),
        ("/hosts?limit=0", "limit"),
        ("/hosts?limit=1001", "limit"),
        ("/audit?cursor=-1", "cursor"),
        ("/audit?cursor=zz", "cursor"),
        ("/families?x=1", "x"),
    ],
)
def test_a_bad_parameter_is_named(http: httpx.Client, path: str, field: str) -> None:
    answer = http.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"], body["field"]) == (400, 400, "bad_parameter", field), body
    assert body["detail"].startswith(field)
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (
            "/metrics/processes?sort=cpu",
            "sort: expected one of cpu_percent, memory_percent, resident_bytes, got 'cpu'",
        ),
        (
            "/metrics/swap/top",
            "column: expected one of total_bytes, used_bytes, free_bytes, used_percent, in_bytes_per_second, "
            "out_bytes_per_second, got nothing",
        ),
        ("/metrics/cpu?points_max=1", "points_max: expected a whole number from 2 to 10,000, got '1'"),
        ("/hosts?limit=many", "limit: expected a whole number from 1 to 1,000, got 'many'"),
        (f"/hosts?cursor={'x' * 1_001}", f"cursor: expected text of at most 1,000 characters, got '{'x' * 40}'…"),
        ("/audit?cursor=zz", "cursor: expected the next_cursor of the page before, got 'zz'"),
        ("/metrics/cpu?start=2026-11-21T18:00:00.5%2B09:00&end=2026-11-21T09:00:00Z",
         "start: expected an instant before the end (2026-11-21T09:00:00Z), got 2026-11-21T09:00:00Z"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_told_what_is_accepted_and_what_came(http: httpx.Client, path: str, detail: str) -> None:
    assert http.get(path).json()["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["/hosts", "/users"])
def test_any_text_is_a_place_among_names(http: httpx.Client, path: str) -> None:
    assert http.get(path, params={"cursor": "zz"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nothing", 404, "There is no route GET /api/v1/nothing; "),
        ("PUT", "/users", 405, "There is no PUT /api/v1/users; this path takes GET, POST; "),
        ("OPTIONS", "/hosts", 405, "There is no OPTIONS /api/v1/hosts; this path takes GET; "),
    ],
)
def test_a_route_that_is_none_is_named_and_where_the_routes_are(
    http: httpx.Client, method: str, path: str, status: int, detail: str
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["detail"]) == (status, f"{detail}GET /api/v1/schema lists the routes.")
    assert ("GET" in answer.headers.get("allow", "")) is (status == 405)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff", b'{"role": ' + b"9" * 5_000 + b"}"])
def test_a_body_that_is_none_is_a_sentence(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/users", content=content)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body: expected")
    assert "`" not in answer.json()["detail"]
