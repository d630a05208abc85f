"""Times, steps, negotiation, names, hosts and errors as tables."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import NotFoundException

from services.api.answers import CSV, JSON, MSGPACK, preferred
from services.api.edge import names_of
from services.api.errors import BadParameterError, DatabaseAwayError, answer_of
from services.api.hosts.inventories import Inventories
from services.api.hosts.overview import overview
from services.api.live.latest import Latest
from services.api.metrics.families import label_patterns, require_gauge, require_gauges
from services.api.metrics.times import parse_instant, parse_range, parse_step, step_of
from services.api.parameters import host_patterns
from shared.families import FAMILIES
from shared.families.cpu import CPU
from shared.families.network import NETWORK
from shared.wire.decode import DecodeError, FamilyRows, SampleSet
from shared.wire.inventory import decode_inventory

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("now", "2026-11-21T09:00:00+00:00"),
        ("-15m", "2026-11-21T08:45:00+00:00"),
        ("-90s", "2026-11-21T08:58:30+00:00"),
        ("-6h", "2026-11-21T03:00:00+00:00"),
        ("-7d", "2026-11-14T09:00:00+00:00"),
        ("-2w", "2026-11-07T09:00:00+00:00"),
        ("2026-11-21T09:00:00Z", "2026-11-21T09:00:00+00:00"),
        ("2026-11-21T18:00:00+09:00", "2026-11-21T09:00:00+00:00"),
        ("2026-11-21T18:00:00 09:00", "2026-11-21T09:00:00+00:00"),
    ],
)
def test_an_instant_is_iso_8601_or_relative(text: str, instant: str) -> None:
    assert parse_instant("start", text, NOW).isoformat() == instant


@given(st.text(max_size=40))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with suppress(BadParameterError):
        assert parse_instant("end", text, NOW).tzinfo is not None


@pytest.mark.parametrize(("start", "end"), [("-5m", "-5m"), ("-5m", "-6m"), ("1970-01-01T00:00:00Z", None)])
def test_a_range_ends_after_its_start_and_is_bounded(start: str, end: str | None) -> None:
    with pytest.raises(BadParameterError):
        parse_range(start, end, NOW)


def test_instants_in_errors_are_written_as_they_are_sent() -> None:
    with pytest.raises(BadParameterError) as refused:
        parse_range("2026-11-21T18:00:00.250000+09:00", "-6h", NOW)
    assert refused.value.detail == (
        "start: expected an instant before the end (2026-11-21T03:00:00Z), got 2026-11-21T09:00:00Z"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("30s", 30), ("5m", 300), ("1h", 3_600), ("2d", 172_800), ("1w", 604_800), ("3660d", 316_224_000)],
)
def test_a_step_is_seconds_or_has_a_unit(text: str, seconds: int) -> None:
    assert parse_step(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0h", "-5", "5x", "1.5", "h", "3661d", "٣", "9999999999", "5 m"])
def test_a_step_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadParameterError, match="step: expected whole seconds, or a number with"):
        parse_step(text)


def test_step_and_points_max_exclude_each_other() -> None:
    assert (step_of("5m", None), step_of(None, 500), step_of(None, None)) == (300, None, None)
    with pytest.raises(BadParameterError, match="either step or points_max"):
        step_of("5m", 500)


def test_labels_are_patterns_by_name() -> None:
    texts = ["interface:eth*", "interface:lo", "interface:a:b", "interface:"]
    assert label_patterns(NETWORK, texts) == {"interface": ("eth*", "lo", "a:b", "")}
    assert label_patterns(NETWORK, None) == {}


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["interface"], "expected <label>:<value or glob>"),
        (["interface:a\0"], "expected <label>:<value or glob>"),
        (["interface:" + "x" * 513], "expected <label>:<value or glob>"),
        (["mount:/"], "network has no label 'mount'; known are interface"),
        (["interface:x"] * 101, "expected at most 100, got 101"),
    ],
)
def test_labels_are_bounded_and_known(labels: list[str], says: str) -> None:
    with pytest.raises(BadParameterError, match=says):
        label_patterns(NETWORK, labels)


def test_a_family_without_labels_says_so() -> None:
    with pytest.raises(BadParameterError, match="cpu has no label 'x'; known are none"):
        label_patterns(CPU, ["x:y"])


def test_one_gauge_is_known_by_its_name() -> None:
    assert require_gauge(CPU, "total_percent").name == "total_percent"
    with pytest.raises(BadParameterError, match=r"column: expected one of total_percent, .*, got nothing"):
        require_gauge(FAMILIES["cpu"], None)
    with pytest.raises(BadParameterError, match="column: cpu has no gauge 'x'; known are total_percent"):
        require_gauge(CPU, "x")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/html,application/xhtml+xml", JSON),
        ("application/msgpack", MSGPACK),
        ("application/json;q=0.5, application/msgpack", MSGPACK),
        ("application/msgpack;q=0.1, */*", JSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("application/msgpack;q=x", JSON),
        ("application/msgpack;q=0", JSON),
    ],
)
def test_the_form_is_what_accept_likes_best(accept: str, form: str) -> None:
    assert preferred(accept, (JSON, MSGPACK, CSV)) == form


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("vital.example.com", True), ("vital.example.com:443", True), ("127.0.0.1:8080", True), ("[::1]:8080", True),
        ("localhost", True), ("192.0.2.1:8080", True), ("evil.example", False), ("", False), ("[", False),
        ("vital.example.com.evil.example", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_the_host_is_our_public_name_or_loopback(host: str, served: bool) -> None:
    assert names_of("https://vital.example.com", "192.0.2.1", ()).serves(host) is served


@pytest.mark.parametrize(
    ("origin", "host", "trusted"),
    [
        ("https://vital.example.com", "vital.example.com", True),
        ("https://named.example", "vital.example.com", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://127.0.0.1:3000", "127.0.0.1:8080", False),
        ("https://evil.example", "vital.example.com", False),
        ("null", "vital.example.com", False),
    ],
)
def test_an_origin_is_ours_or_was_named(origin: str, host: str, trusted: bool) -> None:
    names = names_of("https://vital.example.com", "127.0.0.1", ("https://named.example",))
    assert names.trusts(origin, host) is trusted


@pytest.mark.parametrize(
    ("interval_s", "age_s", "state"),
    [(1, 0, "live"), (1, 15, "live"), (1, 16, "silent"), (60, 300, "live"), (60, 301, "silent"), (1, -3, "live")],
)
def test_a_host_is_silent_after_five_intervals(interval_s: float, age_s: float, state: str) -> None:
    latest = Latest()
    row = tuple(1 for _ in CPU.columns)
    latest.apply(SampleSet("h", "system", "s", 1, NOW, None, {"cpu": FamilyRows(interval_s, [row])}, ()))
    seen = overview("h", latest.get("h"), NOW + timedelta(seconds=age_s))
    assert (seen.state, seen.age_seconds) == (state, max(0.0, age_s))


def test_a_host_known_by_its_inventory_only_is_silent() -> None:
    assert overview("h", None, NOW).state == "silent"


def packed(**changed: object) -> bytes:
    return bytes(msgpack.packb({"v": 1, "host": "web-1", "time": NOW, **changed}, datetime=True))


def test_inventories_come_and_go_and_are_bounded() -> None:
    inventories = Inventories(lambda: NOW, hosts_max=1)
    inventories.receive("$KV.hosts.web-1", packed(os="Debian"), None)
    inventories.receive("$KV.hosts.web-2", packed(host="web-2"), None)
    assert inventories.hosts(lambda _: True) == {"web-1"}
    inventories.receive("$KV.hosts.web-1", b"", "DEL")
    assert inventories.get("web-1") is None


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", packed(v=2), packed(host="web-2"), packed(cores_count="x"), packed(os="x" * 600), packed(v=0),
     packed(addresses=["x"] * 101), b"x" * 70_000],
)  # fmt: skip
def test_an_inventory_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_inventory(body, "web-1")


@given(st.binary(max_size=300))
def test_any_bytes_are_an_inventory_or_its_one_error(body: bytes) -> None:
    try:
        decode_inventory(body, "web-1")
    except DecodeError:
        return


@pytest.mark.parametrize(
    ("error", "status", "code", "field"),
    [
        (BadParameterError("x: no", field="x"), 400, "bad_parameter", "x"),
        (DatabaseAwayError("away", retry_after_s=5), 503, "database_away", None),
        (NotFoundException(), 404, "not_found", None),
        (RuntimeError("secret"), 500, "internal", None),
    ],
)  # fmt: skip
def test_an_exception_becomes_one_answer(error: Exception, status: int, code: str, field: str | None) -> None:
    answer, _ = answer_of(error, "id")
    assert (answer.status, answer.code, answer.field, answer.request_id) == (status, code, field, "id")
    assert "secret" not in answer.detail


@pytest.mark.parametrize("hosts", [[""], ["x" * 254], ["a\0"], ["x"] * 101])
def test_host_patterns_are_bounded(hosts: list[str]) -> None:
    with pytest.raises(BadParameterError):
        host_patterns(hosts)


def test_every_family_has_gauges_to_choose() -> None:
    assert all(require_gauges(family, None) == family.gauges for family in FAMILIES.values())
