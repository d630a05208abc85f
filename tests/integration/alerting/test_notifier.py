"""The notifier as a process on a real bus: who is told what by real HTTP, and what faults change of that."""

from __future__ import annotations

import asyncio
import signal
import time
from urllib.request import urlopen

import msgspec
import pytest
from nats.aio.client import Client

from shared.alerts.route import Route
from shared.subjects import ALERTS, DEAD, NOTIFIED_BUCKET, alert_key, bucket_stream, bucket_subject, dead_subject
from shared.wire.alert import decode_alert, event_subject
from shared.wire.alert_state import decode_notified
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import TOKEN, Made, Webhook
from tests.integration.conftest import BusConnect
from tests.ports import free_port
from tests.processes import Service
from tests.servers import NatsServer
from tests.waiting import holds

TOLD_S_MAX = 10.0
"""Ten times what is promised: a second from a sample to the webhook."""

TAKEN_OVER_S_MAX = 60.0
"""A lease lasts 10 s."""

QUIET_S = 2.0
"""For so long nothing more may come: longer than transitions are gathered, than a round, and than a first pause."""

EVERYTHING = Route(channels=("ops",))


async def told(hook: Webhook, *titles: str, seconds_max: float = TOLD_S_MAX) -> None:
    """Return once exactly these titles were sent, in this order."""

    async def are_there() -> bool:
        return hook.titles == list(titles)

    await holds(are_there, f"the titles {titles}", seconds_max, lambda: str(hook.titles))


async def stays(hook: Webhook, *titles: str) -> None:
    await told(hook, *titles)
    await asyncio.sleep(QUIET_S)
    assert hook.titles == list(titles)


def says(process: Service, text: str) -> bool:
    return text in process.log.read_text(errors="replace")


async def is_telling(*processes: Service) -> Service:
    """Return the one that tells."""
    found: list[Service] = []

    async def one_does() -> bool:
        found[:] = [process for process in processes if says(process, '"event": "telling"')]
        return len(found) == 1

    await holds(one_does, "one notifier that tells", TAKEN_OVER_S_MAX)
    return found[0]


async def kept(client: Client, key: str) -> str | None:
    """Return the status that the bucket has of an alert, `acknowledged` beside it; None where it has none."""
    messages = client.jetstream()
    try:
        message = await messages.get_last_msg(bucket_stream(NOTIFIED_BUCKET), bucket_subject(NOTIFIED_BUCKET, key))
    except Exception:
        return None
    if not message.data:
        return None
    notified = decode_notified(message.data)
    return notified.status + (" acknowledged" if notified.is_acknowledged else "")


async def is_kept(client: Client, key: str, wanted: str | None) -> None:
    async def it_is() -> bool:
        return await kept(client, key) == wanted

    await holds(it_is, f"{key} to be kept as {wanted}", TOLD_S_MAX)


CPU = "[CRITICAL] cpu on web-1: 99.0%"
CPU_OVER = "[RESOLVED] cpu on web-1"
KEY = alert_key("cpu", "web-1", "system")


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
    assert f"https://watch.example.com/alerts/{fired.incident}" in hook.messages[0]["message"]
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


async def told_in_any_order(hook: Webhook, *titles: str) -> None:
    async def are_there() -> bool:
        return sorted(hook.titles) == sorted(titles)

    await holds(are_there, f"the titles {titles}", TAKEN_OVER_S_MAX, lambda: str(hook.titles))
    await asyncio.sleep(QUIET_S)
    assert sorted(hook.titles) == sorted(titles)


async def test_a_notifier_that_is_killed_amid_a_message_is_followed_by_one_that_tells_it(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    hook.go_on.clear()
    await people.set_channel("ops", hook.url(more="?rto=60"))
    await people.set_routes(EVERYTHING)
    first = notifier()
    await is_telling(first)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)  # it has the message, and has not answered
    second = notifier()
    first.stop(signal.SIGKILL)
    hook.go_on.set()
    await is_telling(second)
    await told(hook, CPU, CPU)
    await stays(hook, CPU, CPU)


async def test_of_two_one_tells_and_the_other_takes_over(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    both = [notifier(), notifier()]
    first = await is_telling(*both)
    await people.fire("cpu", "web-1")
    await stays(hook, CPU)
    (second,) = [process for process in both if process is not first]
    begun = time.monotonic()
    assert first.stop() == 0  # gives its lease up
    await people.resolve("cpu", "web-1")
    await told(hook, CPU, CPU_OVER, seconds_max=TAKEN_OVER_S_MAX)
    assert says(second, '"event": "telling"')
    assert time.monotonic() - begun < TAKEN_OVER_S_MAX


async def test_a_channel_that_is_away_delays_no_other_and_hears_what_is_so_when_it_is_back(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook, away = webhook(), webhook(status=503)
    await people.set_channel("ops", hook.url())
    await people.set_channel("boss", away.url())
    await people.set_routes(Route(channels=("ops", "boss")))
    process = notifier()
    await is_telling(process)
    await people.fire("cpu", "web-1", "warning")
    await told(hook, "[WARNING] cpu on web-1: 99.0%")

    async def refuses() -> bool:
        return says(process, "the service answered with status 503")

    await holds(refuses, "the first attempt at the other channel", TOLD_S_MAX)
    away.stop()
    await people.fire("cpu", "web-1")
    await people.fire("cpu", "web-2")
    await told(hook, "[WARNING] cpu on web-1: 99.0%", "[CRITICAL] cpu on 2 hosts")

    async def is_missed() -> bool:
        return says(process, "no answer from the service")

    await holds(is_missed, "an attempt while it is away", TAKEN_OVER_S_MAX)
    refused = len(away.bodies)
    away.status = 200
    away.start()

    async def heard() -> bool:
        return away.titles[refused:] == ["[CRITICAL] cpu on 2 hosts"]

    await holds(heard, "the newest word", TAKEN_OVER_S_MAX, lambda: str(away.titles))
    await stays(hook, "[WARNING] cpu on web-1: 99.0%", "[CRITICAL] cpu on 2 hosts")
    assert TOKEN not in process.log.read_text()


async def test_a_channel_that_hangs_delays_no_other_and_not_the_end(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook, hanging = webhook(), webhook()
    hanging.go_on.clear()
    await people.set_channel("ops", hook.url())
    await people.set_channel("boss", hanging.url(more="?rto=60"))
    await people.set_routes(Route(channels=("boss", "ops")))
    process = notifier(attempt_s_max="1")
    await is_telling(process)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    await people.resolve("cpu", "web-1")
    await told(hook, CPU, CPU_OVER)

    async def is_noticed() -> bool:
        return says(process, "no end within 1 s")

    await holds(is_noticed, "the attempt to be given up", TOLD_S_MAX)
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 5


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
async def test_a_bus_that_comes_back_is_read_anew(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made, number: signal.Signals
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    await is_telling(notifier())
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    await asyncio.to_thread(own_bus.stop, number)
    await asyncio.to_thread(own_bus.start)

    async def says_it() -> bool:
        try:
            await people.resolve("cpu", "web-1")
        except Exception:
            return False
        return True

    await holds(says_it, "the evaluator to be back", TAKEN_OVER_S_MAX)
    await told(hook, CPU, CPU_OVER, seconds_max=TAKEN_OVER_S_MAX)
    await stays(hook, CPU, CPU_OVER)


async def test_it_ends_in_time_while_the_bus_is_away(own_bus: NatsServer, notifier: StartNotifier) -> None:
    process = notifier()
    await is_telling(process)
    own_bus.stop()
    begun = time.monotonic()
    assert await asyncio.to_thread(process.stop) == 0
    assert time.monotonic() - begun < 5
    assert not says(process, '"level": "error"')


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
