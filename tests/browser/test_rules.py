"""Setting what alerts go by: rules that are tried on history before they are saved, silences, channels and routes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.alerting import SOON_MS, TOLD_S, Api, heard
from tests.browser.checks import check_looks
from tests.browser.conftest import DESKTOP, PHONE, Opener, Watched
from tests.browser.past import change
from tests.integration.alerting.webhook import TOKEN, Webhook
from tests.integration.deploy.stack import Stack, until

PAST_HOST = "past-rules.example.com"
INCIDENTS = 3
MINUTES_APART = 15

_PAST = f"""INSERT INTO metrics.cpu (time, host, source, cores_count, total_percent, user_percent, system_percent,
    idle_percent)
SELECT time, '{PAST_HOST}', 'system', 4, busy, busy, 0, 100 - busy
FROM generate_series(now() - interval '{MINUTES_APART * INCIDENTS} minutes', now() - interval '1 minute',
    interval '5 s') WITH ORDINALITY AS told (time, number),
    LATERAL (SELECT CASE WHEN (number * 5 / 60) % {MINUTES_APART} BETWEEN 6 AND 9 THEN 97 ELSE 40 + number % 7 END)
    AS lived (busy)"""
_MARKED = f"""INSERT INTO metrics.rollup_dirty (bucket_seconds, time, host)
SELECT DISTINCT 60, date_bin(interval '1 minute', time, timestamptz '2000-01-03 00:00+00'), host FROM metrics.cpu
WHERE host = '{PAST_HOST}'"""
"""Each quarter of an hour it was busy for four minutes."""

LANGUAGES = pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("ko", PHONE)], ids=["English", "Korean"])


@pytest.fixture(scope="module")
def past(stack: Stack) -> str:
    """A host of which the database knows when it was busy."""
    change(stack, _PAST)
    change(stack, _MARKED)
    return PAST_HOST


def opened(watched: Watched, path: str) -> Page:
    watched.sign_in()
    watched.page.goto(f"{watched.url}/#{path}")
    return watched.page


def rule_row(page: Page, name: str) -> Any:
    return page.locator(f"[data-testid='rule-row'][data-rule='{name}']")


@LANGUAGES
def test_a_rule_is_tried_on_history_while_it_is_written_and_counts_once_it_is_saved(
    open_page: Opener, api: Api, past: str, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    name = f"tried-{language}"
    page = opened(open_page(size, "light", language), "/rules")
    page.get_by_test_id("rule-new").click()
    page.get_by_test_id("rule-kind").select_option("threshold")
    page.get_by_test_id("rule-family").select_option("cpu")
    page.get_by_test_id("rule-column").select_option("total_percent")
    for field, value in {
        "rule-name": name,
        "rule-hosts": past,
        "rule-critical": "",
        "rule-warning": "90",
        "rule-for": "",
    }.items():
        page.get_by_test_id(field).fill(value)
    count = page.get_by_test_id("backtest-incidents")
    expect(count).to_have_text(re.compile(rf"^{INCIDENTS}\D"), timeout=3 * SOON_MS)
    expect(page.get_by_test_id("backtest-incident")).to_have_count(INCIDENTS)
    check_looks(page, pictures, "rule-editor", language)
    page.get_by_test_id("rule-warning").fill("99")
    expect(count).to_have_text(re.compile(r"^0\D"), timeout=3 * SOON_MS)
    page.get_by_test_id("rule-warning").fill("90")
    page.get_by_test_id("rule-save").click()
    api.rules.add(name)
    expect(rule_row(page, name)).to_be_visible(timeout=SOON_MS)
    assert api.get(f"/rules/{name}")["rule"]["warning"] == 90
    check_looks(page, pictures, "rules", language)


def test_what_is_wrong_with_a_rule_is_told_and_nothing_is_saved(open_page: Opener, api: Api, pictures: Path) -> None:
    api.rule("wrong", hosts=["nobody"])
    page = opened(watched := open_page(), "/rules/wrong")
    expect(page.get_by_test_id("rule-warning")).to_have_value("80", timeout=SOON_MS)
    page.get_by_test_id("rule-warning").fill("95")
    page.get_by_test_id("rule-save").click()
    problems = page.get_by_test_id("rule-problems")
    expect(problems).to_contain_text("critical", timeout=SOON_MS)
    check_looks(page, pictures, "rule-problems", "en")
    assert api.get("/rules/wrong")["rule"]["warning"] == 80
    page.get_by_test_id("rule-critical").fill("99")
    page.get_by_test_id("rule-save").click()
    until(lambda: api.get("/rules/wrong")["rule"]["critical"] == 99, "the rule on the bus")
    watched.complaints[:] = [text for text in watched.complaints if "400" not in text]


def test_of_two_who_change_a_rule_the_second_is_told_and_undoes_nothing(open_page: Opener, api: Api) -> None:
    api.rule("contested", hosts=["nobody"])
    page = opened(watched := open_page(), "/rules/contested")
    expect(page.get_by_test_id("rule-warning")).to_have_value("80", timeout=SOON_MS)
    api.rule("contested", hosts=["nobody"], warning=70)
    page.get_by_test_id("rule-critical").fill("99")
    page.get_by_test_id("rule-save").click()
    expect(page.get_by_test_id("rule-problems")).to_be_visible(timeout=SOON_MS)
    kept = api.get("/rules/contested")["rule"]
    assert (kept["warning"], kept["critical"]) == (70, 90)
    watched.complaints[:] = [text for text in watched.complaints if "409" not in text]


@LANGUAGES
def test_a_silence_is_made_and_ended(
    open_page: Opener, api: Api, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    reason = f"new disks {language}"
    page = opened(open_page(size, "light", language), "/silences")
    page.get_by_test_id("silence-new").click()
    for field, value in {"reason": reason, "hosts": "db-*", "rules": "disk*"}.items():
        page.get_by_test_id("silences-form").get_by_test_id(f"silences-{field}").fill(value)
    page.get_by_test_id("silences-save").click()
    row = page.get_by_test_id("silence-row").filter(has_text=reason)
    expect(row).to_have_count(1, timeout=SOON_MS)
    (made,) = [each for each in api.get("/silences")["silences"] if each["silence"]["reason"] == reason]
    said = made["silence"]
    assert (said["hosts"], said["rules"], said["who"], made["state"]) == (["db-*"], ["disk*"], "admin", "active")
    check_looks(page, pictures, "silences", language)
    row.get_by_test_id("silence-end").click()
    until(lambda: api.get(f"/silences/{made['id']}")["state"] == "over", "the end of the silence")
    expect(row.get_by_test_id("silence-end")).to_have_count(0, timeout=SOON_MS)


@LANGUAGES
def test_a_channel_is_set_tried_and_routed(
    open_page: Opener, api: Api, webhook: Webhook, pictures: Path, language: str, size: tuple[int, int]
) -> None:
    name = f"ops-{language}"
    page = opened(open_page(size, "light", language), "/channels")
    page.get_by_test_id("channel-new").click()
    page.get_by_test_id("channel-name").fill(name)
    page.get_by_test_id("channel-urls").fill(webhook.url())
    page.get_by_test_id("channel-save").click()
    row = page.locator(f"[data-testid='channel-row'][data-channel='{name}']")
    expect(row).to_have_count(1, timeout=SOON_MS)
    tried(page, row, webhook, name)
    assert TOKEN not in page.content()
    check_looks(page, pictures, "channels", language)


def tried(page: Page, row: Any, hook: Webhook, name: str) -> None:
    """Press Test until a message has arrived, as the page must say."""

    def pressed_and_arrived() -> bool:
        row.get_by_test_id("channel-test").click()
        expect(row.get_by_test_id("channel-test-result")).to_be_visible(timeout=2 * SOON_MS)
        return len(hook.bodies) > 0

    until(pressed_and_arrived, "a test message", TOLD_S)
    assert heard(hook, 1)[0]["title"] == f"[TEST] channel {name}"
