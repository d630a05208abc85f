"""The decoder takes every good sample set and refuses every other with one error that names the reason."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgpack
import pytest

from shared.wire.decode import UNKNOWN_MAX, DecodeError, NewerVersionError, decode
from shared.wire.limits import BODY_BYTES_MAX, ROWS_MAX
from tests.unit.shared.messages import (
    DISK_COLUMNS,
    DISK_ROW,
    HOST,
    SUBJECT,
    SWAP_COLUMNS,
    SWAP_ROW,
    TIME,
    message,
    packed,
    table,
)


def disk(**changes: Any) -> bytes:
    return packed(message(families={"disk": table(**changes)}))


def swap(*cells: Any) -> bytes:
    """Return a body whose only row is SWAP_ROW with its last cells replaced."""
    row = [*SWAP_ROW[: len(SWAP_ROW) - len(cells)], *cells]
    return packed(message(families={"swap": table(columns=SWAP_COLUMNS, rows=[row])}))


def test_a_sample_set_comes_back_whole() -> None:
    decoded = decode(packed(message(previous={"session": "old", "seq_last": 7})), SUBJECT)
    assert decoded.identity == (HOST, "system", "9f2c4e8a1b3d5f7092ab4cde", 4711)
    assert decoded.time == TIME
    assert decoded.previous is not None
    assert (decoded.previous.session, decoded.previous.seq_last) == ("old", 7)
    assert decoded.families["disk"].interval_seconds == 10.0
    assert decoded.families["disk"].rows == [(*DISK_ROW, None, None, None)]
    assert decoded.families["swap"].rows == [tuple(SWAP_ROW)]
    assert decoded.unknown == ()


@pytest.mark.parametrize(
    ("body", "rows", "unknown"),
    [
        pytest.param(disk(rows=[]), [], (), id="no rows"),
        pytest.param(
            disk(columns=DISK_COLUMNS[::-1], rows=[DISK_ROW[::-1]]), [(*DISK_ROW, None, None, None)], (), id="reordered"
        ),
        pytest.param(
            disk(columns=["nonsense", *DISK_COLUMNS], rows=[[{"a": [1]}, *DISK_ROW]]),
            [(*DISK_ROW, None, None, None)], ("disk.nonsense",), id="unknown column",
        ),
        pytest.param(
            disk(columns=[*DISK_COLUMNS, "inodes_used_count"], rows=[[*DISK_ROW, 5]]),
            [(*DISK_ROW, None, 5, None)], (), id="one optional gauge",
        ),
        pytest.param(
            disk(columns=[*DISK_COLUMNS, "x" * 500], rows=[[*DISK_ROW, 5]]),
            [(*DISK_ROW, None, None, None)], ("disk." + "x" * 64,), id="a long unknown column is cut",
        ),
        pytest.param(disk(extra=1), [(*DISK_ROW, None, None, None)], (), id="unknown key in the table"),
        pytest.param(disk(rows=[["a" * 512, *DISK_ROW[1:]]]), [("a" * 512, *DISK_ROW[1:], None, None, None)], (),
                     id="512 bytes of text"),
        pytest.param(disk(rows=[[*DISK_ROW[:5], 39]]), [(*DISK_ROW[:5], 39.0, None, None, None)], (),
                     id="a whole number as real"),
    ],
)  # fmt: skip
def test_decode_accepts(body: bytes, rows: list[tuple[Any, ...]], unknown: tuple[str, ...]) -> None:
    decoded = decode(body, SUBJECT)
    assert decoded.families["disk"].rows == rows
    assert decoded.unknown == unknown


def test_an_unknown_family_is_named_and_the_rest_is_read() -> None:
    families = {"gpu": {"whatever": 1}, "y" * 500: None, "swap": table(columns=SWAP_COLUMNS, rows=[SWAP_ROW])}
    decoded = decode(packed(message(families=families)), SUBJECT)
    assert list(decoded.families) == ["swap"]
    assert decoded.unknown == ("gpu", "y" * 64)


def test_of_families_that_nobody_wants_only_the_interval_is_read() -> None:
    wanted = decode(packed(message(families={"disk": table(rows=[[1]]), "swap": table(columns=SWAP_COLUMNS,
                                             rows=[SWAP_ROW])})), SUBJECT, {"swap"})  # fmt: skip
    assert wanted.families["swap"].rows == [tuple(SWAP_ROW)]
    assert (wanted.families["disk"].interval_seconds, wanted.families["disk"].rows) == (10.0, [])
    with pytest.raises(DecodeError):
        decode(disk(interval_seconds=-1.0), SUBJECT, {"swap"})


def test_of_many_unknown_names_only_some_are_told() -> None:
    many = [f"n{number}" for number in range(100)]
    wider = table(columns=[*SWAP_COLUMNS, *many], rows=[[*SWAP_ROW, *many]])
    decoded = decode(packed(message(families=dict.fromkeys(many) | {"swap": wider})), SUBJECT)
    assert len(decoded.unknown) == UNKNOWN_MAX
    assert len(decoded.families["swap"].rows) == 1


def test_unknown_keys_of_the_envelope_are_left_alone() -> None:
    assert decode(packed(message(later="field")), SUBJECT).seq == 4711


def test_rows_at_the_limit() -> None:
    body = packed(message(families={"swap": table(columns=SWAP_COLUMNS, rows=[[0, 0, 0, 0.0, 0.0, 0.0]] * ROWS_MAX)}))
    assert len(decode(body, SUBJECT).families["swap"].rows) == ROWS_MAX


def padded(size: int) -> bytes:
    """Return a valid body of exactly size bytes; an unknown family fills it."""
    plain = message(families={"filler": "x" * 70_000})
    missing = size - len(packed(plain))
    plain["families"]["filler"] = "x" * (70_000 + missing)
    body = packed(plain)
    assert len(body) == size
    return body


def test_a_body_at_the_limit() -> None:
    assert decode(padded(BODY_BYTES_MAX), SUBJECT).unknown == ("filler",)


@pytest.mark.parametrize(
    "time",
    [TIME, datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
     datetime(9999, 12, 31, tzinfo=UTC), TIME.replace(microsecond=123_456)],
)  # fmt: skip
def test_a_timestamp_of_every_size_is_read_as_utc(time: datetime) -> None:
    decoded = decode(packed(message(time=time)), SUBJECT).time
    assert decoded == time
    assert decoded.utcoffset() == timedelta(0)


def test_a_time_with_an_offset_is_the_same_instant() -> None:
    here = TIME.astimezone(timezone(timedelta(hours=9)))
    assert decode(packed(message(time=here)), SUBJECT).time == TIME


def timestamp(seconds: int, nanoseconds: int = 0) -> bytes:
    """Return the content of a 96-bit timestamp, which msgpack's own writer refuses to make out of range."""
    return nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True)


def with_time(raw: bytes) -> bytes:
    marker = 0x1122334455667788
    return packed(message(time=marker)).replace(b"\xcf" + marker.to_bytes(8, "big"), b"\xc7\x0c\xff" + raw)


DEEP = b"\x91" * 5_000 + b"\xc0"


def replaced(key: str, raw: bytes) -> bytes:
    """Return a body in which the value of a top-level key is raw bytes."""
    marker = "here-comes-something-raw"
    return packed(message(**{key: marker})).replace(packed(marker), raw)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"\xc1", "", id="no msgpack"),
        pytest.param(b'{"v": 1}', "", id="JSON"),
        pytest.param(packed(message())[:-1], "truncated", id="last byte missing"),
        pytest.param(packed(message()) + b"\0", "trailing", id="one byte more"),
        pytest.param(packed([1, 2]), "Expected `object`", id="an array"),
        pytest.param(packed(None), "Expected `object`", id="nil"),
        pytest.param(b"\xdf\xff\xff\xff\xff", "truncated", id="a map of 4 billion"),
        pytest.param(replaced("families", b"\x81\xa4swap\xdd\xff\xff\xff\xff"), "truncated", id="4 billion rows"),
        pytest.param(padded(BODY_BYTES_MAX + 1), "at most 786432 bytes, got 786433", id="one byte above the limit"),
        pytest.param(replaced("families", b"\x81\xa4swap" + DEEP), "recursion", id="deep nesting in a known family"),
        pytest.param(replaced("extra", DEEP), "recursion", id="deep nesting in an unknown key"),
        pytest.param(packed(message(v=...)), "missing required field `v`", id="no v"),
        pytest.param(packed(message(v=0)), "expected v 1, got 0", id="v 0"),
        pytest.param(packed(message(v=True)), "got `bool`", id="v true"),
        pytest.param(packed(message(v="1")), "got `str`", id="v as text"),
        pytest.param(packed(message(host=...)), "missing required field `host`", id="no host"),
        pytest.param(packed(message(host="web-2")), "not those of the subject", id="another host"),
        pytest.param(packed(message(source="other")), "not those of the subject", id="another source"),
        pytest.param(packed(message(host=b"web")), "got `bytes`", id="host as bytes"),
        pytest.param(packed(message(host="\ud800")), "", id="surrogate in the host"),
        pytest.param(packed(message(host="")), "length >= 1", id="empty host"),
        pytest.param(packed(message(session="")), "length >= 1", id="empty session"),
        pytest.param(packed(message(session="a\0")), "matching regex", id="NUL in the session"),
        pytest.param(packed(message(session="a b")), "matching regex", id="space in the session"),
        pytest.param(packed(message(session="ab\n")), "matching regex", id="line break after the session"),
        pytest.param(packed(message(session="a" * 65)), "length <= 64", id="long session"),
        pytest.param(packed(message(seq=0)), ">= 1", id="seq 0"),
        pytest.param(packed(message(seq=-1)), ">= 1", id="negative seq"),
        pytest.param(packed(message(seq=2**63)), "<= 9223372036854775807", id="seq 2^63"),
        pytest.param(packed(message(seq=1.0)), "got `float`", id="seq as real"),
        pytest.param(packed(message(previous={"session": "\0", "seq_last": 1})), "regex", id="previous with NUL"),
        pytest.param(packed(message(previous={"session": "a"})), "seq_last", id="previous without number"),
        pytest.param(packed(message(time=...)), "missing required field `time`", id="no time"),
        pytest.param(packed(message(time="2026-11-21T12:00:05Z")), "expected a msgpack timestamp", id="time as text"),
        pytest.param(packed(message(time=1_795_262_405)), "expected a msgpack timestamp", id="time as seconds"),
        pytest.param(packed(message(time=None)), "expected a msgpack timestamp", id="time as nil"),
        pytest.param(packed(message(time=msgpack.ExtType(5, b"1234"))), "expected a msgpack", id="another extension"),
        pytest.param(with_time(timestamp(2**62)), "out of range", id="time out of range"),
        pytest.param(with_time(timestamp(-(2**62))), "out of range", id="time before the calendar"),
        pytest.param(with_time(timestamp(0, 2**31)), "nanoseconds out of range", id="nanoseconds out of range"),
        pytest.param(packed(message(families=...)), "missing required field `families`", id="no families"),
        pytest.param(packed(message(families=[])), "Expected `object`", id="families as array"),
        pytest.param(packed(message(families={1: table()})), "Expected `str`", id="family's name as number"),
        pytest.param(packed(message(families={f"f{n}": 0 for n in range(201)})), "length <= 200", id="201 families"),
        pytest.param(packed(message(families={"disk": None})), "Expected `object`", id="family as nil"),
        pytest.param(disk(interval_seconds=...), "interval_seconds", id="no interval"),
        pytest.param(disk(interval_seconds=0), "interval_seconds", id="interval 0"),
        pytest.param(disk(interval_seconds=math.nan), "interval_seconds", id="interval NaN"),
        pytest.param(disk(interval_seconds=3601), "interval_seconds", id="interval too long"),
        pytest.param(disk(columns=...), "columns", id="no columns"),
        pytest.param(disk(columns="mount"), "columns", id="columns as text"),
        pytest.param(disk(columns=[*DISK_COLUMNS, "mount"], rows=[]), "named twice", id="duplicate column"),
        pytest.param(disk(columns=DISK_COLUMNS[1:], rows=[DISK_ROW[1:]]), "column mount is missing", id="no label"),
        pytest.param(disk(columns=DISK_COLUMNS[:-1], rows=[DISK_ROW[:-1]]), "used_percent is missing", id="no gauge"),
        pytest.param(disk(columns=[f"c{n}" for n in range(201)], rows=[]), "length <= 200", id="201 columns"),
        pytest.param(disk(rows=...), "rows", id="no rows at all"),
        pytest.param(disk(rows=[DISK_ROW[:-1]]), "expected 6 cells in every row", id="short row"),
        pytest.param(disk(rows=[[*DISK_ROW, 1]]), "expected 6 cells in every row", id="long row"),
        pytest.param(disk(rows=[{"mount": "/"}]), "Expected `array`", id="row as map"),
        pytest.param(disk(rows=[DISK_ROW] * (ROWS_MAX + 1)), "at most 10000 rows", id="10,001 rows"),
        pytest.param(disk(rows=[["a\0b", *DISK_ROW[1:]]]), "disk.mount: expected at most 512", id="NUL in a label"),
        pytest.param(disk(rows=[["a" * 4_000, *DISK_ROW[1:]]]), "length <= 512", id="4,000-character mount"),
        pytest.param(disk(rows=[["é" * 257, *DISK_ROW[1:]]]), "disk.mount: expected at most 512", id="514 bytes"),
        pytest.param(disk(rows=[["\ud800", *DISK_ROW[1:]]]), "", id="surrogate in a label"),
        pytest.param(disk(rows=[[None, *DISK_ROW[1:]]]), "Expected `str`, got `null`", id="label as nil"),
        pytest.param(disk(rows=[[7, *DISK_ROW[1:]]]), "Expected `str`, got `int`", id="label as number"),
        pytest.param(disk(rows=[[*DISK_ROW[:5], None]]), "Expected `float`, got `null`", id="required gauge as nil"),
        pytest.param(swap(math.nan), "swap", id="NaN"),
        pytest.param(swap(math.inf), "swap", id="infinity"),
        pytest.param(swap(-math.inf), "swap", id="minus infinity"),
        pytest.param(swap(3.5e38), "swap", id="beyond real"),
        pytest.param(swap(True), "Expected `float`, got `bool`", id="true as gauge"),
        pytest.param(swap("1.5"), "Expected `float`, got `str`", id="text as gauge"),
        pytest.param(swap(2**63, 0, 0.0, 0.0, 0.0), "<= 9223372036854775807", id="2^63 as bytes"),
        pytest.param(swap(-(2**63), 0, 0.0, 0.0, 0.0), ">= -9223372036854775807", id="-2^63, which is absence"),
        pytest.param(swap(1 - 2**63, 1.5, 0.0, 0.0, 0.0), "Expected `int`, got `float`", id="half a byte"),
        pytest.param(swap(False, 0, 0.0, 0.0, 0.0), "Expected `int`, got `bool`", id="false as bytes"),
    ],
)
def test_decode_refuses(body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(body, SUBJECT)
    assert reason in str(refused.value)
    assert 0 < len(str(refused.value)) <= 400


@pytest.mark.parametrize(
    "body",
    [packed(message(v=2)), packed({"v": 2, "tables": [1]}), packed(message(v=2**63, host=7))],
    ids=["same shape", "another shape", "far in the future"],
)
def test_a_newer_version_is_told_apart(body: bytes) -> None:
    with pytest.raises(NewerVersionError, match="got the newer"):
        decode(body, SUBJECT)


@pytest.mark.parametrize("subject", ["metrics.web-1=2Eexample=2Ecom", "alerts.a.b.c", "metrics.web-1=2eexample.x"])
def test_a_subject_that_is_none_of_sample_sets(subject: str) -> None:
    with pytest.raises(DecodeError, match=r"is no (subject|token)"):
        decode(packed(message()), subject)


@pytest.mark.parametrize(
    ("host", "source", "subject", "reason"),
    [
        ("Web-2", "system", "metrics.Web-2.system", "is no host name"),
        ("a b", "system", "metrics.a=20b.system", "is no host name"),
        ("é" * 127, "system", f"metrics.{'=C3=A9' * 127}.system", "is no host name"),
        ("web-2", "é" * 33, f"metrics.web-2.{'=C3=A9' * 33}", "is no source"),
        ("web-2", "a\0", "metrics.web-2.a=00", "is no source"),
    ],
)
def test_a_name_that_no_host_or_source_may_have(host: str, source: str, subject: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(packed(message(host=host, source=source)), subject)
