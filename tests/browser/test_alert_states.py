"""Pages of alerts where nothing fires, where much does, where servers are away, and for who may only look."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.alerting import SOON_MS, Api, Introduced
from tests.browser.checks import check_looks
from tests.browser.conftest import DESKTOP, PHONE, Opener, Watched
from tests.integration.deploy.stack import PASSWORD, Stack, until

LISTED = re.compile(r"/api/v1/alerts(\?|$)")
HISTORY = re.compile(r"/api/v1/alerts/history")
MANY = 300
FIRST_ROWS = 5
ROWS_MAX = 50
"""More rows at one time would make a page slow: the others are on the next."""
BACK_S = 60.0
"""Ten times what the stack needs to start a process again."""

LANGUAGES = pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("ko", PHONE)], ids=["English", "Korean"])


def rows_of(page: Page, rule: str) -> Locator:
    return page.locator(f"[data-testid='alert-row'][data-rule='{rule}']")


def refuse(route: Route, code: str) -> None:
    """Answer as the API does while a server behind it is away."""
    body = {"status": 503, "code": code, "detail": "away", "field": None, "request_id": "x"}
    route.fulfill(status=503, content_type="application/json", body=json.dumps(body))


def forget_refusals(watched: Watched) -> None:
    """The browser itself reports an answer of 503, and that it could not connect."""
    mine = ("503", "502", "ERR_", "WebSocket")
    watched.complaints[:] = [text for text in watched.complaints if not any(word in text for word in mine)]


@LANGUAGES
def test_where_nothing_fires_the_pages_say_so(
    open_page: Opener, api: Api, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    until(lambda: api.get("/alerts")["alerts"] == [], "an end of the alerts of other tests")
    watched = open_page(size, "light", language)
    watched.sign_in()
    page = watched.page
    none = {"en": "No alert is active.", "ko": "진행 중인 알림이 없습니다."}[language]
    expect(page.get_by_test_id("active-alerts")).to_have_text(none, timeout=SOON_MS)
    check_looks(page, pictures, "alerts-none-first-screen", language)
    page.goto(f"{watched.url}/#/alerts")
    expect(page.get_by_test_id("alerts-word")).to_have_text(none, timeout=SOON_MS)
    expect(page.get_by_test_id("alert-row")).to_have_count(0)
    check_looks(page, pictures, "alerts-none", language)


@LANGUAGES
def test_while_the_bus_has_not_told_what_fires_no_page_says_that_nothing_does(
    open_page: Opener, api: Api, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    watched = open_page(size, "light", language)
    page = watched.page

    def is_away(route: Route) -> None:
        refuse(route, "bus_away")

    page.route(LISTED, is_away)
    watched.sign_in()
    away = {"en": "is not known", "ko": "알 수 없"}[language]
    expect(page.get_by_test_id("active-alerts")).to_contain_text(away, timeout=SOON_MS)
    check_looks(page, pictures, "alerts-bus-away-first-screen", language)
    page.goto(f"{watched.url}/#/alerts")
    expect(page.get_by_test_id("alerts-word")).to_contain_text(away, timeout=SOON_MS)
    check_looks(page, pictures, "alerts-bus-away", language)
    page.unroute(LISTED, is_away)
    expect(page.get_by_test_id("alerts-word")).not_to_contain_text(away, timeout=BACK_S * 1_000)
    forget_refusals(watched)


@LANGUAGES
def test_without_the_database_the_history_says_so_and_alerts_go_on(
    open_page: Opener, api: Api, invented: Introduced, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    host, rule = invented("states.example.com"), "without-database"
    api.rule(rule, hosts=[host.name])
    watched = open_page(size, "light", language)
    watched.sign_in()
    page = watched.page

    def is_away(route: Route) -> None:
        refuse(route, "database_away")

    page.route(HISTORY, is_away)
    page.goto(f"{watched.url}/#/alerts/history")
    expect(page.get_by_test_id("history-word")).to_have_attribute("data-status", "unavailable", timeout=SOON_MS)
    expect(page.get_by_test_id("history-row")).to_have_count(0)
    check_looks(page, pictures, "alerts-database-away", language)
    page.get_by_test_id("alerts-active-link").click()
    api.fires(rule, lambda: host.is_busy(95.0))
    expect(rows_of(page, rule)).to_have_count(1, timeout=SOON_MS)
    page.unroute(HISTORY, is_away)
    page.get_by_test_id("alerts-history-link").click()
    expect(page.locator(f"[data-testid='history-row'][data-incident^='{rule}-']").first).to_be_visible(timeout=SOON_MS)
    forget_refusals(watched)


@pytest.mark.parametrize("victim", ["nats", "api"])
def test_what_fires_while_a_server_is_lost_is_shown_when_it_is_back(
    open_page: Opener, api: Api, invented: Introduced, stack: Stack, victim: str
) -> None:
    host, rule = invented("states.example.com"), f"lost-{victim}"
    api.rule(rule, hosts=[host.name])
    watched = open_page()
    watched.sign_in()
    page = watched.page
    api.is_over(rule, lambda: host.is_busy(10.0))
    page.evaluate("window.stays = true")
    before = stack.pid(victim)
    stack.kill(victim)
    until(lambda: stack.pid(victim) != before, f"another {victim}", BACK_S)

    def said_and_shown() -> bool:
        host.is_busy(95.0)
        return rows_of(page, rule).count() == 1

    until(said_and_shown, "the alert on the first screen", BACK_S)
    assert page.evaluate("window.stays"), "the page was loaded anew"
    until(lambda: api.firing(rule), "the API", BACK_S)
    api.is_over(rule, lambda: host.is_busy(10.0))
    expect(rows_of(page, rule)).to_have_count(0, timeout=SOON_MS)
    forget_refusals(watched)


def test_three_hundred_alerts_are_a_page_that_can_be_used(
    open_page: Opener, api: Api, invented: Introduced, pictures: Path
) -> None:
    host, rule = invented("states.example.com"), "many"
    api.rule(rule, family="disk", column="used_percent", hosts=[host.name])
    disks = [(f"/srv/{number:03}", f"/dev/vd{number:03}") for number in range(MANY)]
    api.fires(rule, lambda: host.is_full(*disks, percent=95), MANY)
    watched = open_page()
    watched.sign_in()
    page = watched.page
    section = page.get_by_test_id("active-alerts")
    expect(section.get_by_test_id("alerts-more")).to_have_text(f"{MANY - FIRST_ROWS} more", timeout=SOON_MS)
    expect(section.get_by_test_id("alert-row")).to_have_count(FIRST_ROWS)
    expect(page.get_by_test_id("hosts")).to_be_in_viewport()
    check_looks(page, pictures, "alerts-many-first-screen", "en")
    section.get_by_test_id("alerts-more").click()
    rows = rows_of(page, rule)
    expect(rows).to_have_count(ROWS_MAX, timeout=SOON_MS)
    check_looks(page, pictures, "alerts-many", "en")
    first = rows.first.get_attribute("data-incident")
    page.get_by_test_id("page-next").click()
    expect(rows.first).not_to_have_attribute("data-incident", first or "", timeout=SOON_MS)
    expect(rows).to_have_count(ROWS_MAX)
    for text, count in (("nobody*", 0), (host.name, ROWS_MAX)):
        page.get_by_test_id("alert-filter-host").fill(text)
        page.get_by_test_id("alert-filter-host").press("Enter")
        expect(rows).to_have_count(count, timeout=SOON_MS)


def test_who_may_only_look_is_offered_nothing_to_press(
    open_page: Opener, api: Api, invented: Introduced, pictures: Path
) -> None:
    host, rule = invented("states.example.com"), "looked-at"
    api.rule(rule, hosts=[host.name])
    (incident,) = api.fires(rule, lambda: host.is_busy(85.0))
    api.post("/users", {"username": "looker", "password": PASSWORD, "role": "viewer"})
    watched = open_page()
    watched.sign_in("looker")
    page = watched.page
    page.goto(f"{watched.url}/#/alerts/{incident}")
    expect(page.get_by_test_id("alert-page")).to_be_visible(timeout=SOON_MS)
    for button in ("acknowledge", "comment-send", "silence-open"):
        expect(page.get_by_test_id(button)).to_have_count(0)
    check_looks(page, pictures, "alert-page-viewer", "en")
    page.goto(f"{watched.url}/#/rules")
    expect(page.locator(f"[data-testid='rule-row'][data-rule='{rule}']")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_test_id("rule-new")).to_have_count(0)
    page.goto(f"{watched.url}/#/rules/{rule}")
    expect(page.get_by_test_id("rule-form")).to_be_visible(timeout=SOON_MS)
    for button in ("rule-save", "rule-delete"):
        expect(page.get_by_test_id(button)).to_have_count(0)
    page.goto(f"{watched.url}/#/silences")
    expect(page.get_by_test_id("silences")).to_be_visible(timeout=SOON_MS)
    for button in ("silence-new", "silence-end"):
        expect(page.get_by_test_id(button)).to_have_count(0)


def test_an_incident_that_nobody_knows_is_said_so(open_page: Opener, api: Api) -> None:
    watched = open_page()
    watched.sign_in()
    watched.page.goto(f"{watched.url}/#/alerts/nobody-knows-it")
    expect(watched.page.get_by_test_id("alert-missing")).to_contain_text("nobody-knows-it", timeout=SOON_MS)
    expect(watched.page.get_by_test_id("alert-chart")).to_have_count(0)
    watched.complaints[:] = [text for text in watched.complaints if "404" not in text]
