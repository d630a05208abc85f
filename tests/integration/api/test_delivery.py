"""The route for delivery: who is known, what a range may be, and duplicates among hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import msgpack
import pytest

from tests.integration.api.server import ApiServer, bearer, log_in, tick
from tests.integration.api.speaker import Speaker
from tests.integration.conftest import BusConnect, run_sql
from tests.servers import NatsServer, wait_until


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, base_url=f"{api.url}/api/v1", headers=bearer(log_in(api)), timeout=20) as client:
        yield client


def store(api: ApiServer, host: str, ahead_s: int) -> None:
    """Store 1 to 60 but 31 to 40 of a session, one a second; the newest is so far ahead of now."""
    run_sql(
        api.database.owner_url,
        "INSERT INTO metrics.sample_sets"
        f" SELECT now() + (seq - 60 + {ahead_s}) * interval '1 s', '{host}', 'system', 'a', seq,"
        " now() + (seq - 60) * interval '1 s', seq"
        " FROM generate_series(1, 60) AS seq WHERE seq NOT BETWEEN 31 AND 40",
    )


def test_the_last_day_of_a_host_that_only_the_database_knows(api: ApiServer, http: httpx.Client) -> None:
    store(api, "only-stored", ahead_s=-5)
    answer = http.get("/hosts/only-stored/delivery")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["total"]["received"], body["total"]["missing"]) == (50, 10)
    assert [(gap["seq_first"], gap["seq_last"]) for gap in body["gaps"]] == [(31, 40)]
    assert len(body["timeline"]["time"]) == len(body["timeline"]["missing"]) <= 300
    assert (body["duplicate"], body["stream_loss"]) == (False, [])
    packed = http.get("/hosts/only-stored/delivery", headers={"Accept": "application/msgpack"})
    assert msgpack.unpackb(packed.content)["total"]["missing"] == 10


def test_a_host_whose_clock_is_ahead_is_counted_up_to_its_newest(api: ApiServer, http: httpx.Client) -> None:
    store(api, "ahead", ahead_s=120)
    body = http.get("/hosts/ahead/delivery").json()
    assert body["total"]["received"] == sum(body["timeline"]["received"]) == 50
    assert body["clock_offset_seconds"] == pytest.approx(120, abs=0.1)


@pytest.mark.parametrize("host", ["nobody", "NOBODY", "a%00b", "a%20b", "%27%3B%20DROP%20TABLE%20x", "x" * 300])
def test_nobody_knows_that_host(http: httpx.Client, host: str) -> None:
    answer = http.get(f"/hosts/{host}/delivery")
    assert (answer.status_code, answer.json()["field"]) == (404, "host")


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"start": "yesterday"}, "start"), ({"start": "-1h", "end": "-2h"}, "start"), ({"step": "5m"}, "step"),
     ({"points_max": "19"}, "points_max"), ({"points_max": "301"}, "points_max")],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(http: httpx.Client, asked: dict[str, str], field: str) -> None:
    answer = http.get("/hosts/only-stored/delivery", params=asked)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    ("start", "points_max", "step_seconds"),
    [("-15m", None, 5), ("-15m", 100, 10), ("-24h", 100, 900), ("-24h", None, 300)],
)
def test_steps_suit_the_range_and_whoever_draws_it(
    api: ApiServer, http: httpx.Client, start: str, points_max: int | None, step_seconds: int
) -> None:
    store(api, f"drawn{start}-{points_max or 300}", ahead_s=-5)
    wish = {} if points_max is None else {"points_max": points_max}
    body = http.get(f"/hosts/drawn{start}-{points_max or 300}/delivery", params={"start": start, **wish}).json()
    assert body["step_seconds"] == step_seconds
    assert len(body["timeline"]["time"]) <= (points_max or 300)
    # Behind the hole something came half a minute ago.
    assert (body["total"]["missing"], body["total"]["awaited"]) == (10, 10)
    assert [gap["awaited"] for gap in body["gaps"]] == [True]


async def test_two_machines_under_one_name_show_wherever_the_host_does(
    http: httpx.Client, bus: NatsServer, bus_connect: BusConnect
) -> None:
    web = Speaker(await bus_connect(bus, "host-web-2"), "web-2")
    for host_id in ("0001", "0002"):
        await web.introduce(time=tick() - timedelta(seconds=1), host_id=host_id)
    await asyncio.to_thread(
        wait_until, lambda: http.get("/hosts/web-2").json().get("duplicate") is True, "the duplicate", 5
    )
    await asyncio.to_thread(check_duplicate, http)


def check_duplicate(http: httpx.Client) -> None:
    [listed] = http.get("/hosts", params={"host": "web-2"}).json()["hosts"]
    assert listed["duplicate"] is True
    body = http.get("/hosts/web-2/delivery").json()
    assert (body["duplicate"], body["host_ids"], body["alternating"]) == (True, ["0001", "0002"], [])
    assert (body["total"]["received"], body["clock_offset_seconds"]) == (0, None)


async def test_health_says_since_when_the_oldest_sample_set_waits(
    http: httpx.Client, bus: NatsServer, bus_connect: BusConnect
) -> None:
    """No ingest reads this bus, so whatever is said on it waits."""
    web = Speaker(await bus_connect(bus, "host-web-2"), "web-2")
    await web.say(tick())
    seen: list[float] = []

    def waits() -> bool:
        [metrics, _] = http.get("/health").json()["unread"]
        if metrics["unread_messages"] > 0 and metrics["oldest_unread_seconds"] is not None:
            seen.append(metrics["oldest_unread_seconds"])
        return bool(seen)

    await asyncio.to_thread(wait_until, waits, "the age of the oldest unread sample set", 30)
    assert 0 <= seen[0] < 3_600
