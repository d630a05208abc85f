"""Texts go through Apprise to a real HTTP server: names arrive as they are, and secrets stay where they are."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from apprise import OverflowMode

from services.alerting.channels import overflow_of, sender_of
from services.alerting.grouping import Telling, grouped
from services.alerting.notifier.sending import AddressError, DeliveryError, Text
from services.alerting.plain_text import plain
from services.alerting.wording import body, title
from shared.settings import Secret
from shared.wire.alert import AlertTransition
from tests.integration.alerting.webhook import TOKEN, Made
from tests.processes import ROOT
from tests.servers import wait_until

# Apprise looks at all its services when the first one is asked for, and one of them needs what Python 3.13 lacks.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TIME = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>",
    "$(touch /tmp/pwned)`id`;rm -rf /",
    "json://evil.example.com/?to=all&format=html",
    "{}{0}{name!r}%s%(title)s",
    "{{ body }}{% raw %}",
    r"\n\t\x41\u0041",
    ":smile: :bomb:",
    "@everyone <!channel> <@U1>",
    "*a* _b_ ~c~ [d](https://e.example.com) `f`",
    "&amp;&lt;b&gt;",
    "' OR 1=1 --\"",
    "호스트-서울",
]


def alert(host: str) -> AlertTransition:
    return AlertTransition(
        id="x", incident="cpu-1", rule="cpu", host=host, series="system", labels={"mount": host}, kind="threshold",
        family="cpu", column="total_percent", unit="percent", status="firing", level="critical", value=99.0,
        threshold=90.0, since=TIME, time=TIME,
    )  # fmt: skip


def text_of(host: str) -> Text:
    (group,) = grouped([Telling("news", ("ops",), alert(host))])
    return Text(title(group, "en"), body(group, "en", "https://watch.example.com"), "critical")


@pytest.mark.parametrize("more", ["", "?format=html", "?format=markdown", "?emojis=yes&overflow=split"])
@pytest.mark.parametrize("host", HOSTILE)
def test_hostile_names_arrive_as_plain_text(webhook: Made, host: str, more: str) -> None:
    hook, text = webhook(), text_of(host)
    sender_of(Secret(hook.url(more=more)))(text)
    (message,) = hook.messages
    assert message["title"] == text.title
    assert plain(host) in message["title"]
    assert (message["type"], message["attachments"]) == ("failure", [])
    if more in ("", "?emojis=yes&overflow=split"):
        assert message["message"] == text.body
    assert "<script" not in message["message"]
    assert "https://e.example.com" not in message["message"].replace("https://watch.example.com", "")


def test_what_another_service_makes_of_a_hostile_name_is_text_too(webhook: Made) -> None:
    hook, text = webhook(), text_of(HOSTILE[0])
    sender_of(Secret(hook.url("xml")))(text)
    root = ElementTree.fromstring(hook.bodies[0])
    said = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert said["Subject"] == text.title
    assert said["Message"] == text.body


@pytest.mark.parametrize(
    ("severity", "kind"), [("ok", "success"), ("warning", "warning"), ("critical", "failure")]
)  # fmt: skip
def test_how_bad_it_is_is_told_too(webhook: Made, severity: str, kind: str) -> None:
    hook = webhook()
    sender_of(Secret(hook.url()))(Text("title", "body", severity))  # type: ignore[arg-type]
    assert hook.messages[0]["type"] == kind


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_service_that_refuses_is_told_by_its_status_alone(webhook: Made, status: int) -> None:
    hook = webhook(status=status)
    with pytest.raises(DeliveryError) as caught:
        sender_of(Secret(hook.url()))(text_of("web-1"))
    assert str(caught.value) == f"the service answered with status {status}"


def test_a_service_that_is_away_is_told_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(DeliveryError, match=r"\Ano answer from the service\Z"):
            sender_of(Secret(f"json://user:{TOKEN}@127.0.0.1:{port}/{TOKEN}"))(text_of("web-1"))


@pytest.mark.parametrize("more", ["?retry=5&wait=60", "?optional=yes", "?optional=yes&retry=3"])
def test_what_a_url_says_of_trying_again_is_not_heeded(webhook: Made, more: str) -> None:
    hook = webhook(status=500)
    with pytest.raises(DeliveryError):
        sender_of(Secret(hook.url(more=more)))(text_of("web-1"))
    assert len(hook.bodies) == 1


@pytest.mark.parametrize("url", ["nothing://x", "json://", "no address", "file:///etc/passwd", f"slack://{TOKEN}"])
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        sender_of(Secret(url))
    assert url not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_nothing_of_apprise_reaches_a_log(webhook: Made, caplog: pytest.LogCaptureFixture) -> None:
    hook = webhook(status=500)
    with caplog.at_level(logging.DEBUG):
        send = sender_of(Secret(hook.url()))
        with pytest.raises(DeliveryError):
            send(text_of("web-1"))
    assert [record for record in caplog.records if record.name.startswith("apprise")] == []


def test_nothing_is_sent_in_a_thread_that_others_wait_for(webhook: Made) -> None:
    hook, before = webhook(), set(threading.enumerate())
    hook.go_on.clear()
    sending = threading.Thread(target=sender_of(Secret(hook.url())), args=(text_of("web-1"),), daemon=True)
    sending.start()
    wait_until(lambda: len(hook.bodies) == 1, "the request", 10)
    more = {thread for thread in threading.enumerate() if thread not in before and "process_request" not in thread.name}
    hook.go_on.set()
    sending.join(10)
    assert more == {sending}


LOADED = """
import sys
from services.alerting import telling
from services.alerting.notifier import addresses, outbox, sending, settings, waiting
sys.exit("apprise" in sys.modules)
"""


def test_only_what_sends_loads_apprise() -> None:
    """It costs every process that does; an API that checks a channel must not pay for it."""
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, timeout=60, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("said", "characters_max", "expected"),
    [("upstream", 160, "truncate"), ("upstream", 2_000, "split"), ("split", 160, "split"), ("truncate", 9, "truncate")],
)
def test_a_message_that_is_too_long_comes_in_parts_or_cut(said: str, characters_max: int, expected: str) -> None:
    assert overflow_of(OverflowMode(said), characters_max) == OverflowMode(expected)


def test_a_long_message_comes_whole_where_there_is_room(webhook: Made) -> None:
    hook = webhook()
    send = sender_of(Secret(hook.url()))
    send(Text("title", "line\n" * 700, "warning"))
    assert "".join(message["message"] for message in hook.messages).count("line") == 700
