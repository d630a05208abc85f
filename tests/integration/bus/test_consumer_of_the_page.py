"""The program that docs/bus.md shows runs as it stands there, with the credential of a subscriber."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.families import FAMILIES
from shared.subjects import host_user, metrics_subject
from shared.wire.encode import Numbering, Rows, cells, encode
from tests.integration.bus.connections import Speaker, speak_as
from tests.servers import NatsServer
from tests.unit.shared.messages import typical_row

PAGE = Path(__file__).parents[3] / "docs" / "bus.md"
HOSTS = ("web-1.example.com", "web-2")
LINES_MAX = 15
FIRST = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def program() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_program_is_short_and_needs_two_packages() -> None:
    lines = [line for line in program().splitlines() if line.strip()]
    assert len(lines) <= LINES_MAX
    assert lines[0] == "import asyncio, os, msgpack, nats"


async def publish_tick(speakers: dict[str, Speaker], numbering: Numbering, tick: int) -> None:
    for host, speaker in speakers.items():
        readings = [Rows(FAMILIES[name], 1.0, [cells(FAMILIES[name], typical_row(FAMILIES[name], tick))])
                    for name in ("swap", "cpu")]  # fmt: skip
        (encoded,) = encode(host, "system", FIRST + timedelta(seconds=tick), readings, numbering)
        await speaker.client.publish(metrics_subject(host, "system"), encoded.body)


def expected_line(host: str, tick: int) -> str:
    row = cells(FAMILIES["cpu"], typical_row(FAMILIES["cpu"], tick))
    return f"{(FIRST + timedelta(seconds=tick)).isoformat()} {host} {row[0]}"


async def test_the_program_prints_the_cpu_of_all_hosts(own_bus: NatsServer, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(own_bus.passwords["subscriber"].reveal() + "\n")
    (tmp_path / "consumer.py").write_text(program())
    environment = {"VITALWIRE_NATS_URL": own_bus.url, "VITALWIRE_PASSWORD_FILE": str(tmp_path / "password")}
    consumer = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-I", str(tmp_path / "consumer.py"),
        stdout=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip
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
        wanted = {expected_line(host, 1_000) for host in HOSTS}
        printed = [(await reading).decode().strip()]
        while not wanted <= set(printed):
            printed.append((await asyncio.wait_for(consumer.stdout.readline(), 10)).decode().strip())
    finally:
        consumer.kill()
        await consumer.wait()
        for speaker in speakers.values():
            await speaker.client.close()
    assert set(printed) <= {expected_line(host, n) for host in HOSTS for n in [*range(tick + 1), 1_000]}
