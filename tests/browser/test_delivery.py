"""Delivery on a host's page: what is missing and when, who is a duplicate, and a stream that is nearly full."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from deploy.local.up import this_host
from tests.browser.checks import check
from tests.browser.conftest import DESKTOP, PHONE, Opener
from tests.browser.past import change
from tests.integration.deploy.stack import Stack, until

MISSING = 120
LOSS = 4_321

_GAP = """INSERT INTO metrics.sample_sets
SELECT now() - interval '2 hours' + seq * interval '1 s', '{host}', 'imported', 'first', seq,
    now() - interval '2 hours' + seq * interval '1 s', seq
FROM generate_series(1, 600) AS seq WHERE seq NOT BETWEEN 301 AND 420"""
_TURNS = """INSERT INTO metrics.sample_sets
SELECT now() - interval '1 hour' + at * interval '1 s', '{host}', 'imported',
    CASE at % 2 WHEN 0 THEN 'second' ELSE 'third' END, at / 2 + 1, now() - interval '1 hour' + at * interval '1 s', at
FROM generate_series(0, 19) AS at"""
_LOSS = f"""INSERT INTO metrics.stream_loss VALUES ('METRICS', date_trunc('minute', now() - interval '3 hours'),
    now() - interval '4 hours', now() - interval '3 hours', {LOSS}) ON CONFLICT DO NOTHING"""


@pytest.fixture(scope="module")
def lossy(stack: Stack) -> str:
    """This machine, which also imported what has a gap, from two collectors that took turns."""
    host = this_host()
    for statement in (_GAP, _TURNS, _LOSS):
        change(stack, statement.format(host=host.replace("'", "''")))
    return host


def value_of(page: Page, kind: str) -> int:
    return int(page.get_by_test_id(f"delivery-{kind}").get_attribute("data-value") or 0)


@pytest.mark.parametrize(
    ("size", "theme", "language", "title", "duplicate"),
    [
        pytest.param(DESKTOP, "light", "en", "Delivery", "Two collectors speak under this name.", id="desktop"),
        pytest.param(PHONE, "dark", "ko", "전달", "두 수집기가 같은 이름을 사용합니다.", id="phone, Korean, dark"),
    ],
)
def test_a_host_shows_what_arrived_and_what_did_not(
    open_page: Opener, lossy: str, pictures: Path, size: tuple[int, int], theme: str, language: str, title: str,
    duplicate: str,
) -> None:  # fmt: skip
    watched = open_page(size, theme, language)
    watched.sign_in()
    watched.open_host(lossy)
    page = watched.page
    page.get_by_test_id("range").select_option("24h")
    page.wait_for_url(re.compile(r"range=24h$"))
    section = page.get_by_test_id("delivery")
    expect(section.get_by_role("heading")).to_contain_text(title)
    expect(section).to_have_attribute("data-status", "loaded")
    until(lambda: value_of(page, "missing") >= MISSING, "what is missing of the last day", 30)
    assert value_of(page, "received") > 500
    # A value beside a name would be read as its sum, and there are sums above: only a step that is pointed at has one.
    expect(section.locator(".legend li").first).to_be_visible()
    expect(section.locator(".legend-value")).to_have_count(0)
    row = page.get_by_test_id("delivery-gaps").locator("tbody tr").filter(has_text=str(MISSING))
    expect(row).to_have_count(1)
    expect(page.get_by_test_id("delivery-duplicate")).to_contain_text(duplicate)
    expect(page.get_by_test_id("delivery-duplicate")).to_contain_text("second, third")
    expect(page.get_by_test_id("delivery-loss")).to_contain_text("4,321")
    section.scroll_into_view_if_needed()
    expect(section.locator("canvas")).to_be_visible()
    check(page, pictures / f"delivery-{size[0]}-{theme}.png")


def test_delivery_covers_the_range_of_the_page_in_steps_that_suit_it(open_page: Opener, lossy: str) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    with page.expect_response(re.compile(r"/delivery\?")) as live:
        watched.open_host(lossy)
    body = live.value.json()
    assert (body["step_seconds"], len(body["timeline"]["time"])) in {(10, 90), (10, 91)}
    expect(page.get_by_test_id("delivery-received")).to_be_visible()
    assert value_of(page, "missing") < MISSING
    with page.expect_response(re.compile(r"/delivery\?")) as day:
        page.get_by_test_id("range").select_option("24h")
    assert day.value.json()["step_seconds"] == 900
    until(lambda: value_of(page, "missing") >= MISSING, "what is missing of the last day", 30)


def test_what_ingest_may_have_in_hand_is_not_called_missing(open_page: Opener, lossy: str) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page

    def kill(route: Route) -> None:
        body: dict[str, Any] = route.fetch().json()
        body["total"] |= {"missing": 3, "awaited": 2}
        body["clock_offset_seconds"] = None
        gap = {"source": "system", "session": "a", "time_before": body["start"], "time_after": body["end"]}
        body["gaps"] = [
            {**gap, "seq_first": 7, "seq_last": 8, "count": 2, "awaited": True},
            {**gap, "seq_first": 5, "seq_last": 5, "count": 1, "awaited": False},
        ]
        route.fulfill(json=body)

    page.route("**/delivery?**", kill)
    watched.open_host(lossy)
    expect(page.get_by_test_id("delivery-awaited")).to_have_text("2")
    expect(page.get_by_test_id("delivery-missing")).to_have_text("1")
    gap = page.get_by_test_id("delivery-gaps")
    expect(gap).to_contain_text("7\u20138")
    expect(gap).not_to_contain_text("5\u20135")
    young, lost = page.get_by_test_id("delivery-gaps").locator("tbody tr").all()
    expect(young).to_contain_text("Not yet arrived")
    expect(lost).not_to_contain_text("Not yet arrived")
    expect(page.get_by_test_id("delivery-clock")).to_have_text("Not known yet")
    expect(page.get_by_test_id("delivery-clock-note")).to_be_visible()
    page.unroute("**/delivery?**", kill)


def test_a_range_without_anything_says_so_and_another_shows_its_own(open_page: Opener, lossy: str) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    page.goto(f"{watched.url}/#/hosts/{lossy}?start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z")
    expect(page.get_by_test_id("delivery-empty")).to_be_visible()
    page.goto(f"{watched.url}/#/hosts/{lossy}?range=6h")
    expect(page.get_by_test_id("delivery-missing")).to_be_visible()
    assert value_of(page, "missing") >= MISSING


def test_without_the_database_the_section_says_so_and_comes_back(open_page: Opener, lossy: str) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    away = {"status": 503, "code": "database_away", "detail": "away", "field": None, "request_id": "x"}

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/json", body=json.dumps(away))

    page.route("**/delivery**", refuse)
    watched.open_host(lossy)
    expect(page.get_by_test_id("delivery")).to_have_attribute("data-status", "unavailable")
    page.unroute("**/delivery**", refuse)
    expect(page.get_by_test_id("delivery")).to_have_attribute("data-status", "loaded", timeout=30_000)
    watched.complaints[:] = [text for text in watched.complaints if "503" not in text]


def test_a_stream_that_is_nearly_full_of_unread_is_said_on_every_page(open_page: Opener) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    notice = page.get_by_test_id("notice-unread-METRICS")
    expect(notice).to_be_hidden()

    def fill(route: Route) -> None:
        health: dict[str, Any] = route.fetch().json()
        health["unread"][0] |= {"unread_percent": 83.4, "unread_messages": 123_456}
        route.fulfill(json=health)

    page.route("**/api/v1/health", fill)
    expect(notice).to_contain_text("83.4% of what the stream METRICS can hold", timeout=30_000)
    expect(notice).to_contain_text("123,456")
    page.unroute("**/api/v1/health", fill)
    until(notice.is_hidden, "the notice to go", 30)
