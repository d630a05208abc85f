"""The dashboard as a user meets it: live numbers, hosts, themes, languages, a bus that goes and comes back."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.up import this_host
from tests.browser.checks import check
from tests.browser.conftest import DESKTOP, PHONE, Opener
from tests.integration.deploy.stack import CHECKOUT, Stack, until

CPU_PANEL = "[data-testid='panel-cpu']"


def newest_points(page: Page, panel: str = CPU_PANEL, gauge: str = "total_percent") -> dict[str, float]:
    """Return instant → value of the newest points of a chart's own series."""
    return page.evaluate(  # type: ignore[no-any-return]
        """([panel, gauge]) => Object.fromEntries(
            [...document.querySelectorAll(`${panel} [data-testid='latest-values'] tbody tr`)]
                .map((row) => [row.querySelector('time').dateTime, row.querySelector(`[data-gauge='${gauge}']`)])
                .filter(([, cell]) => cell && cell.dataset.value !== '')
                .map(([time, cell]) => [time, Number(cell.dataset.value)]))""",
        [panel, gauge],
    )


def wait_for_new_points(page: Page, count: int) -> dict[str, float]:
    """Return the points that a chart received after now, once there are so many."""
    before = max(newest_points(page), default="")
    found: dict[str, float] = {}

    def enough() -> bool:
        found.update({time: value for time, value in newest_points(page).items() if time > before})
        return len(found) >= count

    until(enough, f"{count} new points in the chart", 60)
    return found


def stored_points(stack: Stack, host: str) -> dict[str, float]:
    """Return instant → total_percent as the API answers from the database."""
    answer: dict[str, Any] = stack.ask(
        f"/metrics/cpu?host={host}&start=-5m&columns=total_percent&points_max=5000", stack.token()
    )
    (series,) = answer["series"]
    return {
        time.replace("Z", ".000Z"): value
        for time, value in zip(answer["time"], series["values"]["total_percent"], strict=True)
        if value is not None
    }


def test_a_cpu_panel_receives_new_points_that_equal_the_stored_ones(open_page: Opener, stack: Stack) -> None:
    watched = open_page()
    watched.sign_in()
    watched.open_host(this_host())
    watched.page.locator(CPU_PANEL).wait_for()
    received = wait_for_new_points(watched.page, 3)
    until(lambda: received.items() <= stored_points(stack, this_host()).items(), f"{received} in the database")


def test_a_wrong_password_is_said_so(open_page: Opener) -> None:
    watched = open_page()
    watched.page.goto(watched.url)
    watched.page.locator("input[name=username]").fill("admin")
    watched.page.locator("input[name=password]").fill("not the password")
    watched.page.locator("button[type=submit]").click()
    expect(watched.page.get_by_test_id("sign-in-problem")).to_be_visible()
    watched.complaints[:] = [text for text in watched.complaints if "401" not in text]


def test_the_second_host_is_in_the_table_and_can_be_switched_to(open_page: Opener, second_host: str) -> None:
    watched = open_page()
    watched.sign_in()
    row = watched.page.locator(f"[data-testid='hosts'] [data-host='{second_host}']")
    expect(row.locator("[data-state='live']")).to_be_visible()
    watched.open_host(this_host())
    watched.page.get_by_test_id("host-switcher").select_option(second_host)
    expect(watched.page.get_by_test_id("host-name")).to_have_text(second_host)
    watched.page.locator(CPU_PANEL).wait_for()
    assert len(wait_for_new_points(watched.page, 2)) >= 2


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "ko")], ids=["desktop", "phone, Korean"])
def test_an_address_that_names_no_page_says_so_and_every_page_is_linked(
    open_page: Opener, pictures: Path, size: tuple[int, int], language: str
) -> None:
    watched = open_page(size, "light", language)
    watched.sign_in()
    page = watched.page
    page.goto(f"{watched.url}/#/nonsense")
    not_found = page.get_by_test_id("not-found")
    expect(not_found).to_contain_text("/nonsense")
    expect(page.get_by_test_id("hosts")).to_have_count(0)
    check(page, pictures / f"not-found-{size[0]}.png")
    not_found.get_by_role("link").click()
    page.get_by_test_id("hosts").wait_for()
    page.get_by_test_id("compare-link").click()
    page.wait_for_url(re.compile(r"#/compare$"))
    page.get_by_test_id("api-link").click()
    page.wait_for_url(re.compile(r"#/docs/swagger$"))


@pytest.mark.parametrize(("size", "visible"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone"])
def test_the_choice_of_a_theme_is_called_so(open_page: Opener, size: tuple[int, int], visible: bool) -> None:
    watched = open_page(size)
    watched.sign_in()
    page = watched.page
    expect(page.get_by_role("combobox", name="Theme")).to_have_attribute("data-testid", "theme")
    field = page.locator("label", has=page.get_by_test_id("theme"))
    expect(field.locator("svg")).to_be_visible()
    box = field.locator(".field-name").bounding_box()
    assert box is not None
    assert (box["width"] > 20) is visible


def test_search_and_sort(open_page: Opener, second_host: str) -> None:
    watched = open_page()
    watched.sign_in()
    rows = watched.page.get_by_test_id("hosts").locator("[data-host]")
    for host in (this_host(), second_host):
        expect(watched.page.locator(f"[data-testid='hosts'] [data-host='{host}']")).to_have_count(1)
    watched.page.get_by_test_id("search").fill(second_host[1:-1])
    expect(rows).to_have_count(1)
    expect(rows).to_have_attribute("data-host", second_host)
    watched.page.get_by_test_id("search").fill("")
    expect(rows.nth(1)).to_be_visible()
    watched.page.get_by_test_id("sort-host").click()
    first = rows.first.get_attribute("data-host")
    watched.page.get_by_test_id("sort-host").click()
    expect(rows.first).not_to_have_attribute("data-host", first or "")


def test_theme_and_language_can_be_chosen_and_are_remembered(open_page: Opener) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_test_id("theme").select_option("dark")
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor !== '{light}'")
    page.get_by_test_id("language").select_option("ko")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_test_id("sign-out")).to_have_text("로그아웃")
    page.reload()
    expect(page.get_by_test_id("sign-out")).to_have_text("로그아웃")
    kept: list[str] = page.evaluate("Object.keys(localStorage)")
    assert all("token" not in key for key in kept), kept


def test_points_go_on_after_nats_was_lost(open_page: Opener, stack: Stack) -> None:
    watched = open_page()
    watched.sign_in()
    watched.open_host(this_host())
    watched.page.locator(CPU_PANEL).wait_for()
    wait_for_new_points(watched.page, 1)
    stack.kill("nats")
    wait_for_new_points(watched.page, 3)


def test_a_lost_live_stream_is_said_and_comes_back(open_page: Opener, stack: Stack) -> None:
    watched = open_page()
    watched.sign_in()
    watched.open_host(this_host())
    watched.page.locator(CPU_PANEL).wait_for()
    notice = watched.page.locator("[data-testid='notice-stream'], [data-testid='notice-api']").first

    # The API is back within a second, and the page may be too: it is killed until the loss is seen.
    def seen_or_killed_again() -> bool:
        if notice.is_visible():
            return True
        stack.kill("api")
        return False

    until(seen_or_killed_again, "the page to say that the stream is lost", 30)
    expect(notice).to_be_hidden(timeout=60_000)
    wait_for_new_points(watched.page, 2)
    # While the API was away the browser itself reported that it could not connect.
    watched.complaints[:] = [text for text in watched.complaints if "ERR_" not in text and "WebSocket" not in text]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_fit_and_are_accessible(
    open_page: Opener, second_host: str, pictures: Path, size: tuple[int, int], theme: str
) -> None:
    language = "ko" if theme == "dark" and size == PHONE else "en"
    watched = open_page(size, theme, language)
    watched.sign_in()
    watched.page.locator(f"[data-testid='hosts'] [data-host='{second_host}']").wait_for()
    check(watched.page, pictures / f"hosts-{size[0]}-{theme}.png")
    watched.open_host(this_host())
    watched.page.locator(f"{CPU_PANEL} canvas").wait_for()
    wait_for_new_points(watched.page, 2)
    picture_for_readme = size == DESKTOP and theme == "light" and "UPDATE_SCREENSHOT" in os.environ
    if picture_for_readme:
        watched.page.wait_for_timeout(110_000)
    check(watched.page, pictures / f"host-{size[0]}-{theme}.png")
    if picture_for_readme:
        shutil.copy(pictures / f"host-{size[0]}-{theme}.png", CHECKOUT / "docs/dashboard.png")


@pytest.mark.parametrize("page_name", ["swagger", "redoc"])
def test_the_api_is_documented_from_our_own_files(open_page: Opener, page_name: str) -> None:
    watched = open_page()
    watched.sign_in()
    watched.page.goto(f"{watched.url}/#/docs/{page_name}")
    expect(watched.page.get_by_text("/api/v1/metrics/current").first).to_be_visible(timeout=30_000)
