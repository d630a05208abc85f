"""Dead letters as a person reads them: parts joined, tables cut to width, bodies bounded and printable."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.dead.letters import REASONS_MAX, Assembly, DeadLetter, Lately, Overview, Part, Wanted, kind_of
from services.ingest.dead.readable import (
    ITEMS_MAX,
    LINES_MAX,
    body_lines,
    letter_lines,
    overview_lines,
    time_of,
)
from services.ingest.dead_letters import headers_of, parts_of
from services.ingest.provenance import Provenance

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ESCAPES = "\x1b]0;owned\x07\x1b[2J\r\n\u202egnp.exe\x9b31m"


def part(sequence: int, body: bytes = b"x", place: tuple[int, int] = (1, 1), origin: int = 7, **changed: Any) -> Part:
    subject, reason = changed.get("subject", "metrics.web-1.system"), changed.get("reason", "why")
    stream = changed.get("stream", "METRICS")
    headers = headers_of(subject, reason, Provenance(stream, origin, NOW, 0), *place)
    return Part(sequence, headers, body, changed.get("at", NOW))


def assembled(parts: list[Part], letters_max: int = 10) -> list[DeadLetter]:
    assembly = Assembly(letters_max)
    for one in parts:
        assembly.add(one)
    return assembly.letters()


def test_a_body_comes_out_of_its_parts_as_it_went_in() -> None:
    body = bytes(range(256)) * 9
    bodies = parts_of(body, 1_000)
    parts = [part(40 + n, piece, (n, len(bodies))) for n, piece in enumerate(bodies, start=1)]
    [letter] = assembled(parts[::-1])
    assert (letter.body, letter.sequence, letter.missing) == (body, 41, "")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([part(3), part(2), part(1)], ["3", "2", "1"], id="whole ones by themselves"),
        pytest.param([part(3, place=(2, 2)), part(2, origin=8), part(1, place=(1, 2))], ["1+3", "2"], id="interleaved"),
        pytest.param([part(2, place=(2, 2), origin=8), part(1, place=(1, 2))], ["2 one missing", "1 one missing"],
                     id="parts of different messages"),
        pytest.param([part(4, place=(2, 2)), part(3, place=(1, 2)), part(2, place=(2, 2)), part(1, place=(1, 2))],
                     ["3+4"], id="set aside twice"),
        pytest.param([part(2, place=(3, 3)), part(1, place=(2, 3))], ["1+2 one missing"], id="the first is gone"),
    ],
)  # fmt: skip
def test_parts_belong_together_by_their_headers(parts: list[Part], expected: list[str]) -> None:
    told = ["+".join(str(one.sequence) for one in letter.parts) + (" one missing" if letter.missing else "")
            for letter in assembled(parts)]  # fmt: skip
    assert told == expected


@pytest.mark.parametrize("text", ["", "1", "0/2", "2/x", "-1/2", "9" * 400 + "/1", "1/2/3"])
def test_a_part_that_says_nonsense_is_a_whole_one(text: str) -> None:
    assert Part(1, {"Vitalwire-Part": text}, b"").place == (1, 1)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21T12:00:00", "\x1b[2J"])
def test_a_time_that_says_nonsense_is_none(text: str) -> None:
    assert Part(1, {"Vitalwire-Received-At": text}, b"").received_at is None


@pytest.mark.parametrize(
    ("wanted", "includes"),
    [(Wanted(), True), (Wanted("web-1"), True), (Wanted("web-2"), False), (Wanted(reason="WHY"), True),
     (Wanted("web-1", "clock"), False), (Wanted("web"), False)],
)  # fmt: skip
def test_letters_are_chosen_by_host_and_reason(wanted: Wanted, includes: bool) -> None:
    assert wanted.includes(part(1)) is includes


def test_a_list_is_bounded_and_counts_what_it_leaves_out() -> None:
    overview = Overview(Wanted(), Assembly(2))
    for sequence in range(9, 0, -1):
        overview.add(part(sequence, b"x" * 1_000, reason=f"clock ahead by {sequence}.5 s"))
    lines = overview_lines(overview, 100)
    assert [line.split()[0] for line in lines[:3]] == ["sequence", "9", "8"]
    assert lines[3:] == ["", "2 of 9 shown; by reason:", "       9  clock ahead by # s"]
    assert all(not letter.body for letter in overview.assembly.letters())


@pytest.mark.parametrize(("of_all", "says"), [(True, "there is no dead letter"), (False, "no dead letter matches")])
def test_an_empty_list_is_a_sentence(of_all: bool, says: str) -> None:
    [line] = overview_lines(Overview(Wanted(), Assembly(2)), 100, of_all=of_all)
    assert says in line


def test_a_summary_has_a_bounded_number_of_reasons() -> None:
    overview = Overview(Wanted(), Assembly(1))
    for number in range(3 * REASONS_MAX):
        overview.add(part(number + 1, reason="x" * number))
    assert len(overview.reasons) == REASONS_MAX + 1
    assert overview.reasons.total() == 3 * REASONS_MAX


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("clock ahead by 360.0 s: expected at most 300 s", "clock ahead by # s: expected at most # s"),
        ("host 'web-1' is not that of 'metrics.x'", "host '…' is not that of '…'"),
        ("malformed", "malformed"),
    ],
)
def test_a_reason_is_counted_without_its_particulars(reason: str, kind: str) -> None:
    assert kind_of(reason) == kind


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_is_cut_to_its_width_and_prints_nothing_that_steers(width: int) -> None:
    overview = Overview(Wanted(), Assembly(5))
    headers = {"Vitalwire-Reason": ESCAPES * 50, "Vitalwire-Subject": "metrics." + ESCAPES * 50,
               "Vitalwire-Stream": ESCAPES, "Vitalwire-Received-At": ESCAPES, "Vitalwire-Part": ESCAPES}  # fmt: skip
    overview.add(Part(1, headers, b""))
    lines = overview_lines(overview, width)
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) <= max(width, 118)


def disk(mount: str, rows_count: int = 1) -> bytes:
    table = {"interval_seconds": 10.0, "columns": ["mount", "total_bytes"], "rows": [[mount, 5]] * rows_count}
    body = {"v": 1, "host": "web-1", "time": NOW, "families": {"disk": table}}
    return bytes(msgpack.packb(body, datetime=True))


def test_a_body_is_shown_as_json_with_a_row_on_a_line() -> None:
    lines = body_lines(disk("/home/사진"))
    assert lines[0] == f"body of {len(disk('/home/사진'))} bytes:"
    assert lines[1:] == [
        "{",
        '  "v": 1,',
        '  "host": "web-1",',
        '  "time": "2026-11-21T12:00:00+00:00",',
        '  "families": {',
        '    "disk": {',
        '      "interval_seconds": 10.0,',
        '      "columns": ["mount", "total_bytes"],',
        '      "rows": [',
        '        ["/home/사진", 5]',
        "      ]",
        "    }",
        "  }",
        "}",
    ]


def test_nothing_in_a_letter_steers_a_terminal() -> None:
    body = msgpack.packb({ESCAPES: [ESCAPES, {"x": ESCAPES.encode()}], "bad": b"\xff"}) + b"rest"
    lines = letter_lines(DeadLetter((Part(1, {ESCAPES: ESCAPES, "Vitalwire-Reason": ESCAPES}, body),)))
    assert all(line.isprintable() for line in lines)
    assert "of which the last 4 do not belong to it" in "\n".join(lines)


def test_a_body_is_shown_up_to_a_bound() -> None:
    lines = body_lines(disk("/", rows_count=10_000))
    assert f'"… {10_000 - ITEMS_MAX} more"' in "\n".join(lines)
    wide = msgpack.packb({f"a{n}": {f"b{m}": [[1]] for m in range(200)} for n in range(200)})
    assert len(body_lines(wide)) == LINES_MAX + 2
    assert body_lines(wide)[-1].endswith("more lines; --raw FILE writes all of it")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "body of 0 bytes, empty; its first bytes:"),
        (b"\xc1 no", "body of 4 bytes, no msgpack (FormatError: ); its first bytes:"),
        (b"\x93\x01", "body of 2 bytes, cut off, or no msgpack; its first bytes:"),
        (b"\x81\x90\x01", "body of 3 bytes, no msgpack (TypeError: unhashable type: 'list'); its first bytes:"),
        (b"\x91" * 5_000, "body of 5000 bytes, no msgpack ("),
        (b"\xdd\xff\xff\xff\xff" * 100, "body of 500 bytes, no msgpack (ValueError: "),
        (b"\xc7\x05\xffabcde", "body of 8 bytes, no msgpack ("),
    ],
)
def test_what_is_no_msgpack_says_so(body: bytes, expected: str) -> None:
    lines = body_lines(body)
    assert lines[0].startswith(expected)
    assert len(lines) <= 17


def test_first_bytes_are_shown_as_a_dump() -> None:
    assert body_lines(b"\xc1A\x1b")[1:] == [f"  {'c1 41 1b':<47}  .A."]


@given(st.binary(max_size=400) | st.binary(max_size=100).map(lambda raw: disk("/") + raw))
def test_any_bytes_can_be_shown(body: bytes) -> None:
    assert all(line.isprintable() for line in body_lines(body))
    time_of(body)


@pytest.mark.parametrize(
    ("body", "time"),
    [
        (disk("/"), NOW),
        (msgpack.packb({"time": 5}), None),
        (msgpack.packb({"time": msgpack.Timestamp(2**62, 0)}), None),
        (msgpack.packb([1]), None),
        (b"\xc1", None),
    ],
)
def test_the_time_of_a_body(body: bytes, time: datetime | None) -> None:
    assert time_of(body) == time


def test_what_was_set_aside_lately_is_counted_by_host() -> None:
    lately = Lately(NOW, timedelta(seconds=300))
    seen = [lately.add(part(9 - n, at=NOW - timedelta(seconds=age), subject=f"metrics.{host}.system", place=place))
            for n, (age, host, place) in enumerate([(0, "a", (2, 2)), (1, "a", (1, 2)), (9, "b", (1, 1)),
                                                    (300, "a", (1, 1)), (301, "a", (1, 1))])]  # fmt: skip
    assert seen == [True, True, True, True, False]
    assert lately.hosts == Counter(a=2, b=1)


def test_letters_of_alerts_leave_a_host_its_number() -> None:
    lately = Lately(NOW, timedelta(seconds=300))
    assert lately.add(part(2, subject="alerts.disk.a.x", stream="ALERTS"))
    assert lately.add(part(1, subject="metrics.a.system"))
    assert lately.hosts == Counter(a=1)


def test_letters_of_alerts_are_found_by_the_host_they_are_about() -> None:
    assert Wanted("a").includes(part(1, subject="alerts.disk.a.x.act", stream="ALERTS"))
    assert not Wanted("disk").includes(part(1, subject="alerts.disk.a.x", stream="ALERTS"))
