"""What every page must be: as wide as its window, accessible, and worth a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.integration.deploy.stack import CHECKOUT

AXE = CHECKOUT / "services/web/node_modules/axe-core/axe.min.js"


def check(page: Page, picture: Path) -> None:
    """Fail where the page is wider than its window or keeps somebody out, and keep a picture of it."""
    page.screenshot(path=picture)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    assert serious_violations(page) == []


def serious_violations(page: Page) -> list[str]:
    """Return what axe finds that is serious or critical."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]
