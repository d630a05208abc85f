"""The examples of docs/http-api.md run as they are written; and the end with a WebSocket open."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.integration.api.server import ADMIN_PASSWORD, ApiServer, bearer, log_in, tick
from tests.integration.api.speaker import Speaker
from tests.integration.conftest import BusConnect
from tests.servers import NatsServer

PLACE = "/path/that/make-up/printed"
DOCS = Path(__file__).parents[3] / "docs" / "http-api.md"


async def test_the_python_example_prints_live_cpu(api: ApiServer, bus: NatsServer, bus_connect: BusConnect) -> None:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    token = await asyncio.to_thread(log_in, api)
    program = found[1].replace("127.0.0.1:8080", f"127.0.0.1:{api.port}").replace('main("…")', f'main("{token}")')
    web = Speaker(await bus_connect(bus, "host-web-2"), "web-2")
    await web.say(tick())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(15):
        line = (await process.stdout.readline()).decode()
    process.kill()
    await process.communicate()
    assert re.fullmatch(r"\S+ 2\S+Z [0-9.]+\n", line), line


async def test_the_shell_examples_sign_in_make_a_user_and_read(api: ApiServer, tmp_path: Path) -> None:
    missing = [tool for tool in ("curl", "jq") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the examples of docs/http-api.md need {' and '.join(missing)}")
    text = DOCS.read_text(encoding="utf-8")
    blocks = [block.strip() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    login, user = blocks[:2]
    (tmp_path / "admin-password").write_text(ADMIN_PASSWORD + "\n")
    assert PLACE in login
    script = "\necho '<end>'\n".join(
        (login.replace(PLACE, str(tmp_path / "admin-password")), user.replace("…", "battery staple"), *blocks[2:])
    )
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-euc", script.replace("127.0.0.1:8080", f"127.0.0.1:{api.port}"),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(15):
        printed, _ = await process.communicate()
    hosts, made, history, highest, lines, top, acknowledged = printed.decode().split("<end>\n")
    assert "hosts" in json.loads(hosts)
    assert (json.loads(made)["username"], json.loads(made)["role"]) == ("kim", "viewer")
    for answer, family, aggregate in ((history, "cpu", "avg"), (highest, "network", "max")):
        read = json.loads(answer)
        assert (read["family"], read["aggregate"], set(read)) == (family, aggregate, {*read, "as_of", "series"})
    assert lines == "time,host,source,mount,device,used_percent\r\n"
    assert json.loads(top) == {"family": "disk", "column": "used_percent", "top": []}
    # Nothing fires, so nothing is there to be acknowledged.
    assert json.loads(acknowledged)["code"] == "not_found"


async def test_a_protocol_ping_is_answered_and_the_end_closes_websockets(api: ApiServer) -> None:
    headers = bearer(await asyncio.to_thread(log_in, api))
    async with connect(api.url.replace("http", "ws") + "/ws", additional_headers=headers) as client:
        async with asyncio.timeout(5):
            await (await client.ping())
        assert await asyncio.to_thread(api.stop) == 0
        try:
            async with asyncio.timeout(5):
                async for _ in client:
                    pass
        except ConnectionClosed:
            return
