"""Channels over HTTP with a real notifier behind: they are set and tried, and what lies behind one never comes back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.aio.client import Client

from services.api.routes import PREFIX, ROUTES
from shared.alerts.channel import decode_channel
from shared.alerts.channel_answer import ChannelAnswer, encode_channel_answer
from shared.subjects import channel_test_subject, token
from tests.integration.alerting.webhook import TOKEN, Webhook
from tests.integration.api.server import ApiServer, bearer, log_in
from tests.integration.conftest import BusConnect, run_sql
from tests.ports import free_port
from tests.processes import Service
from tests.servers import NatsServer, wait_until

HOSTILE = '<b>"당직" $(id) @all *.>'
ALERTING_PAGE = Path(__file__).parents[3] / "docs" / "alerting.md"
TAKEN_OVER_S_MAX = 60.0


@pytest.fixture(scope="module")
def hook() -> Iterator[Webhook]:
    made = Webhook()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def failing() -> Iterator[Webhook]:
    made = Webhook(status=500)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def notifiers(api: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """Two notifiers of the API's bus, of which one tells."""
    directory = tmp_path_factory.mktemp("notifiers")
    environment = {
        "VITALWIRE_NOTIFIER_NATS_URLS": api.bus.url,
        "VITALWIRE_NOTIFIER_NATS_PASSWORD": api.bus.passwords["notifier"].reveal(),
        "VITALWIRE_NOTIFIER_LOG_LEVEL": "debug",
        "VITALWIRE_NOTIFIER_LANGUAGE": "ko",
    }
    made = [
        Service("services.alerting.notifier", environment, directory / f"notifier-{number}.log") for number in range(2)
    ]
    for process in made:
        process.start()
    yield made
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    """An admin's client."""
    with httpx.Client(verify=False, base_url=f"{api.url}{PREFIX}", headers=bearer(log_in(api)), timeout=40) as client:
        yield client


def path_of(name: str) -> str:
    return "/channels/" + "".join(f"%{byte:02X}" for byte in name.encode())


def set_channel(http: httpx.Client, name: str, *urls: str) -> None:
    answer = http.put(path_of(name), json={"urls": list(urls)})
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def try_out(http: httpx.Client, name: str) -> dict[str, Any]:
    """Return the answer once some notifier tells."""
    end = time.monotonic() + TAKEN_OVER_S_MAX
    while True:
        answer = http.post(f"{path_of(name)}/test")
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)


def status_of(http: httpx.Client, method: str, path: str) -> int:
    return http.request(method, path).status_code


def names(http: httpx.Client) -> list[str]:
    return [channel["name"] for channel in http.get("/channels").json()["channels"]]


async def test_a_channel_is_kept_for_the_notifier_and_named_to_admins(
    api: ApiServer, http: httpx.Client, bus_connect: BusConnect
) -> None:
    set_channel(http, HOSTILE, f"json://user:{TOKEN}@127.0.0.1/x")
    notifier: Client = await bus_connect(api.bus, "provision")
    message = await notifier.jetstream().get_last_msg("KV_alert_channels", f"$KV.alert_channels.{token(HOSTILE)}")
    assert message.data is not None
    assert [url.reveal() for url in decode_channel(message.data, HOSTILE).urls] == [f"json://user:{TOKEN}@127.0.0.1/x"]
    assert HOSTILE in names(http)
    assert status_of(http, "DELETE", path_of(HOSTILE)) == 204
    assert HOSTILE not in names(http)
    assert status_of(http, "DELETE", path_of(HOSTILE)) == 404
    assert status_of(http, "POST", f"{path_of(HOSTILE)}/test") == 404


@pytest.mark.parametrize(
    "sent",
    [
        b'"slack://' + TOKEN.encode() + b'"',
        b'{"urls": "slack://' + TOKEN.encode() + b'"}',
        b'{"urls": ["' + TOKEN.encode() + b'"]}',
        b'{"urls": [["' + TOKEN.encode() + b'"]]}',
        b'{"urls": [{"' + TOKEN.encode() + b'": 1}]}',
        b'{"slack://' + TOKEN.encode() + b'": 1}',
        b'{"urls": ["slack://' + TOKEN.encode() + b'"',
        b'{"urls": []}',
        b"",
    ],
)
def test_what_is_refused_is_not_repeated(api: ApiServer, http: httpx.Client, sent: bytes) -> None:
    answer = http.put("/channels/refused", content=sent)
    assert answer.status_code == 400, answer.text
    assert TOKEN not in answer.text
    assert TOKEN not in api.log.read_text()
    assert "refused" not in names(http)


def test_without_a_notifier_nothing_is_sent_and_it_says_so(http: httpx.Client, hook: Webhook) -> None:
    set_channel(http, "early", hook.url())
    answer = http.post("/channels/early/test")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["detail"].startswith("No notifier tells now: nothing was sent.")
    assert int(answer.headers["retry-after"]) > 0
    assert hook.bodies == []


def test_a_test_reaches_each_address_once_and_says_what_failed(
    http: httpx.Client, notifiers: list[Service], hook: Webhook, failing: Webhook
) -> None:
    closed = free_port()
    urls = (hook.url(), failing.url(), f"json://user:{TOKEN}@127.0.0.1:{closed}/{TOKEN}", f"nothing://{TOKEN}")
    set_channel(http, HOSTILE, *urls)
    found = try_out(http, HOSTILE)
    assert found["channel"] == HOSTILE
    assert found["urls"] == [
        {"url_number": 1, "arrived": True, "reason": None},
        {"url_number": 2, "arrived": False, "reason": "the service answered with status 500"},
        {"url_number": 3, "arrived": False, "reason": "no answer from the service"},
        {"url_number": 4, "arrived": False, "reason": "its service is unknown, or a part of it is missing; "
         "see docs/alerting.md for examples"},
    ]  # fmt: skip
    assert len(hook.bodies) == len(failing.bodies) == 1
    assert hook.messages[0]["title"].startswith("[시험] 채널 ")
    assert "<b>" not in hook.messages[0]["title"] + hook.messages[0]["message"]
    entries = http.get("/audit", params={"limit": 20}).json()["entries"]
    of_channel = [(entry["action"], entry["detail"]) for entry in entries if entry["target"] == HOSTILE]
    assert of_channel[:2] == [("channel tested", "1 of 4 arrived"), ("channel set", "4 addresses")]


def test_another_notifier_takes_over_and_knows_what_was_set_last(
    http: httpx.Client, notifiers: list[Service], hook: Webhook
) -> None:
    sent_count = len(hook.bodies)
    set_channel(http, "ops", "json://127.0.0.1:1/before", "json://127.0.0.1:1/other")
    assert [url["arrived"] for url in try_out(http, "ops")["urls"]] == [False, False]
    set_channel(http, "ops", hook.url())
    # The notifier hears of the change and of the test on two ways, so once it may be the old one that is tried.
    wait_until(lambda: try_out(http, "ops")["urls"][0]["arrived"], "the new address to be tried", 30)
    (telling,) = [process for process in notifiers if '"event": "telling"' in process.log.read_text()]
    assert telling.stop() == 0
    assert try_out(http, "ops")["urls"][0]["arrived"] is True
    assert len(hook.bodies) == sent_count + 2


async def test_the_notifier_answers_nobody_who_says_where(
    api: ApiServer, http: httpx.Client, notifiers: list[Service], hook: Webhook, bus_connect: BusConnect
) -> None:
    set_channel(http, "ops", hook.url())
    try_out(http, "ops")
    sent_count = len(hook.bodies)
    speaker = await bus_connect(api.bus, "api")
    for reply in ("$KV.notified.cpu.web-1.system", "dead.alerts", "_INBOX_notifier.x", ""):
        await speaker.publish(channel_test_subject("ops"), b"", reply=reply)
    # Taken in their order: what is answered now was asked behind them.
    answer = await speaker.request(channel_test_subject("nobody"), b"", 10)
    assert answer.data == encode_channel_answer(ChannelAnswer(outcome="unknown"))
    assert len(hook.bodies) == sent_count
    said = "".join(process.log.read_text() for process in notifiers)
    assert said.count("asked to answer elsewhere than the API listens") == 1


@pytest.fixture(scope="module")
def documented(api: ApiServer, notifiers: list[Service], hook: Webhook) -> list[str]:
    """What the examples of docs/alerting.md print, run as they are written."""
    if any(shutil.which(tool) is None for tool in ("curl", "jq")):
        pytest.skip("the examples of docs/alerting.md need curl and jq")
    blocks = re.findall(r"```sh\n(.*?)```", ALERTING_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = "\necho '<end>'\n".join(blocks).replace("127.0.0.1:8080", f"127.0.0.1:{api.port}")
    script = script.replace("mailtos://user:password@mail.example.com?to=ops@example.com", hook.url())
    done = subprocess.run(
        ["/bin/sh", "-euc", script], env={"TOKEN": log_in(api), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split("<end>\n")


def test_the_examples_of_the_page_set_what_alerting_goes_by(documented: list[str], http: httpx.Client) -> None:
    channel, routes, rule, silence = documented
    assert "conflict" not in "".join(documented)
    assert '"arrived":true' in channel
    assert '"channels":["ops"]' in routes
    assert '"name":"swap"' in rule
    assert '"state":"active"' in silence
    assert "ops" in names(http)


def test_no_answer_and_no_log_holds_an_address(
    api: ApiServer, http: httpx.Client, notifiers: list[Service], bus: NatsServer
) -> None:
    """The last test here: everything before has handled an address."""
    filled = {"{name}": "ops", "{id}": "nothing", "{host}": "web-1", "{family}": "cpu", "{path}": "x.js",
              "{incident}": "none"}  # fmt: skip
    for method, path in ROUTES:
        if method != "GET" or not path.startswith(PREFIX):
            continue
        for placeholder, value in filled.items():
            path = path.replace(placeholder, value)
        answer = http.get(path.removeprefix(PREFIX))
        assert TOKEN not in answer.text, path
    run_sql(
        api.database.owner_url,
        f"DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM app.audit WHERE audit::text LIKE '%{TOKEN}%'); END $$",
    )
    for log in (api.log, *(process.log for process in notifiers), bus.directory / "nats.log"):
        assert TOKEN not in log.read_text(errors="replace"), log
