"""Families over time through the wire: levels, steps, aggregates, labels, hosts, forms, and what is kept."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgpack
import pytest

from tests.integration.api.server import ApiServer, bearer, log_in, send
from tests.integration.api.stored import FORMULAS, START, span, store_cpu, store_disk, store_hour

FIRST = f"{START:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    asyncio.run(store_hour(api.database))
    with httpx.Client(verify=False, base_url=f"{api.url}/api/v1", headers=bearer(log_in(api)), timeout=20) as client:
        yield client


def values(http: httpx.Client, column: str, **asked: str) -> list[Any]:
    """Return one column of web-1."""
    parameters = {"host": "web-1", "columns": column, **asked}
    (series,) = http.get("/metrics/cpu", params=parameters).json()["series"]
    found: list[Any] = series["values"][column]
    return found


def test_stored_rows_come_back_with_the_digits_that_were_sent(http: httpx.Client) -> None:
    body = http.get("/metrics/cpu", params=span(60, host="web-1", columns="total_percent,cores_count")).json()
    assert (body["resolution"], body["step_seconds"], body["aggregate"], len(body["time"])) == ("raw", None, "avg", 60)
    (series,) = body["series"]
    assert (series["host"], series["source"], series["labels"]) == ("web-1", "system", {})
    assert series["values"]["total_percent"][0] == 12.3457
    assert set(series["values"]) == {"total_percent", "cores_count"}
    assert body["time"][0] == FIRST


@pytest.mark.parametrize(
    ("asked", "resolution", "step_seconds", "points", "first"),
    [
        ({"points_max": "61"}, "1m", 60, 60, [29.5, 56.1667]),
        ({"points_max": "200"}, "raw", 20, 180, [9.5, 29.5]),
        ({"step": "60"}, "1m", 60, 60, [29.5, 56.1667]),
        ({"step": "90s"}, "raw", 90, 40, [44.5, 45.6111]),
        ({"step": "5m"}, "5m", 300, 12, [49.5, 49.5]),
        ({"step": "1h"}, "1h", 3_600, 1, [49.5]),
        ({"step": "10m", "aggregate": "max"}, "5m", 600, 6, [99, 99]),
        ({"step": "90", "aggregate": "min"}, "raw", 90, 40, [0, 0]),
        ({"step": "1m", "aggregate": "min"}, "1m", 60, 60, [0, 0]),
    ],
)
def test_long_ranges_are_answered_in_steps_by_the_level_that_fits(
    http: httpx.Client, asked: dict[str, str], resolution: str, step_seconds: int, points: int, first: list[float]
) -> None:
    body = http.get("/metrics/cpu", params=span(3_600, host="web-1", columns="user_percent", **asked)).json()
    assert (body["resolution"], body["step_seconds"], len(body["time"])) == (resolution, step_seconds, points)
    assert body["aggregate"] == asked.get("aggregate", "avg")
    assert body["series"][0]["values"]["user_percent"][: len(first)] == first


def test_a_step_is_whole_wherever_the_range_begins(http: httpx.Client) -> None:
    begun = {
        "start": (START + timedelta(seconds=59)).isoformat(),
        "end": (START + timedelta(seconds=121)).isoformat(),
        "step": "1m",
        "host": "web-1",
        "columns": "user_percent",
    }
    body = http.get("/metrics/cpu", params=begun).json()
    assert (body["start"], body["time"][0], len(body["time"])) == (f"{begun['start'][:19]}Z", FIRST, 3)
    assert body["series"][0]["values"]["user_percent"][0] == 29.5


def test_absent_numbers_are_null_and_do_not_count(http: httpx.Client) -> None:
    assert values(http, "iowait_percent", **span(4)) == [0, None, 2, None]
    assert values(http, "iowait_percent", **span(3_600, step="1m"))[:2] == [29, 89]
    assert values(http, "iowait_percent", **span(3_600, step="1h")) == [1799]
    assert values(http, "nice_percent", **span(3_600, step="1h")) == [None]
    assert values(http, "cores_count", **span(3_600, step="1h")) == [4]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["web-1"], ["web-1"]),
        (["*"], ["db_1", "web-1"]),
        (["web-*"], ["web-1"]),
        (["db_1"], ["db_1"]),
        (["d?_1", "web-?"], ["db_1", "web-1"]),
        (["db_1", "web-?"], ["db_1", "web-1"]),
        (["db%"], []),
        (["w_b-1*"], []),
    ],
)
def test_hosts_are_chosen_by_name_and_glob(http: httpx.Client, hosts: list[str], expected: list[str]) -> None:
    body = http.get("/metrics/cpu", params={**span(10), "host": hosts}).json()
    assert [series["host"] for series in body["series"]] == expected


@pytest.mark.parametrize(
    ("family", "labels", "expected"),
    [
        ("network", ["interface:eth0"], ["eth0"]),
        ("network", ["interface:e*", "interface:-ba??"], ["-bash", "eth0"]),
        ("network", ["interface:%"], []),
        ("process", ["pid:7"], [7]),
        ("process", ["pid:7*"], [7, 70, 71]),
        ("process", ["pid:7?", "name:p", "pid:8"], [8, 70, 71]),
        ("process", ["pid:7?", "name:x"], []),
    ],
)
def test_labels_choose_series(http: httpx.Client, family: str, labels: list[str], expected: list[object]) -> None:
    body = http.get(f"/metrics/{family}", params={**span(10), "label": labels}).json()
    first = "interface" if family == "network" else "pid"
    assert [series["labels"][first] for series in body["series"]] == expected


def test_a_range_is_csv_on_request_and_runs_no_formula(http: httpx.Client) -> None:
    parameters = span(10, columns="receive_bytes_per_second")
    answer = http.get("/metrics/network", params=parameters, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["interface"] for row in rows} == {"'=1+1", 'say "hi"', "'-bash", "eth0"}
    assert rows[0]["time"] == FIRST
    exact = http.get("/metrics/network", params=parameters).json()
    assert {series["labels"]["interface"] for series in exact["series"]} == set(FORMULAS)


@pytest.mark.parametrize("asked", [{}, {"step": "5m"}, {"step": "7"}])
def test_every_form_says_the_same(http: httpx.Client, asked: dict[str, str]) -> None:
    parameters = span(600 if asked else 10, host="web-1", columns="user_percent,iowait_percent", **asked)
    packed = http.get("/metrics/cpu", params=parameters, headers={"Accept": "application/msgpack"})
    assert packed.headers["content-type"] == "application/msgpack"
    plain = http.get("/metrics/cpu", params=parameters).json()
    assert {**msgpack.unpackb(packed.content), "as_of": None} == {**plain, "as_of": None}
    lines = http.get("/metrics/cpu", params=parameters, headers={"Accept": "text/csv"}).text
    found = {row["time"]: row for row in csv.DictReader(io.StringIO(lines))}
    columns = plain["series"][0]["values"]
    for name, cells in columns.items():
        shown = [float(found[time][name]) if found[time][name] else None for time in plain["time"]]
        assert shown == cells


@pytest.mark.parametrize(
    ("seconds", "points_max", "step_seconds", "points"),
    [(400, 500, None, 400), (600, 500, 10, 60), (4_800, 500, 10, 480), (4_800, 4_800, None, 4_800)],
)
def test_a_host_that_reports_faster_than_its_family_is_answered_in_steps(
    api: ApiServer, http: httpx.Client, seconds: int, points_max: int, step_seconds: int | None, points: int
) -> None:
    host = f"fast-{seconds}-{points_max}"
    asyncio.run(store_disk(api.database, seconds, [host]))
    parameters = span(seconds, host=host, columns="used_percent", points_max=str(points_max))
    body = http.get("/metrics/disk", params=parameters).json()
    assert (body["step_seconds"], len(body["time"])) == (step_seconds, points)
    assert body["series"][0]["values"]["used_percent"][:2] == ([4.5, 4.5] if step_seconds else [0, 1])
    lines = http.get("/metrics/disk", params=parameters, headers={"Accept": "text/csv"}).text
    assert sorted(row["time"] for row in csv.DictReader(io.StringIO(lines))) == body["time"]


def test_a_range_whose_rows_are_too_many_numbers_is_answered_in_steps(api: ApiServer, http: httpx.Client) -> None:
    asyncio.run(store_disk(api.database, 500, [f"wide-{number}" for number in range(150)]))
    body = http.get("/metrics/disk", params=span(500, host="wide-*")).json()
    assert (body["step_seconds"], len(body["time"]), len(body["series"])) == (10, 50, 150)


def test_an_answer_too_large_is_refused_with_a_sentence(api: ApiServer, http: httpx.Client) -> None:
    asyncio.run(store_cpu(api.database, 100, [f"many-{host}" for host in range(400)]))
    answer = http.get("/metrics/cpu", params=span(100, host="many-*"))
    assert (answer.status_code, answer.json()["code"]) == (400, "too_much")
    assert "fewer hosts" in answer.json()["detail"]
    spread = http.get("/metrics/cpu", params=span(3_600, step="1", columns="total_percent"))
    assert (spread.status_code, spread.json()["code"]) == (400, "too_much")


@pytest.mark.parametrize(
    ("asked", "code", "field", "says"),
    [
        ({"step": "10", "start": "-8d", "end": "-7d"}, "bad_parameter", "step", "a multiple of 60 s (1m), the finest"),
        ({"step": "1m", "start": "-31d"}, "bad_parameter", "step", "a multiple of 300 s (5m), the finest"),
        ({"step": "90m", "start": "-300d", "end": "-299d"}, "bad_parameter", "step", "a multiple of 3600 s (1h)"),
        ({"step": "1", "start": "-6d"}, "too_much", None, "more than 10,000 points of time"),
        ({"step": "5m", "points_max": "5"}, "bad_parameter", "step", "either step or points_max"),
        ({"step": "5y"}, "bad_parameter", "step", "expected whole seconds, or a number with s, m, h, d or w"),
        ({"label": "mount:/"}, "bad_parameter", "label", "cpu has no label 'mount'; known are none"),
        ({"columns": "cpu"}, "bad_parameter", "columns", "cpu has no gauge 'cpu'; known are total_percent"),
        ({"aggregate": "sum"}, "bad_parameter", "aggregate", "expected one of avg, max, min, got 'sum'"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    http: httpx.Client, asked: dict[str, str], code: str, field: str | None, says: str
) -> None:
    answer = http.get("/metrics/cpu", params=asked)
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (400, code, field), body
    assert says in body["detail"]


def test_repeated_steps_are_given_again_for_some_seconds_and_rows_never(api: ApiServer, http: httpx.Client) -> None:
    def counted(result: str) -> float:
        figures = send("GET", f"http://127.0.0.1:{api.extra['metrics_port']}/metrics").text
        name = f'vitalwire_api_cache_total{{result="{result}"}}'
        return sum(float(line.split()[1]) for line in figures.splitlines() if line.startswith(name))

    def changes(**asked: str) -> tuple[float, float]:
        before = counted("hit"), counted("miss")
        answers = [http.get("/metrics/cpu", params=asked).json() for _ in range(2)]
        assert answers[0]["series"] == answers[1]["series"]
        return counted("hit") - before[0], counted("miss") - before[1]

    assert changes(**span(3_600, host="web-1", step="5m", columns="idle_percent")) == (1, 1)
    assert changes(**span(3_600, host="web-1", step="5m", columns="system_percent")) == (1, 1)
    assert changes(**span(10, host="web-1")) == (0, 0)
