"""`python -m services.ingest dead`, as an operator runs it: listed, shown, published again, stored."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgpack
import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.ingest.dead.shelf import NEIGHBOURS_MAX
from services.ingest.dead_letters import BURST_MAX, HEADER_BYTES_MAX
from shared.wire.limits import AHEAD_SECONDS_MAX
from tests.integration.conftest import BusConnect, Database, provision_streams
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, publish, sample_set, stored_seqs, swap
from tests.processes import ROOT
from tests.servers import NatsServer, temporary_directory

PAYLOAD_BYTES_MAX = 8 * 1024
TOKEN = HOST.replace(".", "=2E")
NOW = datetime.now(UTC).replace(microsecond=0)
SOON_S = 8.0
ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e"
Dead = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that takes small messages only, so that a body of some kilobytes is set aside in parts."""
    server = NatsServer(temporary_directory("nats"), payload_bytes_max=PAYLOAD_BYTES_MAX)
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture
def dead(own_bus: NatsServer, tmp_path: Path) -> Dead:
    """A function that runs the command, with no rights but those of its own bus user."""
    secret = tmp_path / "password"
    secret.write_text(own_bus.passwords["dead_letters"].reveal() + "\n")

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VITALWIRE_")} | {
            "VITALWIRE_DEAD_LETTERS_NATS_URLS": own_bus.url,
            "VITALWIRE_DEAD_LETTERS_NATS_PASSWORD_FILE": str(secret),
            "COLUMNS": "200",
        }
        command = [sys.executable, "-m", "services.ingest", "dead", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment | changed, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest_asyncio.fixture
async def second_host(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """The connection of another host."""
    yield await bus_connect(own_bus, "host-web-2")


def said(done: subprocess.CompletedProcess[str], status: int = 0) -> list[str]:
    """Return what was printed, which no stranger can steer a terminal with."""
    assert done.returncode == status, done.stdout + done.stderr
    lines = done.stdout.split("\n")
    assert all(line.isprintable() for line in lines)
    return lines


async def letters_count(client: Client) -> int:
    return (await client.jetstream().stream_info("DEAD")).state.messages


async def test_a_clock_ahead_is_listed_shown_published_again_once_it_is_past_and_stored(
    ingest: StartIngest, dead: Dead, host_client: Client, admin_client: Client, owner: asyncpg.Connection,
    tmp_path: Path,
) -> None:  # fmt: skip
    ingest().start()
    time = datetime.now(UTC) + timedelta(minutes=5, seconds=SOON_S)
    body = sample_set(HOST, 4, time)
    await publish(host_client, [body])
    await drained(admin_client)
    assert await stored_seqs(owner) == []

    assert "left in DEAD: its time is still 30" in said(dead("retry", "1"), status=1)[0]
    listed = said(dead("list"))
    assert listed[1].split()[0] == "1"
    assert f"metrics.{TOKEN}.system" in listed[1]
    assert "clock ahead by 30" in listed[1]
    assert listed[-2].split(maxsplit=1)[0] == "1"
    shown = "\n".join(said(dead("show", "1")))
    assert '"seq": 4,' in shown
    assert f"Vitalwire-Subject: metrics.{TOKEN}.system" in shown
    said(dead("show", "1", "--raw", str(tmp_path / "body")))
    assert (tmp_path / "body").read_bytes() == body

    await no_longer_ahead(time)
    dry = said(dead("retry", "1", "--dry-run"))
    assert dry[0] == f"1: would be published on metrics.{TOKEN}.system"
    assert await letters_count(admin_client) == 1
    done = said(dead("retry", "1"))
    assert done[0] == f"1: published on metrics.{TOKEN}.system, sequence 2 of METRICS; deleted from DEAD"
    await drained(admin_client)
    assert await stored_seqs(owner) == [4]
    assert await letters_count(admin_client) == 0
    again = dead("retry", "1")
    assert again.returncode == 1
    assert "there is no dead letter 1" in again.stderr


async def no_longer_ahead(time: datetime) -> None:
    """Return once ingest takes a sample set of this time: it is judged by its arrival."""
    await asyncio.sleep(max(0.0, (time - datetime.now(UTC)).total_seconds() - AHEAD_SECONDS_MAX))


async def put_aside(client: Client, body: bytes, **changed: Any) -> None:
    """Put a letter into DEAD as ingest does; `client` may publish there."""
    part, subject = changed.get("part", "1/1"), changed.get("subject", f"metrics.{TOKEN}.system")
    received = changed.get("received", datetime.now(UTC))
    headers = {
        "Vitalwire-Reason": changed.get("reason", "a later version takes it"),
        "Vitalwire-Subject": subject,
        "Vitalwire-Stream": "METRICS",
        "Vitalwire-Sequence": str(changed.get("sequence", 1)),
        "Vitalwire-Received-At": received.isoformat(),
        "Vitalwire-Part": part,
    }
    await client.jetstream().publish("dead.metrics", body, headers=headers)


async def test_an_old_one_goes_to_backfill_and_a_repeat_of_it_is_stored_once(
    ingest: StartIngest, dead: Dead, admin_client: Client, owner: asyncpg.Connection, own_bus: NatsServer,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    ingest().start()
    aside = await bus_connect(own_bus, "ingest")
    hour_ago = NOW - timedelta(hours=1)
    for _ in range(2):  # as when the command was killed after publishing, before deleting
        await put_aside(aside, sample_set(HOST, 7, hour_ago), received=hour_ago)
    lines = said(dead("retry", "--all", "--days-max", "7"))
    assert [line.split(",")[0] for line in lines[:2]] == [f"{n}: published on backfill.{TOKEN}.system" for n in (1, 2)]
    await drained(admin_client)
    assert await stored_seqs(owner) == [7]
    assert await letters_count(admin_client) == 0
    assert said(dead("retry", "--all"))[0].startswith("0 published again")


async def test_no_host_can_have_the_letters_of_another_taken_for_repeats(
    ingest: StartIngest, dead: Dead, admin_client: Client, owner: asyncpg.Connection, own_bus: NatsServer,
    bus_connect: BusConnect, second_host: Client,
) -> None:  # fmt: skip
    ingest().start()
    aside = await bus_connect(own_bus, "ingest")
    hour_ago = NOW - timedelta(hours=1)
    for seq in range(1, 4):
        await put_aside(aside, sample_set(HOST, seq, hour_ago), received=hour_ago)
        for guess in (f"dead:{seq}", f"METRICS:1:{seq}"):
            headers = {"Nats-Msg-Id": guess}
            await second_host.jetstream().publish("backfill.web-2.x", b"\xc1", headers=headers)
    await drained(admin_client)
    lines = said(dead("retry", "--host", HOST, "--days-max", "7"))
    assert lines[-2] == "3 published again; one that is refused again comes back"
    await drained(admin_client)
    assert await stored_seqs(owner) == [1, 2, 3]


async def test_parts_are_joined_and_an_incomplete_letter_stays(
    ingest: StartIngest, dead: Dead, host_client: Client, admin_client: Client, owner: asyncpg.Connection,
    tmp_path: Path,
) -> None:  # fmt: skip
    ingest().start()
    time = datetime.now(UTC) + timedelta(minutes=5, seconds=1)
    rows = [[number, 0, 0, 1.5, 0.0, 0.0] for number in range(220)]
    body = sample_set(HOST, 8, time, {"swap": swap(rows)})
    assert PAYLOAD_BYTES_MAX - HEADER_BYTES_MAX < len(body) <= PAYLOAD_BYTES_MAX
    for _ in range(2):
        await publish(host_client, [body])
    await drained(admin_client)
    assert await letters_count(admin_client) == 4
    jetstream = admin_client.jetstream()
    await jetstream.delete_msg("DEAD", 3)
    said(dead("show", "2", "--raw", str(tmp_path / "body")))
    assert (tmp_path / "body").read_bytes() == body
    assert "sequence: 1, 2" in said(dead("show", "2"))
    assert "incomplete: only 1 of its 2 parts are there" in said(dead("show", "4"))
    assert [line.split()[0] for line in said(dead("list"))[1:3]] == ["4", "1"]
    await no_longer_ahead(time)
    lines = said(dead("retry", "--all"), status=1)
    assert lines[0] == f"1: published on metrics.{TOKEN}.system, sequence 3 of METRICS; deleted from DEAD"
    assert lines[1] == "4: left in DEAD: only 1 of its 2 parts are there, so what was published cannot be put together"
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(220))
    assert await letters_count(admin_client) == 1


async def test_parts_are_found_with_letters_of_other_processes_between(
    dead: Dead, own_bus: NatsServer, bus_connect: BusConnect, tmp_path: Path
) -> None:
    aside = await bus_connect(own_bus, "ingest")
    await put_aside(aside, b"first ", part="1/2", sequence=50, received=NOW)
    for number in range(NEIGHBOURS_MAX - 1):
        await put_aside(aside, b"between", sequence=100 + number)
    await put_aside(aside, b"second", part="2/2", sequence=50, received=NOW)
    said(dead("show", str(NEIGHBOURS_MAX + 1), "--raw", str(tmp_path / "body")))
    assert (tmp_path / "body").read_bytes() == b"first second"
    assert dead("show", "1", "--raw", str(tmp_path / "body")).stderr.endswith("name a new file\n")


async def test_what_is_refused_again_comes_back_and_no_more_than_may_come_back_is_published(
    ingest: StartIngest, dead: Dead, host_client: Client, admin_client: Client, own_bus: NatsServer,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    ingest().start()
    aside = await bus_connect(own_bus, "ingest")
    await publish(host_client, [b"\xc1 poison"])
    await drained(admin_client)
    # Set aside before those five minutes, by an ingest that was here then: the rest is of another host.
    for number in range(BURST_MAX + 5):
        await put_aside(aside, b"\xc1 poison", sequence=100 + number, subject="metrics.web-2.system")
    lines = said(dead("retry", "--host", HOST, "--limit", "1"))
    assert lines[0].startswith(f"1: published on metrics.{TOKEN}.system")
    await drained(admin_client)
    listed = said(dead("list", "--host", HOST))
    assert [line.split()[0] for line in listed[1:-4]] == [str(BURST_MAX + 5 + 2)]
    refused = said(dead("retry", "--host", "web-2"), status=1)
    assert len([line for line in refused if "left in DEAD: its host may have 60" in line]) == BURST_MAX + 5


async def test_nothing_is_published_while_what_an_earlier_run_published_may_be_refused_yet(
    ingest: StartIngest, dead: Dead, host_client: Client, admin_client: Client, own_bus: NatsServer,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    aside = await bus_connect(own_bus, "ingest")
    # As after a run while ingest was stopped: all that the host may have set aside is published, none of it judged.
    await publish(host_client, [b"\xc1 poison %d" % number for number in range(BURST_MAX)])
    await put_aside(aside, b"\xc1 poison", sequence=1)
    refused = dead("retry", "1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nothing was published again: expected ingest to judge within 15 s what METRICS held" in refused.stderr
    assert said(dead("retry", "1", "--dry-run"))[0].startswith("1: would be published on")
    ingest().start()
    assert "left in DEAD: its host may have 60" in said(dead("retry", "1"), status=1)[0]
    await drained(admin_client)
    assert await letters_count(admin_client) == BURST_MAX + 1


async def test_what_ingest_would_drop_by_what_the_database_says_now_is_left(
    ingest: StartIngest, dead: Dead, admin_client: Client, own_bus: NatsServer, bus_connect: BusConnect,
    owner: asyncpg.Connection, database: Database,
) -> None:  # fmt: skip
    # As while the ceiling by size bites: set are 7 days.
    await owner.execute("UPDATE metrics.storage_state SET raw_retention_seconds = 3 * 3600")
    ingest().start()
    aside = await bus_connect(own_bus, "ingest")
    for seq, hours in ((1, 4), (2, 2)):
        time = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)
        await put_aside(aside, sample_set(HOST, seq, time), received=time)
    unknown = said(dead("retry", "--all"), status=1)
    assert len([line for line in unknown if "or say it with --days-max" in line]) == 2
    lines = said(dead("retry", "--all", VITALWIRE_DEAD_LETTERS_DATABASE_URL=database.read_url), status=1)
    assert "1: left in DEAD: its time is 4.0 h ago" in lines[0]
    assert lines[1].startswith("2: published on")
    await drained(admin_client)
    assert await stored_seqs(owner) == [2]
    assert await letters_count(admin_client) == 1


async def test_letters_of_alerts_are_listed_and_shown_and_never_published_again(
    ingest: StartIngest, dead: Dead, admin_client: Client, own_bus: NatsServer, bus_connect: BusConnect
) -> None:
    ingest().start()
    evaluator, notifier = await bus_connect(own_bus, "alerting"), await bus_connect(own_bus, "notifier")
    subject = f"alerts.disk.{TOKEN}.x"
    await evaluator.jetstream().publish(subject, msgpack.packb({"v": 1, "event": "story"}))
    await drained(admin_client, streams=("ALERTS",))
    # As the notifier sets aside what no channel took.
    headers = {"Vitalwire-Reason": "channel ops, URL 1: refused", "Vitalwire-Subject": subject,
               "Vitalwire-Stream": "ALERTS"}  # fmt: skip
    await notifier.jetstream().publish("dead.alerts", b"told", headers=headers)
    listed = said(dead("list", "--host", HOST))
    assert [line.split()[0] for line in listed[1:3]] == ["2", "1"]
    assert all(" ALERTS " in line and subject in line for line in listed[1:3])
    assert "Invalid value 'story'" in listed[2]
    assert '"event": "story"' in "\n".join(said(dead("show", "1")))
    lines = said(dead("retry", "--all"), status=1)
    assert lines[0].startswith("1: left in DEAD: it is an event of alerts, and none is published again")
    assert lines[1].startswith("2: left in DEAD: it is a message to people that no channel took")
    assert await letters_count(admin_client) == 2
    assert (await admin_client.jetstream().stream_info("ALERTS")).state.messages == 1


async def test_all_is_bounded_and_none_that_came_back_is_published_twice(
    dead: Dead, own_bus: NatsServer, bus_connect: BusConnect, admin_client: Client
) -> None:
    aside = await bus_connect(own_bus, "ingest")
    for number in range(7):
        await put_aside(aside, sample_set(HOST, number + 1, NOW), sequence=number + 1)
    lines = said(dead("retry", "--all", "--limit", "3"), status=1)
    assert [line.split(":")[0] for line in lines[:3]] == ["1", "2", "3"]
    assert lines[3:5] == [
        "ended after 3, the limit: run it again for the rest", "3 published again; one that is refused again comes back"
    ]  # fmt: skip
    assert await letters_count(admin_client) == 4
    assert [line.split()[0] for line in said(dead("list", "--limit", "2"))[1:3]] == ["7", "6"]
    later = said(dead("retry", "--host", HOST, "--from", "6", "--dry-run"))
    assert [line.split(":")[0] for line in later[:2]] == ["6", "7"]
    assert [line.split()[0] for line in said(dead("list", "--before", "6"))[1:3]] == ["5", "4"]


async def test_names_and_reasons_of_strangers_print_as_plain_text(
    ingest: StartIngest, dead: Dead, host_client: Client, admin_client: Client, own_bus: NatsServer,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    ingest().start()
    disk = {"interval_seconds": 1.0, "columns": ["mount", ESCAPES], "rows": [[ESCAPES * 90, 1]]}
    bodies = [
        sample_set(HOST, 1, NOW, {"disk": disk}),
        sample_set(ESCAPES, 2, NOW),
        sample_set(HOST, 3, NOW, v=ESCAPES),
    ]
    await publish(host_client, bodies)
    await host_client.publish(f"metrics.{TOKEN}.{ESCAPES}", bodies[0])
    await host_client.flush()
    await drained(admin_client)
    aside = await bus_connect(own_bus, "ingest")
    await put_aside(aside, bodies[0], reason="x\x1b[2J\u202e", subject="metrics.\x1b[2J.\x9b31m", sequence=9)
    count = await letters_count(admin_client)
    assert count == 5
    assert "\\x1b[2J" in "\n".join(said(dead("list")))
    for sequence in range(1, count + 1):
        shown = "\n".join(said(dead("show", str(sequence))))
        assert "\\u001b" in shown
    left = said(dead("retry", "--all"), status=1)
    assert any("is no token" in line for line in left)


@pytest.mark.parametrize(
    ("arguments", "changed", "status", "words"),
    [
        (["list"], {"VITALWIRE_DEAD_LETTERS_NATS_URLS": "nats://127.0.0.1:1"}, 1, "does not let us in"),
        (["list"], {"VITALWIRE_DEAD_LETTERS_NATS_USER": "nobody"}, 1, "check that it runs, and nats_urls, nats_user"),
        (["list"], {"VITALWIRE_DEAD_LETTERS_NATS_PASSWORD_FILE": "/nowhere"}, 2, "cannot be read"),
        (["show", "5"], {}, 1, "there is no dead letter 5"),
        (["retry", "5"], {}, 1, "there is no dead letter 5"),
        (["retry"], {}, 2, "one of the arguments sequence --all --host is required"),
        (["retry", "--host", "A b"], {}, 2, "is no host name"),
        (["retry", "5", "--days-max", "nan"], {}, 2, "invalid _days value"),
        (["retry", "5"], {"VITALWIRE_DEAD_LETTERS_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, 1, "with --days-max"),
        (["retry", "5"], {"VITALWIRE_DEAD_LETTERS_DATABASE_URL": "nowhere:x"}, 1, "database_url is no address"),
        (["show", "0"], {}, 2, "invalid _number value"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    dead: Dead, arguments: list[str], changed: dict[str, str], status: int, words: str
) -> None:
    done = dead(*arguments, **changed)
    assert done.returncode == status
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_stream_lists_nothing(dead: Dead) -> None:
    assert said(dead("list")) == ["nothing is set aside: there is no dead letter", ""]
    for asked in (["--host", HOST], ["--reason", "clock"], ["--before", "7"]):
        assert said(dead("list", *asked)) == ["no dead letter matches what was asked for", ""]
