"""The whole life of one alert as its people meet it: told, taken on, silenced, worse, over, and found again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.alerting import SOON_MS, SOON_S, Api, Introduced, InventedHost, heard
from tests.browser.checks import check_looks
from tests.browser.conftest import DESKTOP, PHONE, Opener
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import until

USUAL = [40.0, 42.0, 41.0, 45.0, 43.0, 40.0, 39.0, 44.0] * 5
"""Percents of the forty seconds before an alert, so that its chart shows where it came from."""

TAKEN_ON = "I have it"
COMMENT = "the backup runs again"
REASON = "the backup is let to its end"

LIVES = pytest.mark.parametrize(
    ("language", "size"), [("en", DESKTOP), ("ko", PHONE)], ids=["English, desktop", "Korean, phone"]
)


@LIVES
def test_an_alert_lives_on_the_page(
    open_page: Opener, api: Api, invented: Introduced, webhook: Webhook, pictures: Path, language: str,
    size: tuple[int, int],
) -> None:  # fmt: skip
    host, rule = invented(f"shop-{language}.example.com"), f"life-{language}"
    set_up(api, webhook, rule, host)
    watched = open_page(size, "light", language)
    page = watched.page
    watched.sign_in()
    incident = fires_on_first_screen(page, host, rule)
    check_looks(page, pictures, "alert-first-screen", language)
    open_alert(page, incident)
    is_taken_on(page)
    is_silenced(page, rule, host, api)
    becomes_worse(page, host)
    check_looks(page, pictures, "alert-page", language)
    is_over(page, host)
    titles = [message["title"] for message in heard(webhook, 2)]
    # While it was silenced nobody was told that it had become worse.
    assert titles == [f"[WARNING] {rule} on {host.name}: 85.0%", f"[RESOLVED] {rule} on {host.name}"]
    is_found_again(page, rule, host, incident)
    check_looks(page, pictures, "alert-history", language)


def set_up(api: Api, hook: Webhook, rule: str, host: InventedHost) -> None:
    """Have the webhook told of the load of one host."""
    api.put(f"/channels/{rule}", {"urls": [hook.url()]})
    api.put("/routes", {"routes": [{"channels": [rule], "rules": [rule]}]})
    api.rule(rule, hosts=[host.name])


def fires_on_first_screen(page: Page, host: InventedHost, rule: str) -> str:
    """Let an alert fire while the first screen is open, and return its incident."""
    row = page.get_by_test_id("active-alerts").locator(f"[data-testid='alert-row'][data-rule='{rule}']")
    expect(row).to_have_count(0)
    page.evaluate("window.stays = true")
    say_until_shown(host, row, *USUAL, 85.0)
    assert page.evaluate("window.stays"), "the page was loaded anew"
    expect(row).to_have_attribute("data-level", "warning")
    expect(row).to_have_attribute("data-status", "firing")
    expect(row).to_have_attribute("data-host", host.name)
    incident = row.get_attribute("data-incident")
    assert incident
    return incident


def say_until_shown(host: InventedHost, shown: Locator, *percents: float) -> None:
    """Say it until the page shows it: the evaluator may not know the rule yet."""

    def said_and_shown() -> bool:
        host.is_busy(*percents)
        return shown.count() == 1

    until(said_and_shown, f"the page to show what follows on {percents[-1]}", SOON_S)


def open_alert(page: Page, incident: str) -> None:
    """Go to the page of an alert by its row."""
    page.locator(f"[data-incident='{incident}']").get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"#/alerts/{re.escape(incident)}$"))
    expect(page.get_by_test_id("alert-page")).to_have_attribute("data-status", "firing")
    expect(page.get_by_test_id("alert-chart").locator("canvas")).to_be_visible(timeout=SOON_MS)


def is_taken_on(page: Page) -> None:
    """Acknowledge with a word, then comment."""
    page.get_by_test_id("acknowledge-comment").fill(TAKEN_ON)
    page.get_by_test_id("acknowledge").click()
    expect(page.get_by_test_id("acknowledged-by")).to_contain_text("admin", timeout=SOON_MS)
    expect(page.get_by_test_id("acknowledge")).to_have_count(0)
    page.get_by_test_id("comment-text").fill(COMMENT)
    page.get_by_test_id("comment-send").click()
    events = page.get_by_test_id("alert-events").get_by_test_id("alert-event")
    expect(events.filter(has_text=TAKEN_ON)).to_have_count(1, timeout=SOON_MS)
    expect(events.filter(has_text=COMMENT)).to_have_count(1, timeout=SOON_MS)
    expect(page.get_by_test_id("comment-text")).to_have_value("")


def is_silenced(page: Page, rule: str, host: InventedHost, api: Api) -> None:
    """Silence it from its page, with a reason."""
    page.get_by_test_id("silence-open").click()
    page.get_by_test_id("silence-form").get_by_test_id("silence-reason").fill(REASON)
    page.get_by_test_id("silence-save").click()
    expect(page.get_by_test_id("silence-saved")).to_be_visible(timeout=SOON_MS)
    made = [each["silence"] for each in api.get("/silences")["silences"] if each["silence"]["rules"] == [rule]]
    assert [(each["hosts"], each["who"], each["reason"]) for each in made] == [([host.name], "admin", REASON)]


def becomes_worse(page: Page, host: InventedHost) -> None:
    """Let it become critical, which its page shows as it happens."""
    host.is_busy(95.0)
    events = page.get_by_test_id("alert-events").get_by_test_id("alert-event")
    expect(events.and_(page.locator("[data-status='firing'][data-level='critical']"))).to_have_count(1, timeout=SOON_MS)


def is_over(page: Page, host: InventedHost) -> None:
    """Let it be over, which its page shows as it happens."""
    host.is_busy(12.0)
    expect(page.get_by_test_id("alert-page")).to_have_attribute("data-status", "ok", timeout=SOON_MS)
    expect(page.get_by_test_id("alert-events").locator("[data-status='ok']")).to_have_count(1)


def is_found_again(page: Page, rule: str, host: InventedHost, incident: str) -> None:
    """Find it in the history by a filter."""
    page.goto(page.url.split("#")[0] + "#/alerts/history")
    page.get_by_test_id("history-filter-rule").fill(rule)
    rows = page.get_by_test_id("history-row")
    expect(rows.and_(page.locator(f"[data-incident='{incident}'][data-status='ok']"))).to_have_count(1, timeout=SOON_MS)
    expect(rows.and_(page.locator(f":not([data-incident='{incident}'])"))).to_have_count(0)
    page.get_by_test_id("history-filter-host").fill("nobody.example.com")
    expect(rows).to_have_count(0, timeout=SOON_MS)
    page.get_by_test_id("history-filter-host").fill(host.name)
    expect(rows.first).to_be_visible(timeout=SOON_MS)
