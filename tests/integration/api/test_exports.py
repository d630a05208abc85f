"""Long exports: streamed, few at one time, and never for ever, also when nobody reads."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import io
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.integration.api.server import ApiServer, bearer, log_in, send
from tests.integration.api.stored import span, store_cpu
from tests.ports import free_port
from tests.processes import forget_peak, peak_bytes, resident_bytes
from tests.servers import wait_until

HOSTS, SECONDS, GAUGES = 30, 3_600, 16
STALLED_S, EXPORT_S = 4, 10
MEMORY_BYTES_MAX = 40 * 1024**2
"""What an export may add; all its rows as objects would take five times as much."""

CSV = {"Accept": "text/csv"}


@pytest.fixture(scope="module")
def exporting(api: ApiServer) -> Iterator[ApiServer]:
    """An API that gives up soon, on more than a million numbers."""
    asyncio.run(store_cpu(api.database, SECONDS, [f"web-{number}" for number in range(HOSTS)]))
    limits = {"exports_max": "2", "export_stalled_s_max": str(STALLED_S), "export_s_max": str(EXPORT_S)}
    server = dataclasses.replace(
        api, directory=api.directory / "exporting", port=0, process=None,
        extra={"metrics_port": str(free_port()), **limits},
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


def running(server: ApiServer) -> int:
    figures = send("GET", f"http://127.0.0.1:{server.extra['metrics_port']}/metrics").text
    (line,) = [line for line in figures.splitlines() if line.startswith("vitalwire_api_exports ")]
    return int(float(line.split()[1]))


def export(server: ApiServer, **asked: str) -> socket.socket:
    """Return a connection that has asked for everything as CSV, and reads nothing yet."""
    connection = socket.socket()
    connection.settimeout(20)
    # As little as possible waits between the two, so that a test sees soon who does not read.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect(("127.0.0.1", server.port))
    query = urlencode(span(SECONDS, step="1", **asked))
    headers = {**bearer(log_in(server)), **CSV, "Host": f"127.0.0.1:{server.port}", "Connection": "close"}
    lines = [f"GET /api/v1/metrics/cpu?{query} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def is_whole(answer: bytes) -> bool:
    """Return whether the answer's last, empty chunk has come."""
    return answer.endswith(b"\r\n0\r\n\r\n")


def test_more_than_a_million_numbers_go_out_in_pieces(exporting: ApiServer) -> None:
    assert exporting.process is not None
    pid = exporting.process.pid
    before = resident_bytes(pid)
    forget_peak(pid)
    with export(exporting) as connection:
        answer = read_to_end(connection)
    assert peak_bytes(pid) - before < MEMORY_BYTES_MAX
    assert is_whole(answer)
    assert HOSTS * SECONDS * GAUGES > 1_000_000
    body = send(
        "GET", f"{exporting.url}/api/v1/metrics/cpu", params=span(SECONDS, step="1"), timeout=60,
        headers={**bearer(log_in(exporting)), **CSV},
    ).text  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(body)))
    assert len({(row["time"], row["host"]) for row in rows}) == len(rows) == HOSTS * SECONDS
    assert (rows[0]["total_percent"], rows[0]["nice_percent"], rows[0]["cores_count"]) == ("12.3457", "", "4")
    assert running(exporting) == 0


def test_one_too_many_is_told_when_to_come_again_and_ranges_go_on(exporting: ApiServer) -> None:
    headers = bearer(log_in(exporting))
    with export(exporting), export(exporting):
        wait_until(lambda: running(exporting) == 2, "two exports", 10)
        asked = span(60, host="web-1")
        refused = send("GET", f"{exporting.url}/api/v1/metrics/cpu", params=asked, headers={**headers, **CSV})
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert "2 exports run already" in refused.json()["detail"]
        answer = send("GET", f"{exporting.url}/api/v1/metrics/cpu", params=asked, headers=headers)
        assert answer.status_code == 200


def test_a_caller_that_leaves_ends_its_export(exporting: ApiServer) -> None:
    wait_until(lambda: running(exporting) == 0, "the exports of the test before", 10)
    connection = export(exporting)
    wait_until(lambda: running(exporting) == 1, "an export", 10)
    connection.close()
    wait_until(lambda: running(exporting) == 0, "the end of the export", STALLED_S / 2)


@pytest.mark.alone
def test_a_caller_that_stops_reading_is_cut_and_what_it_has_does_not_look_whole(exporting: ApiServer) -> None:
    with export(exporting) as connection:
        connection.recv(1_000)
        wait_until(lambda: running(exporting) == 1, "an export", 10)
        wait_until(lambda: running(exporting) == 0, "the end of the export", STALLED_S + 3)
        assert not is_whole(read_to_end(connection))
    requests = [event for event in exporting.events() if event["event"] == "request"]
    assert requests[-1]["path"] == "/api/v1/metrics/cpu"
    assert "Traceback" not in exporting.log.read_text()
    # The status was sent long before: only this tells that the answer is not whole.
    cut = [event for event in exporting.events() if event["event"] == "export cut off"]
    assert (cut[-1]["request_id"], cut[-1]["error"]) == (requests[-1]["request_id"], "TimeoutError()")


@pytest.mark.alone
def test_a_caller_that_reads_for_ever_is_cut_after_the_longest_time(exporting: ApiServer) -> None:
    began = time.monotonic()
    with export(exporting) as connection:
        wait_until(lambda: running(exporting) == 1, "an export", 10)
        while running(exporting):
            # A little now and then: it never stands still for long.
            connection.recv(40_000, socket.MSG_WAITALL)
            time.sleep(0.1)
        assert time.monotonic() - began > EXPORT_S - 2
        assert not is_whole(read_to_end(connection))


def test_what_cannot_be_read_is_an_error_and_no_csv(exporting: ApiServer) -> None:
    answer = send(
        "GET", f"{exporting.url}/api/v1/metrics/cpu", params={"start": "-400d", "step": "1"},
        headers={**bearer(log_in(exporting)), **CSV},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["field"]) == (400, "step")
