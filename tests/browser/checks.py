"""What every page must be: as wide as its window, accessible, and worth a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.integration.deploy.stack import CHECKOUT

Theme = Literal["light", "dark"]
LOOKS: dict[str, tuple[tuple[tuple[int, int], Theme], ...]] = {
    "en": ((DESKTOP, "light"), (PHONE, "dark")),
    "ko": ((PHONE, "light"), (DESKTOP, "dark")),
}
"""Sizes and themes in which a page is looked at, by its language: all of them in both together."""

_SETTLED = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations === 1)
    .map((one) => one.finished.catch(() => null))).then(() => null)"""

AXE = CHECKOUT / "services/web/node_modules/axe-core/axe.min.js"


def check(page: Page, picture: Path, *, whole: bool = False) -> None:
    """Fail where the page is wider than its window or keeps somebody out; keep a picture of it, or of what is seen."""
    page.screenshot(path=picture, full_page=whole)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    found = serious_violations(page)
    assert found == [], found


def check_looks(page: Page, pictures: Path, name: str, language: str) -> None:
    """Check a page in every size and theme of its language; afterwards it has its size again, and is light."""
    before = page.viewport_size
    for (width, height), theme in LOOKS[language]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        # Colours fade from one theme to the other, and charts are drawn anew.
        page.evaluate(_SETTLED)
        check(page, pictures / f"{name}-{language}-{width}-{theme}.png", whole=True)
    page.emulate_media(color_scheme="light")
    if before is not None:
        page.set_viewport_size(before)


def serious_violations(page: Page) -> list[str]:
    """Return what axe finds that is serious or critical."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]
