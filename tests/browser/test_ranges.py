"""History as a user meets it: a month at a glance, zooming until samples are seen, hosts side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from deploy.local.up import this_host
from tests.browser.checks import check
from tests.browser.conftest import DESKTOP, PHONE, Opener, Watched
from tests.browser.past import give_past, shorten_retention
from tests.integration.deploy.stack import Stack, until

CPU_PANEL = "[data-testid='panel-cpu']"
COMPARE_PANEL = "[data-testid='compare-panel']"
OLD_HOSTS = ["past-1.example.com", "past-2.example.com"]
ZOOMS_MAX = 8


@pytest.fixture(scope="module")
def hosts(stack: Stack, second_host: str) -> list[str]:
    """Three hosts with a past of 30 days; this machine is one of them."""
    named = [this_host(), *OLD_HOSTS]
    give_past(stack, named)
    return named


def opened(watched: Watched, path: str, panel: str) -> Page:
    """Return the page at an address, once its chart is drawn."""
    watched.sign_in()
    watched.page.goto(f"{watched.url}/#{path}")
    watched.page.locator(f"{panel} canvas").wait_for()
    return watched.page


def resolution(page: Page, panel: str) -> tuple[str, str]:
    """Return the level and the step that a chart says it shows."""
    shown = page.locator(f"{panel} [data-testid='resolution']")
    return shown.get_attribute("data-level") or "", shown.get_attribute("data-step-seconds") or ""


def drag(page: Page, panel: str, start: float, end: float) -> None:
    """Select a part of a chart, from one share of its width to another."""
    box = page.locator(f"{panel} .u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=4)
    page.mouse.up()


def zoom_to_samples(page: Page, panel: str) -> list[tuple[str, str]]:
    """Return every resolution on the way to raw samples, by dragging again and again over the end of the chart."""
    seen = [resolution(page, panel)]
    while seen[-1] != ("raw", ""):
        assert len(seen) <= ZOOMS_MAX, seen
        address = page.url
        # The newest tenth holds raw samples, but for the last minutes before the stack began.
        drag(page, panel, *((0.97, 0.995) if len(seen) == 1 else (0.3, 0.4)))
        page.wait_for_url(lambda url, before=address: url != before)  # type: ignore[misc]
        expect(page.locator(panel)).to_have_attribute("aria-busy", "false")
        page.locator(f"{panel} canvas").wait_for()
        seen.append(resolution(page, panel))
    return seen


def test_a_month_opens_and_zooming_loads_raw_samples(open_page: Opener, hosts: list[str]) -> None:
    page = opened(open_page(), f"/hosts/{hosts[0]}?range=30d", CPU_PANEL)
    assert resolution(page, CPU_PANEL)[0] == "1h"
    expect(page.locator(f"{CPU_PANEL} [data-testid='aggregate']")).to_contain_text("averages")
    assert int(page.locator(CPU_PANEL).get_attribute("data-points") or 0) > 100
    levels = [level for level, _ in zoom_to_samples(page, CPU_PANEL)]
    assert len(set(levels)) >= 3, levels
    expect(page.locator(f"{CPU_PANEL} [data-testid='resolution']")).to_have_text("raw")
    assert "start=" in page.url
    zooms = len(levels) - 1
    for _ in range(zooms - 1):
        page.get_by_test_id("zoom-out").click()
    # The last step back is made by the chart itself.
    page.locator(f"{CPU_PANEL} .u-over").dblclick()
    page.wait_for_url(re.compile(r"range=30d$"))
    page.go_back()
    page.wait_for_url(re.compile(r"start="))
    page.reload()
    page.locator(f"{CPU_PANEL} canvas").wait_for()
    expect(page.get_by_test_id("range")).to_have_value("custom")
    page.get_by_test_id("range").select_option("15m")
    expect(page.locator(f"{CPU_PANEL} [data-testid='resolution']")).to_have_text("raw")
    assert "?" not in page.url


STAYS_AT_TOP = """() => new Promise((done) => {
    window.scrollTo(0, 0);
    let frames = 0;
    const next = () => (++frames < 30 ? requestAnimationFrame(next) : done(window.scrollY === 0));
    next();
})"""


def test_a_finger_selects_sideways_and_scrolls_up_and_down(open_page: Opener, hosts: list[str]) -> None:
    page = opened(open_page(PHONE), f"/hosts/{hosts[0]}?range=30d", CPU_PANEL)
    box = page.locator(f"{CPU_PANEL} .u-over").bounding_box()
    assert box is not None
    fingers = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def swipe(right: float, down: float) -> None:
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 11):
            at = {"x": x + right * part / 10, "y": y + down * part / 10}
            fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(12, -150)
    until(lambda: page.evaluate("window.scrollY") > 50, "the page to scroll", 10)
    assert page.url.endswith("range=30d")
    # A swipe goes on by itself for a while: the page is at rest when it stays where it was put.
    until(lambda: page.evaluate(STAYS_AT_TOP), "the page to be at its top", 20)
    swipe(80, 2)
    page.wait_for_url(re.compile(r"start="))


def test_averages_maxima_and_minima_can_be_chosen(open_page: Opener, hosts: list[str]) -> None:
    page = opened(
        open_page(), f"/compare?family=cpu&column=total_percent&hosts={OLD_HOSTS[0]}&range=30d", COMPARE_PANEL
    )
    oldest = page.locator(f"{COMPARE_PANEL} [data-testid='latest-values'] tbody tr").last.locator("td").first

    def value(aggregate: str) -> float:
        page.get_by_test_id("aggregate").select_option(aggregate)
        expect(page.locator(COMPARE_PANEL)).to_have_attribute("aria-busy", "false")
        return float(oldest.get_attribute("data-value") or "nan")

    average = value("avg")
    until(lambda: value("max") > average, "maxima above the average", 20)
    until(lambda: value("min") < average, "minima below the average", 20)


def test_a_custom_range_is_checked_before_it_is_asked_for(open_page: Opener, hosts: list[str]) -> None:
    page = opened(open_page(), f"/hosts/{hosts[0]}?range=24h", CPU_PANEL)
    page.locator("[data-testid='custom-range'] summary").focus()
    page.keyboard.press("Enter")
    page.locator("input[name=from]").fill("2026-11-20T10:00:00")
    page.locator("input[name=to]").fill("2026-11-20T09:00:00")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("range-problem")).to_contain_text("earlier")
    page.locator("input[name=from]").fill("2010-11-20T10:00:00")
    expect(page.get_by_test_id("range-problem")).to_contain_text("3,660 days")
    page.locator("input[name=from]").fill("2026-11-20T10:00:00")
    page.locator("input[name=to]").fill("2026-11-20T11:30:00")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"start=2026-11-20T10:00:00Z&end=2026-11-20T11:30:00Z"))
    expect(page.get_by_test_id("custom-form")).to_be_hidden()


def test_three_hosts_are_compared(open_page: Opener, hosts: list[str], second_host: str) -> None:
    watched = open_page()
    watched.sign_in()
    page = watched.page
    for host in (hosts[0], second_host):
        page.locator(f"[data-testid='hosts'] [data-host='{host}'] [data-testid='choose-host']").check()
    page.get_by_test_id("compare-chosen").click()
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "2")
    page.goto(f"{watched.url}/#/compare?family=cpu&column=total_percent&hosts={','.join(hosts)}&range=30d")
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "3")
    for host in hosts:
        expect(page.locator(f"{COMPARE_PANEL} .legend")).to_contain_text(host)
    levels = [level for level, _ in zoom_to_samples(page, COMPARE_PANEL)]
    assert levels[0] == "1h"
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "3")


def test_the_highest_hosts_now_and_one_of_many_labels(open_page: Opener, stack: Stack, second_host: str) -> None:
    page = opened(open_page(), f"/compare?family=cpu&hosts={second_host}", COMPARE_PANEL)
    page.get_by_test_id("top-5").click()
    expect(page.locator("[data-chip]")).to_have_count(2)
    page.locator("[data-testid='choose-hosts'] summary").click()
    page.get_by_test_id("host-search").fill(second_host[:5])
    page.get_by_role("checkbox", name=second_host).uncheck()
    expect(page.locator("[data-chip]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_test_id("family").select_option("cpu_core")
    page.get_by_test_id("label").select_option("0")
    page.wait_for_url(re.compile(r"family=cpu_core.*label=0"))
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "1")


def take_history_away(watched: Watched, families: str) -> None:
    """Answer what is asked of these families' history as the API does while the database is away."""
    problem = '{"status": 503, "code": "database_away", "detail": "The database does not answer."}'
    watched.page.route(
        re.compile(rf"/metrics/({families})\?"),
        lambda route: route.fulfill(status=503, content_type="application/json", body=problem),
    )


def forgive_503(watched: Watched) -> None:
    """Forget that the browser itself reported refused requests."""
    watched.complaints[:] = [text for text in watched.complaints if "503" not in text]


def test_numbers_of_one_family_never_stand_under_the_name_of_another(open_page: Opener) -> None:
    watched = open_page()
    page = opened(watched, f"/compare?family=memory&column=used_percent&hosts={this_host()}", COMPARE_PANEL)
    expect(page.get_by_test_id("range")).to_contain_text("Last 15 min")
    expect(page.get_by_test_id("range")).not_to_contain_text("live")
    take_history_away(watched, "swap")
    page.get_by_test_id("family").select_option("swap")
    expect(page.locator(f"{COMPARE_PANEL} h2")).to_contain_text("Swap used")
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "0")
    expect(page.locator(f"{COMPARE_PANEL} [role=status]")).to_have_text("History is not available right now")
    forgive_503(watched)


def test_a_month_that_cannot_be_had_is_said_so_and_comes_by_itself(open_page: Opener, hosts: list[str]) -> None:
    watched = open_page()
    page = opened(watched, f"/hosts/{hosts[0]}", CPU_PANEL)
    expect(page.get_by_test_id("range")).to_contain_text("Last 15 min (live)")
    take_history_away(watched, "cpu")
    page.get_by_test_id("range").select_option("30d")
    expect(page.locator(f"{CPU_PANEL} [role=status]")).to_have_text("History is not available right now")
    expect(page.locator(f"{CPU_PANEL} canvas")).to_have_count(0)
    page.unroute_all()
    level = page.locator(f"{CPU_PANEL} [data-testid='resolution']")
    expect(level).to_have_attribute("data-level", "1h", timeout=20_000)
    expect(page.locator(f"{CPU_PANEL} [role=status]")).to_have_text("")
    forgive_503(watched)


def test_zooming_out_by_keyboard_keeps_the_focus(open_page: Opener, hosts: list[str]) -> None:
    page = opened(open_page(), f"/hosts/{hosts[0]}?range=30d", CPU_PANEL)
    zoom_out = page.get_by_test_id("zoom-out")
    expect(zoom_out).to_have_attribute("aria-disabled", "true")
    drag(page, CPU_PANEL, 0.3, 0.4)
    page.wait_for_url(re.compile(r"start="))
    zoom_out.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"range=30d$"))
    expect(zoom_out).to_have_attribute("aria-disabled", "true")
    expect(zoom_out).to_be_focused()


def test_a_ranking_that_comes_after_another_choice_chooses_nobody(open_page: Opener, second_host: str) -> None:
    page = opened(open_page(), f"/compare?family=cpu&hosts={second_host}", COMPARE_PANEL)
    held: list[Route] = []
    page.route(re.compile(r"/metrics/cpu/top\?"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/metrics/cpu/top\?")) as asked:
        page.get_by_test_id("top-5").click()
    assert "limit=1000" in asked.value.url
    page.get_by_test_id("family").select_option("memory")
    expect(page.locator(f"{COMPARE_PANEL} h2")).to_contain_text("Memory")
    held.pop().continue_()
    expect(page.get_by_test_id("top-5")).to_be_enabled()
    expect(page.locator("[data-chip]")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_history_fit_and_are_accessible(
    open_page: Opener, hosts: list[str], pictures: Path, size: tuple[int, int], theme: str
) -> None:
    language = "ko" if (theme == "dark") == (size == PHONE) else "en"
    page = opened(open_page(size, theme, language), f"/hosts/{hosts[0]}?range=30d", CPU_PANEL)
    check(page, pictures / f"range-{size[0]}-{theme}-{language}.png")
    page.goto(f"{page.url.split('#')[0]}#/compare?family=cpu&hosts={','.join(hosts)}&range=7d")
    expect(page.locator(COMPARE_PANEL)).to_have_attribute("data-lines", "3")
    page.locator("[data-testid='custom-range'] summary").click()
    check(page, pictures / f"compare-{size[0]}-{theme}-{language}.png")


def test_shortened_history_is_said_with_its_figures(open_page: Opener, stack: Stack) -> None:
    watched = open_page()
    watched.sign_in()
    notice = watched.page.get_by_test_id("notice-storage-shortened")

    # Upkeep writes what is true every now and then: it is overruled until the page has seen it.
    def seen_or_said_again() -> bool:
        shorten_retention(stack)
        return notice.is_visible()

    until(seen_or_said_again, "the warning", 60)
    expect(notice).to_contain_text("2 days instead of 7 days")
    expect(notice).to_contain_text("9.87 GiB of 10.0 GiB")
