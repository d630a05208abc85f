"""The notifier as a process on a real bus: who is told what by real HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.request import urlopen

import msgspec
import pytest

from shared.subjects import ALERTS, DEAD, alert_key, dead_subject
from shared.wire.alert import decode_alert, event_subject
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.heard import (
    CPU,
    CPU_OVER,
    KEY,
    TAKEN_OVER_S_MAX,
    TOLD_S_MAX,
    is_kept,
    is_telling,
    says,
    stays,
    told,
    told_in_any_order,
)
from tests.integration.alerting.people import EVERYTHING, People
from tests.integration.alerting.webhook import TOKEN, Made
from tests.integration.conftest import BusConnect
from tests.ports import free_port
from tests.processes import Service
from tests.servers import NatsServer
from tests.waiting import holds


async def test_an_alert_is_told_and_its_end_and_what_was_told_is_kept(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made, bus_connect: BusConnect
) -> None:
    hook, admin = webhook(), await bus_connect(own_bus, "provision")
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    await is_telling(notifier(language="ko", zone="Asia/Seoul", page_url="https://watch.example.com"))
    fired = await people.fire("cpu", "web-1")
    await told(hook, "[심각] web-1 cpu: 99.0%")
    assert hook.times[0] - fired.time.timestamp() < TOLD_S_MAX
    assert "KST부터" in hook.messages[0]["message"]
    assert f"https://watch.example.com/#/alerts/{fired.incident}" in hook.messages[0]["message"]
    await is_kept(admin, KEY, "firing")
    await people.acknowledge("cpu", "web-1")
    await is_kept(admin, KEY, "firing acknowledged")
    await people.resolve("cpu", "web-1")
    await stays(hook, "[심각] web-1 cpu: 99.0%", "[해소] web-1 cpu")
    await is_kept(admin, KEY, "ok acknowledged")


async def test_a_rack_of_forty_hosts_is_one_message(notifier: StartNotifier, people: People, webhook: Made) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    await is_telling(notifier())
    await asyncio.gather(*(people.fire("host_silent", f"rack-{number:02}") for number in range(40)))
    await stays(hook, "[CRITICAL] host_silent on 40 hosts")
    assert all(f"rack-{number:02}" in hook.messages[0]["message"] for number in range(40))


async def test_what_people_change_counts_from_then_on(notifier: StartNotifier, people: People, webhook: Made) -> None:
    hook, other = webhook(), webhook()
    await is_telling(notifier())
    await people.fire("cpu", "web-1")  # no route, no channel: told once there is one
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    await told(hook, CPU)
    await people.silence("web-2")
    await people.fire("cpu", "web-2")
    await stays(hook, CPU)
    await people.end_silence()
    await told(hook, CPU, "[CRITICAL] cpu on web-2: 99.0%")
    await people.set_channel("ops", other.url())
    await people.resolve("cpu", "web-2")
    await told(other, "[RESOLVED] cpu on web-2")
    assert len(hook.bodies) == 2


async def test_after_a_restart_nothing_is_told_twice_and_nothing_is_passed_over(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made, bus_connect: BusConnect
) -> None:
    hook, admin = webhook(), await bus_connect(own_bus, "provision")
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    first = notifier()
    await is_telling(first)
    await people.fire("cpu", "web-1")
    await people.fire("cpu", "web-2")
    await told(hook, "[CRITICAL] cpu on 2 hosts")
    await is_kept(admin, KEY, "firing")
    await is_kept(admin, alert_key("cpu", "web-2", "system"), "firing")
    assert first.stop() == 0
    await people.resolve("cpu", "web-1")
    await people.fire("cpu", "web-3")
    await people.fire("memory", "web-1")
    await people.resolve("memory", "web-1")  # begun and over meanwhile
    await is_telling(notifier())
    await told_in_any_order(hook, "[CRITICAL] cpu on 2 hosts", CPU_OVER, "[CRITICAL] cpu on web-3: 99.0%")


async def test_what_no_address_takes_is_set_aside_with_its_reason(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made, bus_connect: BusConnect
) -> None:
    away, admin = webhook(status=500), await bus_connect(own_bus, "provision")
    await people.set_channel("ops", away.url())
    await people.set_routes(EVERYTHING)
    process = notifier(tried_s_max="1")
    await is_telling(process)
    fired = await people.fire("cpu", "web-1")

    async def is_there() -> bool:
        return (await admin.jetstream().stream_info(DEAD)).state.messages == 1

    await holds(is_there, "a dead letter", TAKEN_OVER_S_MAX)
    letter = await admin.jetstream().get_last_msg(DEAD, dead_subject(ALERTS))
    assert decode_alert(letter.data or b"", event_subject(fired)) == fired
    headers = letter.headers or {}
    assert headers["Vitalwire-Reason"] == "channel ops, URL 1: its address took nothing for too long"
    assert headers["Vitalwire-Subject"] == event_subject(fired)
    await is_kept(admin, KEY, "firing")  # given up is done with: nobody is told of it after a restart
    assert TOKEN not in process.log.read_text()


async def test_a_url_of_no_use_leaves_the_others_of_its_channel(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    await people.set_channel("ops", f"nothing://{TOKEN}", hook.url())
    await people.set_routes(EVERYTHING)
    process = notifier()
    await is_telling(process)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    assert says(process, "a channel's URL is of no use")
    assert TOKEN not in process.log.read_text()


async def test_what_cannot_be_read_is_left_out_and_all_else_goes_on(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    process = notifier()
    await is_telling(process)
    evaluator = people.evaluator.jetstream()
    for body in (b"", b"\xc1", msgspec.msgpack.encode({"v": 99})):
        await evaluator.publish("alerts.cpu.web-9.system", body)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    assert process.log.read_text().count('"event": "event refused"') == 3


async def test_its_figures_tell_what_it_does(
    notifier: StartNotifier, people: People, webhook: Made, free_port_number: int
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    process = notifier(metrics_port=str(free_port_number))
    await is_telling(process)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)

    async def tells() -> bool:
        figures = await asyncio.to_thread(_figures, free_port_number)
        wanted = (
            "vitalwire_notifier_telling 1.0", 'vitalwire_notifier_messages_total{channel="ops"} 1.0',
            "vitalwire_notifier_alerts 1.0", 'vitalwire_notifier_waiting{channel="ops"} 0.0',
            "vitalwire_notifier_delay_seconds_count 1.0",
        )  # fmt: skip
        return all(line in figures.splitlines() for line in wanted) and TOKEN not in figures

    await holds(tells, "the figures", TOLD_S_MAX)


def _figures(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


@pytest.fixture
def free_port_number() -> int:
    return free_port()


def test_it_says_what_is_wrong_with_its_settings_and_starts_nothing(tmp_path: Path) -> None:
    wrong = {
        "VITALWIRE_NOTIFIER_ZONE": "Asia/Soul", "VITALWIRE_NOTIFIER_LANGUAGE": "de",
        "VITALWIRE_NOTIFIER_PAGE_URL": "javascript:alert(1)",
    }  # fmt: skip
    process = Service("services.alerting.notifier", wrong, tmp_path / "notifier.log")
    process.start(ready=False)
    assert process.process is not None
    assert process.process.wait(20) == 2
    written = process.log.read_text()
    assert all(name in written for name in (*wrong, "nats_urls is missing", "nats_password is missing"))
