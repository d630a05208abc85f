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

WORDS = {
    "en": {"warning": "Warning", "critical": "Critical", "ok": "Over", "taken": "Acknowledged by admin"},
    "ko": {"warning": "경고", "critical": "심각", "ok": "해소", "taken": "admin 확인함"},
}
LIVES = pytest.mark.parametrize(
    ("language", "size"), [("en", DESKTOP), ("ko", PHONE)], ids=["English, desktop", "Korean, phone"]
)


@LIVES
def test_an_alert_lives_on_the_page(
    open_page: Opener, api: Api, invented: Introduced, webhook: Webhook, pictures: Path, language: str,
    size: tuple[int, int],
) -> None:  # fmt: skip
    host, rule, words = invented(f"shop-{language}.example.com"), f"life-{language}", WORDS[language]
    watched = open_page(size, "light", language)
    page = watched.page
    watched.sign_in()
    set_up(page, api, webhook, rule, host)
    row = fires_on_first_screen(page, host, rule)
    expect(row).to_contain_text(words["warning"])
    check_looks(page, pictures, "alert-first-screen", language)
    incident = row.get_attribute("data-incident") or ""
    open_alert(page, row, incident)
    is_taken_on(page, words["taken"])
    is_silenced(page, rule, host, api)
    becomes_worse(page, host, words["critical"])
    check_looks(page, pictures, "alert-page", language)
    is_over(page, host, words["ok"])
    titles = [message["title"] for message in heard(webhook, 2)]
    # While it was silenced nobody was told that it had become worse.
    assert titles == [f"[WARNING] {rule} on {host.name}: 85.0%", f"[RESOLVED] {rule} on {host.name}"]
    assert heard(webhook, 2)[0]["message"].endswith(f"\n{watched.url}/#/alerts/{incident}")
    is_found_again(page, rule, host, incident)
    check_looks(page, pictures, "alert-history", language)


def set_up(page: Page, api: Api, hook: Webhook, rule: str, host: InventedHost) -> None:
    """Have the webhook told of the load of one host, all of it set on the page."""
    page.get_by_test_id("rules-link").click()
    page.get_by_test_id("channels-tab").click()
    page.get_by_test_id("channel-new").click()
    page.get_by_test_id("channel-name").fill(rule)
    page.get_by_test_id("channel-urls").fill(hook.url())
    page.get_by_test_id("channel-save").click()
    expect(page.locator(f"[data-testid='channel-row'][data-channel='{rule}']")).to_be_visible(timeout=SOON_MS)
    page.get_by_test_id("route-add").click()
    page.get_by_test_id("route-channels").last.fill(rule)
    page.get_by_test_id("route-rules").last.fill(rule)
    page.get_by_test_id("routes-save").click()
    expect(page.get_by_test_id("routes-saved")).not_to_be_empty(timeout=SOON_MS)
    page.get_by_test_id("rules-tab").click()
    page.get_by_test_id("rule-new").click()
    fields = {"rule-name": rule, "rule-hosts": host.name, "rule-warning": "80", "rule-critical": "90", "rule-for": ""}
    for field, text in fields.items():
        page.get_by_test_id(field).fill(text)
    page.get_by_test_id("rule-save").click()
    expect(page.locator(f"[data-testid='rule-row'][data-rule='{rule}']")).to_be_visible(timeout=SOON_MS)
    api.rules.add(rule)
    page.locator(".brand").click()


def fires_on_first_screen(page: Page, host: InventedHost, rule: str) -> Locator:
    """Let an alert fire while the first screen is open, and return its row."""
    row = page.get_by_test_id("active-alerts").locator(f"[data-testid='alert-row'][data-rule='{rule}']")
    expect(page.get_by_test_id("active-alerts")).to_have_attribute("data-status", "known", timeout=SOON_MS)
    expect(row).to_have_count(0)
    page.evaluate("window.stays = true")
    host.is_busy(*USUAL)
    say_until_shown(host, row, 85.0)
    assert page.evaluate("window.stays"), "the page was loaded anew"
    expect(row).to_have_attribute("data-level", "warning")
    expect(row).to_have_attribute("data-status", "firing")
    expect(row).to_have_attribute("data-host", host.name)
    return row


def say_until_shown(host: InventedHost, shown: Locator, percent: float) -> None:
    """Say it until the page shows it: the evaluator may not know the rule yet."""

    def said_and_shown() -> bool:
        host.is_busy(percent)
        return shown.count() == 1

    until(said_and_shown, f"the page to show what follows on {percent}", SOON_S)


def open_alert(page: Page, row: Locator, incident: str) -> None:
    """Go to the page of an alert by its row."""
    row.get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"#/alerts/{re.escape(incident)}$"))
    expect(page.get_by_test_id("alert-page")).to_have_attribute("data-status", "firing", timeout=SOON_MS)
    chart = page.get_by_test_id("alert-chart")
    expect(chart.locator("canvas")).to_be_visible(timeout=SOON_MS)
    expect(chart).to_have_attribute("data-marks", "1")
    assert int(chart.get_attribute("data-points") or 0) >= len(USUAL) / 2


def is_taken_on(page: Page, taken: str) -> None:
    """Acknowledge with a word, then comment."""
    page.get_by_test_id("acknowledge-comment").fill(TAKEN_ON)
    page.get_by_test_id("acknowledge").click()
    expect(page.get_by_test_id("acknowledged-by")).to_have_text(taken, timeout=SOON_MS)
    expect(page.get_by_test_id("acknowledge")).to_have_count(0)
    page.get_by_test_id("comment-text").fill(COMMENT)
    page.get_by_test_id("comment-send").click()
    events = page.get_by_test_id("alert-event")
    expect(events.and_(page.locator("[data-status='acknowledged']"))).to_contain_text(TAKEN_ON, timeout=SOON_MS)
    expect(events.and_(page.locator("[data-status='commented']"))).to_contain_text(COMMENT, timeout=SOON_MS)
    expect(page.get_by_test_id("comment-text")).to_have_value("")


def is_silenced(page: Page, rule: str, host: InventedHost, api: Api) -> None:
    """Silence it from its page, with a reason."""
    page.get_by_test_id("silence-open").click()
    page.get_by_test_id("silence-form").get_by_test_id("silence-reason").fill(REASON)
    page.get_by_test_id("silence-save").click()
    expect(page.get_by_test_id("silence-saved")).to_be_visible(timeout=SOON_MS)
    made = [each["silence"] for each in api.get("/silences")["silences"] if each["silence"]["rules"] == [rule]]
    assert [(each["hosts"], each["who"], each["reason"]) for each in made] == [([host.name], "admin", REASON)]


def becomes_worse(page: Page, host: InventedHost, critical: str) -> None:
    """Let it become critical, which its page shows as it happens."""
    host.is_busy(95.0)
    worse = page.locator("[data-testid='alert-event'][data-status='firing'][data-level='critical']")
    expect(worse).to_contain_text(critical, timeout=SOON_MS)
    expect(page.get_by_test_id("alert-chart")).to_have_attribute("data-marks", "2")


def is_over(page: Page, host: InventedHost, over: str) -> None:
    """Let it be over, which its page shows as it happens."""
    host.is_busy(12.0)
    expect(page.get_by_test_id("alert-page")).to_have_attribute("data-status", "ok", timeout=SOON_MS)
    expect(page.locator("[data-testid='alert-event'][data-status='ok']")).to_contain_text(over)
    expect(page.get_by_test_id("alert-chart")).to_have_attribute("data-marks", "3")


def is_found_again(page: Page, rule: str, host: InventedHost, incident: str) -> None:
    """Find it in the history by a filter."""
    page.get_by_test_id("alerts-link").click()
    page.get_by_test_id("alerts-history-link").click()
    rows = page.get_by_test_id("history-row")
    choose(page, "history-filter-rule", rule)
    over = rows.and_(page.locator(f"[data-incident='{incident}'][data-status='ok']"))
    expect(over).to_have_count(1, timeout=SOON_MS)
    # The alert as it began, became worse and ended, acknowledged and commented: and nothing else.
    expect(rows).to_have_count(5)
    choose(page, "history-filter-host", "nobody.example.com")
    expect(rows).to_have_count(0, timeout=SOON_MS)
    choose(page, "history-filter-host", host.name)
    expect(rows).to_have_count(5, timeout=SOON_MS)


def choose(page: Page, field: str, text: str) -> None:
    """Enter what a list is narrowed to."""
    page.get_by_test_id(field).fill(text)
    page.get_by_test_id(field).press("Enter")
