"""Answers of the bus, facts of the machine, settings and the printed table."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from services.collector.answers import refusal
from services.collector.inventory import is_due
from services.collector.readers.facts import parse_addresses, parse_cpu_model, parse_os_release
from services.collector.settings import CollectorSettings, host_problems
from services.collector.table import format_family, format_value
from shared.families import FAMILIES
from shared.families.connection import Connection
from shared.families.disk import Disk
from shared.families.disk_io import DiskIo
from shared.families.swap import Swap
from shared.settings import Said, Secret
from shared.wire.encode_inventory import HostFacts, encode_inventory
from shared.wire.inventory import decode_inventory

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (None, b'{"stream":"METRICS","seq":3}', None),
        (None, b'{"stream":"METRICS","seq":3,"duplicate":true}', None),
        ({"Status": "503"}, b"", "no stream takes this subject: is the bus provisioned?"),
        ({"Status": "408"}, b"", "status 408"),
        (None, b'{"error":{"code":503,"description":"insufficient resources"}}', "insufficient resources"),
        (None, b'{"error":{"code":503}}', "{'code': 503}"),
        (None, b'{"error":"no"}', "no"),
        (None, b"+OK", "the answer is not JSON"),
        (None, b"[]", "the answer is no JSON object"),
    ],
)
def test_refusal(headers: dict[str, str] | None, body: bytes, expected: str | None) -> None:
    assert refusal(headers, body) == expected


def test_addresses_are_those_that_others_can_reach() -> None:
    def entry(family: int, address: str) -> SimpleNamespace:
        return SimpleNamespace(family=family, address=address)

    entries = [
        entry(socket.AF_INET, "127.0.0.1"), entry(socket.AF_INET6, "::1"), entry(socket.AF_INET6, "fe80::1%eth0"),
        entry(socket.AF_INET6, "2001:db8::5"), entry(socket.AF_INET, "192.0.2.10"), entry(socket.AF_INET, "192.0.2.9"),
        entry(17, "52:54:00:12:34:56"), entry(socket.AF_INET, "192.0.2.9"),
    ]  # fmt: skip
    assert parse_addresses(entries) == ["192.0.2.9", "192.0.2.10", "2001:db8::5"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', "Debian GNU/Linux 12 (bookworm)"),
        ("PRETTY_NAME=Alpine\n", "Alpine"),
        ('PRETTY_NAME=""\n', None),
        ("NAME=x\n", None),
    ],
)
def test_os_release(text: str, expected: str | None) -> None:
    assert parse_os_release(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC 7713\n\nmodel name\t: other\n", "AMD EPYC 7713"),
        ("processor\t: 0\nBogoMIPS\t: 108\nModel\t\t: Raspberry Pi 5\n", "Raspberry Pi 5"),
        ("model name\t:\n", None),
        ("", None),
    ],
)
def test_cpu_model(text: str, expected: str | None) -> None:
    assert parse_cpu_model(text) == expected


def facts(cores: int = 2) -> HostFacts:
    return HostFacts(
        host="web-1", host_id="id", os="Debian", kernel="6.1", architecture="x86_64", cpu_model="EPYC",
        cores_count=cores, memory_total_bytes=8, addresses=("192.0.2.9",), boot_time=NOW, agent_version="0.1.0",
        tags={}, intervals={"cpu": 1},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "age_s", "expected"),
    [(None, 0, True), (facts(), 599, False), (facts(), 600, True), (facts(4), 1, True), (facts(), -1, True)],
)
def test_the_inventory_is_posted_when_new_changed_or_old(posted: HostFacts | None, age_s: int, expected: bool) -> None:
    assert is_due(facts(), posted, None if posted is None else NOW - timedelta(seconds=age_s), NOW) is expected


def test_the_inventory_survives_the_wire() -> None:
    found = decode_inventory(encode_inventory(facts(), NOW), "web-1")
    assert (found.host, found.boot_time, found.time, found.intervals) == ("web-1", NOW, NOW, {"cpu": 1})
    assert list(found.addresses) == ["192.0.2.9"]


SECRET = Secret("text")


@pytest.mark.parametrize(
    ("settings", "host", "words"),
    [
        (CollectorSettings(nats_password=SECRET), "web-1", []),
        (CollectorSettings(once=True), "web-1", []),
        (CollectorSettings(), "web-1", ["nats_password is missing"]),
        (CollectorSettings(nats_password=SECRET, nats_urls=()), "web-1", ["nats_urls"]),
        (CollectorSettings(simulate=20), "web-1", ["nats_password is missing"]),
        (CollectorSettings(once=True, simulate=20), "web-1", ["once and simulate"]),
        (CollectorSettings(), "Web 1", ["host", "nats_password is missing"]),
    ],
)
def test_problems_of_settings(settings: CollectorSettings, host: str, words: list[str]) -> None:
    found = [*host_problems(host), *CollectorSettings.problems_together(Said.of(settings))]
    assert len(found) == len(words)
    for problem, word in zip(found, words, strict=True):
        assert word in problem


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "bytes", "-"),
        (512, "bytes", "512 B"),
        (1536, "bytes", "1.5 KiB"),
        (3 * 1024**4, "bytes", "3.0 TiB"),
        (2.0**80, "bytes", "1048576.0 EiB"),
        (2048.0, "bytes_per_second", "2.0 KiB/s"),
        (0.0123, "seconds", "12.30 ms"),
        (2.5, "seconds", "2.50 s"),
        (3, "count", "3"),
        (7, None, "7"),
        (12.345, "percent", "12.35 %"),
        (12.0, "per_second", "12.00/s"),
        (0.5, "average", "0.50"),
        ("a\x1b[31mb\n", None, "a?[31mb?"),
        ("x" * 41, None, "x" * 39 + "…"),
    ],
)
def test_values_have_units(value: str | float | None, unit: str | None, expected: str) -> None:
    assert format_value(value, unit) == expected


def test_a_family_without_labels_prints_a_gauge_a_line() -> None:
    row = Swap(
        total_bytes=1024**3, used_bytes=0, free_bytes=1024**3, used_percent=0.0,
        in_bytes_per_second=0.0, out_bytes_per_second=0.0,
    )  # fmt: skip
    lines = format_family(FAMILIES["swap"], [row]).splitlines()
    assert lines[0] == "swap: Swap space of the machine, one row per host."
    assert lines[1] == "  total_bytes           1.0 GiB"


def test_a_family_with_labels_prints_a_row_a_line() -> None:
    rows = [Connection(state="listen", connections_count=12), Connection(state="time-wait", connections_count=0)]
    assert format_family(FAMILIES["connection"], rows).splitlines()[1:] == [
        "             connections",
        "  state            count",
        "  listen              12",
        "  time-wait            0",
    ]


def test_a_heading_breaks_only_where_it_is_wider_than_its_cells() -> None:
    row = DiskIo(
        device="nvme0n1", read_bytes_per_second=1023.5 * 1024**2, write_bytes_per_second=0.0, reads_per_second=0.0,
        writes_per_second=0.0,
    )  # fmt: skip
    lines = format_family(FAMILIES["disk_io"], [row]).splitlines()
    assert [line[:25].split() for line in lines[3:5]] == [["read_bytes"], ["device", "per_second"]]


def test_a_family_without_rows_says_so() -> None:
    assert format_family(FAMILIES["disk"], []).splitlines()[1] == "  nothing to show"


def test_a_strange_mount_cannot_rewrite_the_terminal() -> None:
    row = Disk(
        mount="/mnt/\x1b[2J", device="/dev/vda", total_bytes=1, used_bytes=1, available_bytes=0, used_percent=100.0
    )
    assert "\x1b" not in format_family(FAMILIES["disk"], [row])
