"""What messages say, as golden texts in both languages; whatever strangers chose stays a name on one line."""

# ruff: noqa: RUF001 - signs that look like others are what this is about

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.amounts import LANGUAGES, amount, duration, measured
from services.alerting.grouping import NAMED_MAX, Group, Telling, grouped
from services.alerting.plain_text import NAME_CHARACTERS_MAX, plain, quoted
from services.alerting.wording import _TEXTS, BODY_CHARACTERS_MAX, body, title, trial_message
from shared.alerts.rule import HORIZON_SECONDS_MAX
from shared.alerts.state import Reason
from shared.wire.alert import AlertTransition
from tests.unit.shared.alerts.rules import KINDS

TIME = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
PAGE = "https://watch.example.com/"


def alert(**changes: Any) -> AlertTransition:
    plain_values: dict[str, Any] = {
        "id": "x", "incident": "disk-0a1b", "rule": "disk", "host": "web-1", "source": "system", "series": "system",
        "labels": {"mount": "/"}, "kind": "threshold", "family": "disk", "column": "used_percent", "unit": "percent",
        "status": "firing", "level": "critical", "value": 92.5, "threshold": 90.0, "since": TIME,
        "time": TIME + timedelta(minutes=10), **changes,
    }  # fmt: skip
    return AlertTransition(**plain_values)


def group(*transitions: AlertTransition, what: Any = "news") -> Group:
    (found,) = grouped([Telling(what, ("ops",), each) for each in transitions])
    return found


BUS: dict[str, Any] = {
    "rule": "bus_silent", "host": "bus", "labels": {}, "kind": "absence", "family": None, "column": None, "unit": None,
    "value": 20.0, "threshold": 15.0, "source": None,
}  # fmt: skip
FORECAST = {"kind": "forecast", "value": 12_000.0, "threshold": 14_400.0, "target": 100.0}
RATE = {"kind": "rate", "column": "used_bytes", "unit": "bytes", "value": 3e6, "threshold": 1048576.0}


@pytest.mark.parametrize(
    ("changes", "what", "english", "korean"),
    [
        pytest.param({}, "news",
                     "[CRITICAL] disk on web-1: 92.5%\n"
                     "web-1, mount=/: disk.used_percent is 92.5%, level 90.0%, since 2026-11-21 12:00:05 UTC",
                     "[심각] web-1 disk: 92.5%\n"
                     "web-1, mount=/: disk.used_percent 92.5%, 기준 90.0%, 2026-11-21 12:00:05 UTC부터", id="firing"),
        pytest.param({"status": "ok", "value": 71.0}, "news",
                     "[RESOLVED] disk on web-1\n"
                     "web-1, mount=/: over at 2026-11-21 12:10:05 UTC after 10 min, now 71.0%",
                     "[해소] web-1 disk\nweb-1, mount=/: 2026-11-21 12:10:05 UTC 해소, 10분 지속, 현재 71.0%",
                     id="over"),
        pytest.param({"status": "ok", "value": None, "reason": "series gone"}, "news",
                     "[RESOLVED] disk on web-1\n"
                     "web-1, mount=/: over at 2026-11-21 12:10:05 UTC after 10 min, as its series is gone",
                     "[해소] web-1 disk\n"
                     "web-1, mount=/: 2026-11-21 12:10:05 UTC 해소, 10분 지속, 사유: 계열이 사라짐", id="gone"),
        pytest.param({"level": "warning", "source": "backup"}, "reminder",
                     "[still WARNING] disk on web-1: 92.5%\n"
                     "web-1, mount=/, backup: disk.used_percent is 92.5%, level 90.0%, since 2026-11-21 12:00:05 UTC",
                     "[지속 중 경고] web-1 disk: 92.5%\n"
                     "web-1, mount=/, backup: disk.used_percent 92.5%, 기준 90.0%, 2026-11-21 12:00:05 UTC부터",
                     id="a reminder, of another source"),
        pytest.param(FORECAST, "escalation",
                     "[not acknowledged, CRITICAL] disk on web-1: 3 h 20 min\n"
                     "web-1, mount=/: disk.used_percent reaches 100.0% in 3 h 20 min, level 4 h, "
                     "since 2026-11-21 12:00:05 UTC",
                     "[미확인 심각] web-1 disk: 3시간 20분\n"
                     "web-1, mount=/: disk.used_percent 3시간 20분 후 100.0% 도달 예상, 기준 4시간, "
                     "2026-11-21 12:00:05 UTC부터", id="an escalation, of a forecast"),
        pytest.param(RATE, "news",
                     "[CRITICAL] disk on web-1: 2.86 MiB/s\n"
                     "web-1, mount=/: disk.used_bytes changes by 2.86 MiB/s, level 1.00 MiB/s, "
                     "since 2026-11-21 12:00:05 UTC",
                     "[심각] web-1 disk: 2.86 MiB/s\n"
                     "web-1, mount=/: disk.used_bytes 변화율 2.86 MiB/s, 기준 1.00 MiB/s, "
                     "2026-11-21 12:00:05 UTC부터", id="a rate"),
        pytest.param({"kind": "deviation", "value": 5.25, "threshold": 4.0}, "news",
                     "[CRITICAL] disk on web-1: 5.2 σ\nweb-1, mount=/: disk.used_percent is 5.2 σ beside its usual, "
                     "level 4.0 σ, since 2026-11-21 12:00:05 UTC",
                     "[심각] web-1 disk: 5.2 σ\nweb-1, mount=/: disk.used_percent 평소와 5.2 σ 차이, 기준 4.0 σ, "
                     "2026-11-21 12:00:05 UTC부터", id="a deviation"),
        pytest.param(BUS, "news",
                     "[CRITICAL] bus_silent: nothing arrives from any host\n"
                     "bus: nothing received for 20 s, level 15 s, since 2026-11-21 12:00:05 UTC",
                     "[심각] bus_silent: 모든 호스트에서 수신 없음\n"
                     "bus: 20초 동안 수신 없음, 기준 15초, 2026-11-21 12:00:05 UTC부터", id="the bus"),
    ],
)  # fmt: skip
def test_texts(changes: dict[str, Any], what: Any, english: str, korean: str) -> None:
    told = group(alert(**changes), what=what)
    assert f"{title(told, 'en')}\n{body(told, 'en')}" == english
    assert f"{title(told, 'ko')}\n{body(told, 'ko')}" == korean


def test_both_languages_say_the_same_things() -> None:
    assert list(_TEXTS["en"]) == list(_TEXTS["ko"])
    assert {*KINDS, *get_args(Reason)} <= set(_TEXTS["en"])


@pytest.mark.parametrize(
    ("channel", "english", "korean"),
    [
        ("ops", "[TEST] channel ops", "[시험] 채널 ops"),
        ("On call, 24/7", '[TEST] channel "On call, 24/7"', '[시험] 채널 "On call, 24/7"'),
        ("<@everyone>", "[TEST] channel ‹＠everyone›", "[시험] 채널 ‹＠everyone›"),
    ],
)
def test_a_message_that_tries_a_channel_names_it_and_nothing_else(channel: str, english: str, korean: str) -> None:
    (first, text), (second, another) = trial_message(channel, "en"), trial_message(channel, "ko")
    assert (first, second) == (english, korean)
    assert english.removeprefix("[TEST] channel ") in text
    assert korean.removeprefix("[시험] 채널 ") in another
    assert "{" not in text + another


def test_times_are_those_of_the_zone_and_the_link_is_last() -> None:
    lines = body(group(alert()), "en", PAGE, ZoneInfo("Asia/Seoul")).splitlines()
    assert lines[0].endswith("since 2026-11-21 21:00:05 KST")
    assert lines[1] == "https://watch.example.com/#/alerts/disk-0a1b"


def rack(count: int) -> list[AlertTransition]:
    silent = {**BUS, "rule": "host_silent"}
    return [alert(**{**silent, "host": f"rack-7-{number:03}"}) for number in reversed(range(count))]


def test_a_rack_of_40_is_one_message_that_names_40() -> None:
    told = group(*rack(40))
    assert title(told, "en") == "[CRITICAL] host_silent on 40 hosts"
    assert title(told, "ko") == "[심각] 호스트 40대 host_silent"
    lines = body(told, "en", PAGE).splitlines()
    assert [line.split(":")[0] for line in lines[:40]] == [f"rack-7-{number:03}" for number in range(40)]
    assert lines[40:] == ["https://watch.example.com/#/alerts"]


@pytest.mark.parametrize(("language", "more"), [("en", "and 950 more"), ("ko", "외 950건")])
def test_a_thousand_hosts_are_one_message_that_names_some(language: Any, more: str) -> None:
    told = group(*rack(1_000))
    assert (len(told.named), told.count, told.hosts_count) == (NAMED_MAX, 1_000, 1_000)
    text = body(told, language)
    assert [number for number in range(1_000) if f"rack-7-{number:03}" in text] == list(range(NAMED_MAX))
    assert text.splitlines()[-1] == more


def test_forty_long_names_are_all_named() -> None:
    long = [f"{'x' * 80}-{number:02}" for number in range(40)]
    told = group(*(alert(**{**BUS, "rule": "host_silent", "host": host}) for host in long))
    assert body(told, "en").split(", ") == long


def test_several_alerts_of_one_host_are_one_message() -> None:
    told = group(alert(series="a", labels={"mount": "/a"}), alert(series="b", labels={"mount": "/b"}))
    assert title(told, "en") == "[CRITICAL] disk: 2 alerts on web-1"
    assert title(told, "ko") == "[심각] web-1 disk: 알림 2건"


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        pytest.param([{}, {"host": "b"}], 1, id="one rule"),
        pytest.param([{}, {"rule": "cpu"}], 2, id="two rules"),
        pytest.param([{}, {"level": "warning"}], 2, id="two levels"),
        pytest.param([{}, {"status": "ok"}], 2, id="firing and over"),
        pytest.param([], 0, id="nothing"),
    ],
)
def test_what_goes_together(changes: list[dict[str, Any]], messages: int) -> None:
    assert len(grouped([Telling("news", ("ops",), alert(**each)) for each in changes])) == messages


def test_other_channels_and_reminders_are_other_messages() -> None:
    tellings = [
        Telling("news", ("a",), alert()),
        Telling("news", ("b",), alert()),
        Telling("reminder", ("a",), alert()),
    ]
    assert [(each.what, each.channels) for each in grouped(tellings)] == [
        ("news", ("a",)), ("news", ("b",)), ("reminder", ("a",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("/srv/a_b-c", "/srv/a_b-c", id="a usual name"),
        pytest.param("한글 é", "한글 é", id="other scripts"),
        pytest.param("a\nb\r\tc\0", "a�b��c�", id="control characters"),
        pytest.param("a\u202eb\u200bc\u2028", "a�b�c�", id="direction, width, line"),
        pytest.param("\ud800", "�", id="half a character"),
        pytest.param("@everyone <!here> <b>", "＠everyone ‹!here› ‹b›", id="calls and markup"),
        pytest.param("[x](https://evil)", "［x］(https:∕∕evil)", id="a link"),
        pytest.param("`rm -rf`|*b*~s~", "ˋrm -rfˋ¦∗b∗∼s∼", id="code and emphasis"),
        pytest.param("{} {0} {host} %s $(x)", "{} {0} {host} %s $(x)", id="templates and shell"),
        pytest.param("&lt;", "＆lt;", id="an entity"),
        pytest.param("www.evil.example/x", "www\u2024evil.example∕x", id="a page without https"),
        pytest.param("see WWW.evil.example", "see WWW\u2024evil.example", id="in the middle"),
        pytest.param("evil.example:8080/x/y", "evil.example:8080∕x/y", id="a page of a bare domain"),
        pytest.param("web-1.example.com", "web-1.example.com", id="a domain is kept: hosts are called by one"),
        pytest.param("/srv/www.example.com/x", "/srv/www.example.com/x", id="so is a path that holds one"),
        pytest.param("nas.example.com:/export", "nas.example.com:/export", id="and a share"),
        pytest.param("10.0.0.1/24", "10.0.0.1/24", id="and a network"),
        pytest.param('"x"', "\u2033x\u2033", id="quotes are ours"),
        pytest.param("mailto://u:p@h?x", "mailto:∕∕u:p＠h?x", id="an address of a channel"),
        pytest.param("x" * 120, "x" * 120, id="as long as may be"),
        pytest.param("x" * 121, "x" * 119 + "…", id="too long"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_names_are_plain(name: str, expected: str) -> None:
    assert plain(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("/srv/a_b-c", "/srv/a_b-c", id="a usual name"),
        pytest.param("nas:/export", "nas:/export", id="a share"),
        pytest.param("a b", '"a b"', id="two words"),
        pytest.param("a,b", '"a,b"', id="two names"),
        pytest.param("a=b", '"a=b"', id="a label"),
        pytest.param('a"', '"a\u2033"', id="the end of a quotation"),
        pytest.param("", '""', id="nothing"),
        pytest.param("x y" * 50, f'"{("x y" * 40)[:119]}…"', id="too long"),
    ],
)
def test_what_could_be_read_as_more_than_a_name_is_in_quotes(name: str, expected: str) -> None:
    assert quoted(name) == expected


def test_a_label_does_not_read_like_our_text() -> None:
    told = group(alert(labels={"mount": "/: over at 12:00, now 1%"}, source="a, b", host="web-1,mount=/"))
    assert title(told, "en") == '[CRITICAL] disk on "web-1,mount=/": 92.5%'
    assert body(told, "en") == (
        '"web-1,mount=/", mount="/: over at 12:00, now 1%", "a, b": '
        "disk.used_percent is 92.5%, level 90.0%, since 2026-11-21 12:00:05 UTC"
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [("host silent", "as its host is silent"), ("one", "as one"), ("x, now 1%", 'as "x, now 1%"')],
)
def test_a_reason_is_ours_or_a_name(reason: str, said: str) -> None:
    assert body(group(alert(status="ok", value=None, reason=reason)), "en").endswith(f"after 10 min, {said}")


hostile = st.text(max_size=200) | st.sampled_from(
    ["{host}", "{}", "{0.__class__}", "<script>", "@everyone", "a\nb", "]("]
)


@settings(max_examples=200)
@given(hostile, hostile, hostile, st.sampled_from(["firing", "ok"]), st.sampled_from(LANGUAGES))
def test_whatever_strangers_chose_stays_on_its_line(
    host: str, mount: str, source: str, status: Any, language: Any
) -> None:
    reason = None if status == "firing" else f"{source} {mount}"[::-1]
    told = group(alert(host=host, labels={"mount": mount}, source=source, reason=reason, status=status))
    text = body(told, language, PAGE)
    assert len(text.splitlines()) == 2
    assert not set(title(told, language) + text) & set("@<>`|*")
    assert text.count("://") == 1
    assert plain(mount) in text
    assert reason is None or quoted(reason) in text
    assert len(plain(host)) <= NAME_CHARACTERS_MAX


@settings(max_examples=50)
@given(st.lists(hostile, min_size=1, max_size=80), st.sampled_from(LANGUAGES))
def test_a_message_is_bounded(hosts: list[str], language: Any) -> None:
    told = group(*(alert(host=host, labels={"mount": "m" * 512, "device": "d" * 512}) for host in hosts))
    text = body(told, language, PAGE)
    assert len(text) <= BODY_CHARACTERS_MAX
    shown = text.count("mount=m")
    assert shown == told.count or str(told.count - shown) in text.splitlines()[-2]


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("percent", 92.46, "92.5%"), ("percent", 100, "100.0%"),
        ("bytes", 1023, "1,023 B"), ("bytes", 1024, "1.00 KiB"), ("bytes", 9e18, "7.81 EiB"),
        ("bytes_per_second", 15e6, "14.3 MiB/s"), ("seconds", 0.1, "100 ms"), ("seconds", 0.0042, "4.20 ms"),
        ("seconds", 0.00001, "10.0 µs"), ("seconds", 0, "0 s"), ("seconds", 75, "75.0 s"),
        ("per_second", 1234.5, "1,234/s"),
        ("count", 12345, "12,345"), ("average", 0.5, "0.50"), ("celsius", 71.25, "71.2 °C"),
    ],
)  # fmt: skip
def test_amounts(unit: str | None, value: float, expected: str) -> None:
    assert amount(unit, value) == expected


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0, "0 s", "0초"), (59.4, "59 s", "59초"), (59.5, "1 min", "1분"), (61, "1 min 1 s", "1분 1초"),
        (3_600, "1 h", "1시간"), (12_000, "3 h 20 min", "3시간 20분"), (3_661, "1 h 1 min", "1시간 1분"),
        (86_400, "1 d", "1일"), (270_000, "3 d 3 h", "3일 3시간"), (-5, "0 s", "0초"),
        (HORIZON_SECONDS_MAX, "366 d", "366일"), (1e300, "> 366 d", "> 366일"),
    ],
)  # fmt: skip
def test_durations(seconds: float, english: str, korean: str) -> None:
    assert (duration(seconds, "en"), duration(seconds, "ko")) == (english, korean)


@settings(max_examples=200)
@given(st.sampled_from(list(KINDS)), st.floats(-3.4e38, 3.4e38), st.sampled_from(LANGUAGES))
def test_any_number_has_a_short_text(kind: Any, value: float, language: Any) -> None:
    assert 0 < len(measured(kind, "bytes", value, language)) < 80
