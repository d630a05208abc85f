"""Debian's prometheus-node-exporter, unpacked without being installed, and scraped as a Prometheus would."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PACKAGE = "prometheus-node-exporter"
PORT = 19_100
SCRAPE_S = 1.0


@contextmanager
def exporter(directory: Path) -> Iterator[int]:
    """Run it with its defaults and yield its process id."""
    program = _unpacked(directory)
    with (directory / "exporter.log").open("ab") as log:
        process = subprocess.Popen(
            [str(program), f"--web.listen-address=127.0.0.1:{PORT}"], stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


async def scrape(seconds: float) -> int:
    """Fetch all it has each second for so long; return how often."""
    count, loop = 0, asyncio.get_running_loop()
    began = loop.time()
    async with httpx.AsyncClient(timeout=5) as client:
        while loop.time() < began + seconds:
            (await client.get(f"http://127.0.0.1:{PORT}/metrics")).raise_for_status()
            count += 1
            await asyncio.sleep(began + count * SCRAPE_S - loop.time())
    return count


def _unpacked(directory: Path) -> Path:
    # As apt's own user, which may not write below a private directory, it would only warn: so as it is.
    done = subprocess.run(["apt-get", "-qq", "download", PACKAGE], cwd=directory, capture_output=True, check=False)
    packages = list(directory.glob(f"{PACKAGE}_*.deb"))
    if done.returncode or not packages:
        raise SystemExit(f"expected apt-get to download {PACKAGE} (Debian): {done.stderr.decode()[-500:]}")
    subprocess.run(["dpkg", "-x", str(packages[0]), str(directory)], check=True)
    return directory / "usr" / "bin" / PACKAGE
