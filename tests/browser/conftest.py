"""One stack and one browser for all browser tests; a page fails its test by any console error or foreign request."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.browser.alerting import OTHERS, Api, Introduced, InventedHost, introduced
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import CHECKOUT, PASSWORD, Stack, until
from tests.servers import temporary_directory

SECOND_HOST = "web-2.example.com"
FLAGS = [
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
    "--no-first-run", "--disable-gpu",
]  # fmt: skip
DESKTOP = (1440, 900)
PHONE = (390, 844)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A running stack with samples of this machine."""
    parent = temporary_directory("browser")
    made = Stack(parent / "home")
    try:
        made.up()
        token = made.token()
        until(lambda: len(made.cpu_times(token)) >= 3, "three samples in the database")
        yield made
    finally:
        made.run("down")
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="session")
def second_host(stack: Stack) -> Iterator[str]:
    """A second collector, started with exactly the line that add-host prints, as a terminal runs it."""
    line = stack.run("add-host", SECOND_HOST).stdout
    environment = {**os.environ, "VITALWIRE_COLLECTOR_SPOOL_DIRECTORY": str(stack.layout.home / "second-spool")}
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True, text=True,
                             env=environment,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    assert shell.stdin is not None
    shell.stdin.write(line)
    shell.stdin.close()
    try:
        token = stack.token()
        until(lambda: stack.hosts(token)[SECOND_HOST] == "live", "the second host", 300)
        yield SECOND_HOST
    finally:
        os.killpg(shell.pid, 9)
        shell.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """An installed Chromium."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    program = next((path for path in map(shutil.which, names) if path is not None), None)
    assert program is not None, "no Chromium: apt-get install chromium"
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """A page, and everything that it should not have done."""

    page: Page
    stack: Stack
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.stack.api_port}"

    def listen(self) -> None:
        """Note console errors, errors of scripts, and requests to any other origin."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._request)

    def sign_in(self, username: str = "admin") -> None:
        """Sign in, as the administrator or with the same password, through the form."""
        self.page.goto(self.url)
        self.page.locator("input[name=username]").fill(username)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("button[type=submit]").click()
        self.page.get_by_test_id("hosts").wait_for()

    def open_host(self, host: str) -> None:
        """Go to a host's page by its link in the table."""
        self.page.locator(f"[data-testid='hosts'] [data-host='{host}'] a").first.click()
        self.page.get_by_test_id("host-name").filter(has_text=host).wait_for()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} {message.location.get('url', '')}")

    def _request(self, request: Request) -> None:
        own = (self.url + "/", f"ws://127.0.0.1:{self.stack.api_port}/", "data:", "blob:")
        if not request.url.startswith(own):
            self.complaints.append(f"foreign request: {request.url}")


Opener = Callable[..., Watched]


@pytest.fixture
def open_page(browser: Browser, stack: Stack) -> Iterator[Opener]:
    """Opens pages of a size, theme and language; afterwards none may have complained."""
    opened: list[Watched] = []

    def opener(size: tuple[int, int] = DESKTOP, theme: str = "light", language: str = "en") -> Watched:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            locale="ko-KR" if language == "ko" else "en-GB",
            timezone_id="UTC",
        )
        watched = Watched(context.new_page(), stack)
        watched.listen()
        opened.append(watched)
        return watched

    yield opener
    complaints = [complaint for watched in opened for complaint in watched.complaints]
    for watched in opened:
        watched.page.context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept, to be looked at."""
    path = CHECKOUT / "test-results"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture(scope="session")
def calm(stack: Stack) -> None:
    """No rule decides but those that tests set: what the others say depends on the load of the machine."""
    api = Api(stack, stack.token())
    for name in OTHERS:
        api.put(f"/rules/{name}", {**api.get(f"/rules/{name}")["rule"], "enabled": False})


@pytest.fixture
def api(stack: Stack, calm: None) -> Iterator[Api]:
    """The API with a token of the administrator; what alerting goes by is as before afterwards."""
    made = Api(stack, stack.token())
    yield made
    made.token = stack.token()
    made.clear()


@pytest.fixture(scope="session")
def invented(stack: Stack) -> Introduced:
    """Hosts by their names, each of which says only what a test wants."""
    hosts: dict[str, InventedHost] = {}

    def host(name: str) -> InventedHost:
        if name not in hosts:
            hosts[name] = introduced(stack, name)
        return hosts[name]

    return host


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A service that a channel can name."""
    hook = Webhook()
    hook.start()
    yield hook
    hook.stop()
