"""Who is silenced, and when: once, or in windows that come again, also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts.silence import (
    WEEKDAYS,
    NewerSilenceError,
    Silence,
    SilenceError,
    Window,
    decode_silence,
    encode_silence,
    is_over,
    is_silenced,
    silence_from,
    window_at,
)

MONDAY = "2026-11-23"


def at(text: str) -> datetime:
    """Return an instant; without an offset it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def silence(**changes: Any) -> Silence:
    plain = {
        "id": "one", "start": "2026-11-23T12:00:00Z", "end": "2026-11-23T13:00:00Z", "who": "kim", "reason": "why",
        **changes,
    }  # fmt: skip
    return silence_from({key: value for key, value in plain.items() if value is not ...})


def weekly(clock: str, minutes: int, *weekdays: str, zone: str = "UTC", **changes: Any) -> Silence:
    recurrence = {"weekdays": weekdays or WEEKDAYS, "start": clock, "minutes": minutes, "zone": zone}
    return silence(**{"start": "2020-01-01T00:00:00Z", "end": ..., "recurrence": recurrence, **changes})


@pytest.mark.parametrize(
    ("now", "silenced"),
    [("11:59:59.999999", False), ("12:00:00", True), ("12:59:59.999999", True), ("13:00:00", False)],
)
def test_a_silence_lasts_from_its_start_until_before_its_end(now: str, silenced: bool) -> None:
    assert is_silenced([silence()], "cpu", "web-1", at(f"{MONDAY}T{now}")) is silenced


@pytest.mark.parametrize(
    ("changes", "rule", "host", "silenced"),
    [
        ({}, "cpu", "web-1", True),
        ({"hosts": ["web-*"]}, "cpu", "web-1", True),
        ({"hosts": ["web-*"]}, "cpu", "db-1", False),
        ({"rules": ["disk*", "memory"]}, "disk_full_soon", "web-1", True),
        ({"rules": ["disk*", "memory"]}, "cpu", "web-1", False),
        ({"rules": ["cpu"], "hosts": ["db-1"]}, "cpu", "web-1", False),
    ],
)
def test_rules_and_hosts_are_chosen_by_globs(changes: dict[str, Any], rule: str, host: str, silenced: bool) -> None:
    assert is_silenced([silence(**changes)], rule, host, at(f"{MONDAY}T12:30")) is silenced


def test_globs_are_made_once_for_each_silence() -> None:
    kept = silence(hosts=["web-*"], rules=["disk*"])
    assert is_silenced([kept], "disk", "web-1", at(f"{MONDAY}T12:30"))
    assert kept.names_host is kept.names_host
    assert kept.names_rule is kept.names_rule
    assert decode_silence(encode_silence(kept)) == kept


def test_one_of_several_silences_is_enough() -> None:
    several = [silence(hosts=["a"]), silence(hosts=["b"])]
    assert [is_silenced(several, "cpu", host, at(f"{MONDAY}T12:30")) for host in "abc"] == [True, True, False]
    assert not is_silenced([], "cpu", "a", at(f"{MONDAY}T12:30"))


@pytest.mark.parametrize(
    ("recurring", "instants", "expected"),
    [
        pytest.param(weekly("02:00", 60, "mon"),
                     "11-23T01:59 11-23T02:00 11-23T02:59 11-23T03:00 11-24T02:30", ". s s . .",
                     id="an hour on Mondays"),
        pytest.param(weekly("23:00", 120, "sun", "mon"),
                     "11-22T23:30 11-23T00:30 11-23T01:00 11-24T00:30 11-25T00:30", "s s . s .",
                     id="past midnight"),
        pytest.param(weekly("18:00", 3 * 24 * 60, "fri"),
                     "11-20T17:59 11-20T18:00 11-22T12:00 11-23T17:59 11-23T18:00", ". s s s .",
                     id="a weekend"),
        pytest.param(weekly("00:00", 7 * 24 * 60, "mon"), "11-23T00:00 11-29T23:59 12-01T00:00", "s s s",
                     id="a whole week, every week"),
        pytest.param(weekly("00:00", 24 * 60), "11-23T00:00 11-23T12:00 11-24T00:00", "s s s",
                     id="always"),
        pytest.param(weekly("09:00", 60, "tue", zone="Asia/Seoul"),
                     "11-23T23:59 11-24T00:00 11-24T00:59 11-24T01:00", ". s s .",
                     id="by the clock of Seoul"),
        pytest.param(weekly("08:00", 60, "tue", zone="Asia/Seoul"), "11-23T23:30 11-24T23:30", "s .",
                     id="the weekday is that of Seoul"),
        pytest.param(weekly("02:00", 60, zone="America/New_York"), "11-23T07:00 07-23T06:00 07-23T07:00",
                     "s s .", id="by the clock of New York, in winter and in summer"),
        pytest.param(weekly("02:00", 60, "mon", start="2026-11-23T02:30:00Z", end="2026-11-30T02:30:00Z"),
                     "11-23T02:29 11-23T02:30 11-23T03:00 11-30T02:29 11-30T02:30", ". s . s .",
                     id="within its own start and end"),
    ],
)  # fmt: skip
def test_recurring(recurring: Silence, instants: str, expected: str) -> None:
    found = ["s" if is_silenced([recurring], "cpu", "a", at(f"2026-{each}")) else "." for each in instants.split()]
    assert " ".join(found) == expected


@pytest.mark.parametrize(
    ("start", "minutes", "instants", "expected"),
    [
        # Berlin leaves out 02:00 to 03:00 on 2026-03-29, at 01:00 UTC, and has it twice on 2026-10-25, until 01:00 UTC.
        pytest.param("02:30", 60, "03-29T01:29 03-29T01:30 03-29T02:29 03-29T02:30", ". s s .",
                     id="a start that is left out is an hour later by the clock: 03:30"),
        pytest.param("01:00", 240, "03-28T23:59 03-29T00:00 03-29T03:59 03-29T04:00", ". s s .",
                     id="four hours last four hours although the clock shows five"),
        pytest.param("02:30", 60, "10-25T00:29 10-25T00:30 10-25T01:29 10-25T01:30", ". s s .",
                     id="a start that comes twice is the first, and only once"),
        pytest.param("01:00", 240, "10-24T22:59 10-24T23:00 10-25T02:59 10-25T03:00", ". s s .",
                     id="four hours last four hours although the clock shows three"),
        pytest.param("03:00", 30, "03-29T00:59 03-29T01:00 03-29T01:30", ". s .",
                     id="a start just after the change"),
    ],
)  # fmt: skip
def test_where_clocks_are_changed(start: str, minutes: int, instants: str, expected: str) -> None:
    recurring = weekly(start, minutes, zone="Europe/Berlin")
    found = ["s" if is_silenced([recurring], "cpu", "a", at(f"2026-{each}")) else "." for each in instants.split()]
    assert " ".join(found) == expected


@pytest.mark.parametrize(
    ("recurring", "instants", "expected"),
    [
        pytest.param(weekly("23:59", 1_439, "sat", zone="Europe/Berlin"),
                     "2027-03-27T22:58 2027-03-27T22:59 2027-03-28T22:30 2027-03-28T22:57 2027-03-28T22:58",
                     ". s s s .", id="a day less a minute ends a day later by the clock that went forward"),
        pytest.param(weekly("23:59", 2_879, "fri", zone="Europe/Berlin"),
                     "2027-03-26T22:58 2027-03-26T22:59 2027-03-28T22:30 2027-03-28T22:57 2027-03-28T22:58",
                     ". s s s .", id="and so do two days less a minute"),
        pytest.param(weekly("00:00", 60, "sun", zone="America/St_Johns", start="2010-01-01T00:00:00Z"),
                     "2010-11-07T02:29 2010-11-07T02:30 2010-11-07T02:45 2010-11-07T03:29 2010-11-07T03:30",
                     ". s s s .", id="a day that began before the clock went back over midnight"),
    ],
)  # fmt: skip
def test_where_a_change_of_clocks_moves_the_day(recurring: Silence, instants: str, expected: str) -> None:
    found = ["s" if is_silenced([recurring], "cpu", "a", at(each)) else "." for each in instants.split()]
    assert " ".join(found) == expected


def test_the_window_tells_when_it_ends() -> None:
    assert window_at(weekly("23:00", 120), at("2026-11-23T00:30")) == Window(
        at("2026-11-22T23:00"), at("2026-11-23T01:00")
    )
    bounded = weekly("23:00", 120, end="2026-11-23T00:45:00Z")
    window = window_at(bounded, at("2026-11-23T00:30"))
    assert window is not None
    assert window.end == at("2026-11-23T00:45")


def test_what_is_over_can_be_removed() -> None:
    assert not is_over(silence(), at("2026-11-23T12:59"))
    assert is_over(silence(), at("2026-11-23T13:00"))
    assert not is_over(weekly("02:00", 60), at("2036-11-23T13:00"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"end": ...}, "a silence that does not recur must end", id="no end"),
        pytest.param({"end": "2026-11-23T12:00:00Z"}, "end: expected later than start", id="end at the start"),
        pytest.param({"start": "2026-11-23T12:00:00"}, "timezone", id="a start without an offset"),
        pytest.param({"who": ""}, "who", id="nobody's"),
        pytest.param({"reason": ...}, "reason", id="no reason"),
        pytest.param({"reason": "x" * 1_001}, "length <= 1000", id="a long reason"),
        pytest.param({"hosts": []}, "hosts", id="no host"),
        pytest.param({"id": "a.b"}, "id", id="an id that is no key"),
        pytest.param({"host": ["a"]}, "unknown field `host`", id="unknown field"),
        pytest.param({"v": 0}, "v: expected 1, got 0", id="no version of ours"),
        pytest.param({"v": 2}, "v: expected 1, got the newer 2", id="a later version"),
        pytest.param({"recurrence": {"weekdays": [], "start": "02:00", "minutes": 60}}, "weekdays", id="no weekday"),
        pytest.param({"recurrence": {"weekdays": ["mo"], "start": "02:00", "minutes": 60}}, "mo", id="no such weekday"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "24:00", "minutes": 60}}, "start", id="24:00"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "02:00", "minutes": 0}}, "minutes", id="0 minutes"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "02:00", "minutes": 10_081}}, "<= 10080", id="long"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "02:00", "minutes": 60, "zone": "Asia/Soul"}},
                     "recurrence.zone: expected a name such as Asia/Seoul or UTC, got 'Asia/Soul'", id="unknown zone"),
        pytest.param({"recurrence": {"weekdays": ["mon"], "start": "02:00", "minutes": 60, "zone": "../etc/passwd"}},
                     "recurrence.zone", id="a zone that is a path"),
    ],
)  # fmt: skip
def test_refuses(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(SilenceError) as refused:
        silence(**changes)
    assert problem in str(refused.value)


@pytest.mark.parametrize("kept", [silence(), weekly("02:00", 60, "mon", "sun", zone="Asia/Seoul", rules=["cpu"])])
def test_comes_back_whole(kept: Silence) -> None:
    assert decode_silence(encode_silence(kept)) == kept


def test_its_version_is_kept_with_it_and_what_is_too_large_is_not_written() -> None:
    assert msgpack.unpackb(encode_silence(silence()), timestamp=3)["v"] == 1
    large = [f"{'x' * 250}{number:03}" for number in range(100)]
    with pytest.raises(SilenceError, match="at most 65536 bytes, got"):
        encode_silence(silence(hosts=[f"{'가' * 250}{number:03}" for number in range(100)], rules=large))


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SilenceError) as refused:
        silence(v=0, end="2026-11-23T11:00:00Z")
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["v", "end"]


def test_a_newer_version_is_told_apart() -> None:
    newer = {**msgpack.unpackb(encode_silence(silence()), timestamp=3), "v": 2, "strange": 1}
    with pytest.raises(NewerSilenceError):
        decode_silence(msgpack.packb(newer, datetime=True))
    with pytest.raises(NewerSilenceError):
        silence_from(newer)


def test_a_silence_that_is_too_large_is_not_written() -> None:
    globs = [f"{number:03}{'x' * 250}" for number in range(100)]
    assert decode_silence(encode_silence(silence(hosts=globs, rules=globs))).hosts == tuple(globs)
    wide = [f"{number:03}{'한' * 250}" for number in range(100)]
    with pytest.raises(SilenceError, match="name fewer hosts or rules"):
        encode_silence(silence(hosts=wide))


@settings(max_examples=200)
@given(st.binary(max_size=200))
@example(b"\x80")
@example(b"\xa1\x80")
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(SilenceError):
        decode_silence(body)


zones = st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
windows = st.builds(
    weekly,
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    st.integers(1, 7 * 24 * 60),
    st.sampled_from(WEEKDAYS),
    zone=zones,
)


@settings(max_examples=200)
@given(windows, st.integers(0, 400 * 24 * 60))
def test_a_window_is_as_long_as_it_says_and_is_the_same_all_through(recurring: Silence, minute: int) -> None:
    now = at("2026-01-01T00:00") + timedelta(minutes=minute)
    window = window_at(recurring, now)
    if window is None:
        return
    assert recurring.recurrence is not None
    assert window.end - window.start == timedelta(minutes=recurring.recurrence.minutes)
    assert window.start <= now < window.end
    if recurring.recurrence.minutes < 6 * 24 * 60:  # a longer one may overlap the next, which then counts
        assert window_at(recurring, window.start) == window
        assert window_at(recurring, window.end) is None


@settings(max_examples=300)
@given(
    st.integers(0, 500),
    st.times(max_value=time(23, 59)),
    st.integers(1, 7 * 24 * 60),
    st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.floats(0, 1, exclude_max=True),
)
@example(450, time(23, 59), 1_439, "Europe/Berlin", 0.98)
def test_each_minute_of_a_window_is_within_it(day: int, clock: time, minutes: int, zone: str, share: float) -> None:
    first = date(2026, 1, 1) + timedelta(days=day)
    start = datetime.combine(first, clock.replace(second=0, microsecond=0), ZoneInfo(zone)).astimezone(UTC)
    recurring = weekly(f"{clock:%H:%M}", minutes, WEEKDAYS[first.weekday()], zone=zone)
    now = start + timedelta(minutes=int(minutes * share))
    window = window_at(recurring, now)
    assert window is not None
    assert window.start <= now < window.end
    assert window == Window(start, start + timedelta(minutes=minutes)) or minutes > 6 * 24 * 60
