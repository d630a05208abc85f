"""Names that strangers chose reach every page of alerts, and the webhook, as the text that they are."""

# ruff: noqa: RUF001 - signs that look like others are what messages are made of

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.alerting import SOON_MS, SOON_S, Api, Introduced, InventedHost, heard
from tests.browser.checks import check_looks
from tests.browser.conftest import Opener, Watched
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import until

HOST = "<img/src=x/onerror=window.ran=1>$(id){0}"
HOST_IN_MESSAGES = '"‹img/src=x/onerror=window.ran=1›$(id){0}"'
RULE = "names"

MARKUP = '<img src=x onerror="window.ran=1">'
SHELL = "$(touch /tmp/ran);`id`"
ADDRESS = "json://user:pass@127.0.0.1/?x=1&y={0}"
FORMAT = "{} {0} {level} %s @:host"
REVERSED = "/srv/\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe"

IN_MESSAGES = {
    MARKUP: '"‹img src=x onerror=″window.ran=1″›"',
    SHELL: '"$(touch /tmp/ran);\N{MODIFIER LETTER GRAVE ACCENT}id\N{MODIFIER LETTER GRAVE ACCENT}"',
    ADDRESS: '"json:\N{DIVISION SLASH}\N{DIVISION SLASH}user:pass＠127.0.0.1/?x=1＆y={0}"',
    FORMAT: '"{} {0} {level} %s ＠:host"',
    REVERSED: "/srv/\N{REPLACEMENT CHARACTER}gnp.exe",
}
"""Mount → what a message makes of it: the same to read, and nothing that a channel could take for more."""

CHANNEL = "<img src=x onerror=window.ran=1> {0} $(id) @:a"


@pytest.fixture
def stranger(invented: Introduced) -> InventedHost:
    """A host whose name wants to be more."""
    return invented(HOST)


@pytest.fixture
def quiet(open_page: Opener) -> Iterator[Watched]:
    """A page on which no name may run or load anything."""
    watched = open_page()
    watched.sign_in()
    yield watched
    assert watched.page.evaluate("window.ran === undefined")
    assert watched.page.locator("img").count() == 0


def each_is_there(names: Iterable[str], shown: Locator, *, once: bool = True) -> None:
    """Fail where a name is not, as it was sent, what one of the elements says, and where it should no other."""
    seen: list[str] = []

    def are_there() -> bool:
        seen[:] = shown.all_text_contents()
        counts = [sum(name in text for text in seen) for name in names]
        return set(counts) == {1} if once else 0 not in counts

    try:
        until(are_there, "the names", SOON_S)
    except AssertionError as error:
        raise AssertionError(f"{list(names)} are to be read in {seen}") from error


def test_names_of_hosts_and_labels_are_text_at_a_webhook(api: Api, stranger: InventedHost, webhook: Webhook) -> None:
    api.put("/channels/names", {"urls": [webhook.url()]})
    fire_all(api, stranger, channels={"warning": ["names"], "critical": ["names"]})
    (message,) = heard(webhook, 1)
    assert message["title"] == f"[WARNING] {RULE}: {len(IN_MESSAGES)} alerts on {HOST_IN_MESSAGES}"
    *lines, _link = message["message"].split("\n")
    begun = sorted(line.split(": disk.used_percent is 85.0%, level 80.0%, since ")[0] for line in lines)
    expected = [f"{HOST_IN_MESSAGES}, mount={mount}, device=/dev/sda" for mount in IN_MESSAGES.values()]
    assert begun == sorted(expected)


def test_names_of_hosts_and_labels_are_text_on_the_pages_of_alerts(
    quiet: Watched, api: Api, stranger: InventedHost, pictures: Path
) -> None:
    page = quiet.page
    fire_all(api, stranger)
    rows = page.locator(f"[data-testid='alert-row'][data-rule='{RULE}']")
    expect(rows).to_have_count(len(IN_MESSAGES), timeout=SOON_MS)
    each_is_there(IN_MESSAGES, rows)
    assert {row.get_attribute("data-host") for row in rows.all()} == {HOST}
    page.goto(f"{quiet.url}/#/alerts")
    expect(page.get_by_test_id("active-alerts")).to_have_count(0)
    each_is_there(IN_MESSAGES, rows)
    # What turns the direction of a mount turns nothing beside it.
    turned = rows.filter(has_text=REVERSED).locator("bdi").filter(has_text="device=/dev/sda")
    assert turned.evaluate("(part) => [part.textContent, getComputedStyle(part).unicodeBidi]") == [
        "device=/dev/sda", "isolate",
    ]  # fmt: skip
    check_looks(page, pictures, "alert-names", "en")
    for mount, incident in incidents(api).items():
        is_text_on_its_page(page, f"{quiet.url}/#/alerts/{incident}", mount)
    page.goto(f"{quiet.url}/#/alerts/history")
    history = page.locator("[data-testid='history-row'][data-status='firing']").filter(has_text=HOST)
    each_is_there(IN_MESSAGES, history, once=False)


def fire_all(api: Api, host: InventedHost, **fields: Any) -> None:
    """Let an alert fire for each name of a mount."""
    api.rule(RULE, family="disk", column="used_percent", hosts=["<img*"], **fields)
    api.fires(RULE, lambda: host.is_full(*((mount, "/dev/sda") for mount in IN_MESSAGES), percent=85), len(IN_MESSAGES))


def incidents(api: Api) -> dict[str, str]:
    """Return mount → incident of what fires."""
    return {alert["labels"]["mount"]: alert["incident"] for alert in api.firing(RULE)}


def is_text_on_its_page(page: Page, address: str, name: str) -> None:
    """Look at the page of an alert, and say the name in a comment there."""
    page.goto(address)
    shown = page.get_by_test_id("alert-page")
    expect(page.get_by_test_id("alert-title")).to_contain_text(HOST, timeout=SOON_MS)
    assert name in (shown.text_content() or "")
    page.get_by_test_id("comment-text").fill(name)
    page.get_by_test_id("comment-send").click()
    said = page.get_by_test_id("alert-event").filter(has_text="admin")
    expect(said).to_have_count(1, timeout=SOON_MS)
    assert name in (said.text_content() or "")


def test_names_are_text_where_rules_silences_and_channels_are_set(
    quiet: Watched, api: Api, webhook: Webhook, pictures: Path
) -> None:
    page = quiet.page
    api.put(f"/channels/{quote(CHANNEL, safe='')}", {"urls": [webhook.url()]})
    api.put("/routes", {"routes": [{"channels": [CHANNEL], "rules": [RULE], "hosts": [HOST]}]})
    api.rule(RULE, hosts=[HOST], description=MARKUP, channels={"critical": [CHANNEL]})
    for reason in IN_MESSAGES:
        api.post("/silences", {"hosts": [HOST], "rules": ["names-*"], "reason": reason, "end": "2099-01-01T00:00:00Z"})
    page.goto(f"{quiet.url}/#/rules")
    expect(page.locator(f"[data-testid='rule-row'][data-rule='{RULE}']")).to_be_visible(timeout=SOON_MS)
    page.goto(f"{quiet.url}/#/rules/{RULE}")
    expect(page.get_by_test_id("rule-hosts")).to_have_value(HOST, timeout=SOON_MS)
    page.goto(f"{quiet.url}/#/silences")
    each_is_there(IN_MESSAGES, page.get_by_test_id("silence-row"))
    check_looks(page, pictures, "silence-names", "en")
    page.goto(f"{quiet.url}/#/channels")
    each_is_there([CHANNEL], page.get_by_test_id("channel-row"))
    check_looks(page, pictures, "channel-names", "en")
    page.locator(f'[data-testid="channel-row"][data-channel="{CHANNEL}"]').get_by_test_id("channel-test").click()
    expect(page.get_by_test_id("channel-test-result")).to_be_visible(timeout=2 * SOON_MS)
    (message,) = heard(webhook, 1)
    assert message["title"] == '[TEST] channel "‹img src=x onerror=window.ran=1› {0} $(id) ＠:a"'
