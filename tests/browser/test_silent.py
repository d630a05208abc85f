"""A host that fell silent: what it said last is dim wherever it stands, and its lines can still be told apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from deploy.local.up import this_host
from tests.browser.checks import check
from tests.browser.conftest import DESKTOP, PHONE, Opener
from tests.browser.test_dashboard import CPU_PANEL

OLD_HOST = "old.example.com"
LISTED = re.compile(r"/api/v1/hosts\?")
DESCRIBED = re.compile(r"/api/v1/hosts/[^/?]+$")
SCREENS = pytest.mark.parametrize(
    ("size", "theme"),
    [pytest.param(DESKTOP, "light", id="desktop, light"), pytest.param(PHONE, "dark", id="phone, dark")],
)

_LOOKS = """(panel) => {
    const style = (element) => getComputedStyle(element);
    return {
        border: style(panel).borderTopStyle,
        filters: [...panel.querySelectorAll(".chart, .swatch")].map((element) => style(element).filter),
        colors: [...panel.querySelectorAll(".swatch")].map((element) => style(element).backgroundColor),
    };
}"""
_COLORS = """(row) => ["number", "note", "bar > span"].map((part) => {
    const element = row.querySelector(`.col-cpu .usage-${part}, .col-disk .usage-${part}`);
    return part === "bar > span" ? getComputedStyle(element.parentElement).filter : getComputedStyle(element).color;
})"""


def say_silent(route: Route) -> None:
    """Answer of this host as the API does when it has fallen silent."""
    body: dict[str, Any] = route.fetch().json()
    route.fulfill(json=body | {"state": "silent"})


def list_silent(route: Route) -> None:
    """List one more host, which was busy when it was last heard of."""
    body: dict[str, Any] = route.fetch().json()
    first = body["hosts"][0]
    summary = first["summary"] | {"cpu_percent": 97.0, "disk_percent": 50.0, "disk_mount": "/"}
    old = first | {"host": OLD_HOST, "state": "silent", "summary": summary, "duplicate": False}
    route.fulfill(json=body | {"hosts": [*body["hosts"], old]})


@SCREENS
def test_its_charts_keep_their_colours_on_a_dimmed_card(
    open_page: Opener, pictures: Path, size: tuple[int, int], theme: str
) -> None:
    watched = open_page(size, theme)
    watched.sign_in()
    page = watched.page
    page.route(DESCRIBED, say_silent)
    watched.open_host(this_host())
    page.locator(".page.silent").wait_for()
    page.locator(f"{CPU_PANEL} .swatch").nth(2).wait_for()
    looks = page.locator(CPU_PANEL).evaluate(_LOOKS)
    assert looks["border"] == "dashed"
    assert set(looks["filters"]) == {"none"}
    assert len(set(looks["colors"])) == len(looks["colors"]) >= 3
    expect(page.get_by_test_id("delivery")).not_to_have_css("border-top-style", "dashed")
    check(page, pictures / f"silent-host-{size[0]}-{theme}.png")
    page.unroute(DESCRIBED, say_silent)


@SCREENS
def test_nothing_of_it_is_an_alarm_in_the_list(
    open_page: Opener, pictures: Path, size: tuple[int, int], theme: str
) -> None:
    watched = open_page(size, theme)
    page = watched.page
    page.route(LISTED, list_silent)
    watched.sign_in()
    row = page.locator(f"[data-testid='hosts'] [data-host='{OLD_HOST}']")
    expect(row.locator(".usage.high .usage-number")).to_have_text("97.0%")
    number, muted, bar = row.evaluate(_COLORS)
    assert number == muted
    assert bar == "grayscale(1)"
    check(page, pictures / f"silent-row-{size[0]}-{theme}.png")
    page.unroute(LISTED, list_silent)
