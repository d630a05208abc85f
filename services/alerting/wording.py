"""What messages say, in English and Korean: plain text in which nothing that a stranger chose is more than a name."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import get_args

from services.alerting.amounts import Language, duration, measured
from services.alerting.grouping import Group
from services.alerting.plain_text import plain, quoted
from shared.alerts.rule import BUS_SILENT
from shared.alerts.state import Reason
from shared.subjects import SYSTEM_SOURCE
from shared.wire.alert import AlertTransition

BODY_CHARACTERS_MAX = 4_000
"""What a message of Telegram or Discord may hold, with room for what channels add."""

_REASONS = get_args(Reason)
_TEXTS: dict[Language, dict[str, str]] = {
    "en": {
        "warning": "WARNING",
        "critical": "CRITICAL",
        "ok": "RESOLVED",
        "reminder": "still ",
        "escalation": "not acknowledged, ",
        "one": "{rule} on {host}",
        "several": "{rule}: {count} alerts on {host}",
        "many": "{rule} on {hosts_count} hosts",
        "bus": "{rule}: nothing arrives from any host",
        "threshold": "{column} is {value}, level {threshold}",
        "rate": "{column} changes by {value}, level {threshold}",
        "forecast": "{column} reaches {target} in {value}, level {threshold}",
        "deviation": "{column} is {value} beside its usual, level {threshold}",
        "absence": "nothing received for {value}, level {threshold}",
        "since": "since {since}",
        "over": "over at {time} after {lasted}",
        "now": "now {value}",
        "reason": "as {reason}",
        "series gone": "its series is gone",
        "host silent": "its host is silent",
        "rule changed": "its rule was changed",
        "rule removed": "its rule was removed",
        "more": "and {more} more",
        "test": "[TEST] channel {channel}",
        "test_body": "This is a test. Whoever reads it is told of alerts by the channel {channel}.",
    },
    "ko": {
        "warning": "경고",
        "critical": "심각",
        "ok": "해소",
        "reminder": "지속 중 ",
        "escalation": "미확인 ",
        "one": "{host} {rule}",
        "several": "{host} {rule}: 알림 {count}건",
        "many": "호스트 {hosts_count}대 {rule}",
        "bus": "{rule}: 모든 호스트에서 수신 없음",
        "threshold": "{column} {value}, 기준 {threshold}",
        "rate": "{column} 변화율 {value}, 기준 {threshold}",
        "forecast": "{column} {value} 후 {target} 도달 예상, 기준 {threshold}",
        "deviation": "{column} 평소와 {value} 차이, 기준 {threshold}",
        "absence": "{value} 동안 수신 없음, 기준 {threshold}",
        "since": "{since}부터",
        "over": "{time} 해소, {lasted} 지속",
        "now": "현재 {value}",
        "reason": "사유: {reason}",
        "series gone": "계열이 사라짐",
        "host silent": "호스트 응답 없음",
        "rule changed": "규칙이 변경됨",
        "rule removed": "규칙이 삭제됨",
        "more": "외 {more}건",
        "test": "[시험] 채널 {channel}",
        "test_body": "시험 메시지입니다. 이 메시지를 받은 분은 채널 {channel}(으)로 알림을 받게 됩니다.",
    },
}


def title(group: Group, language: Language) -> str:
    """Return the title of a message: how bad, what, where, and the value where there is one."""
    texts, first = _TEXTS[language], group.first
    level = texts["ok"] if first.status == "ok" else texts[first.level]
    mark = "" if group.what == "news" else texts[group.what]
    shape = "many" if group.hosts_count > 1 else "several" if group.count > 1 else "one"
    if first.rule == BUS_SILENT:
        shape = "bus"
    what = texts[shape].format(
        rule=plain(first.rule), host=quoted(first.host), hosts_count=group.hosts_count, count=group.count
    )
    value = (
        f": {_value(first, language)}"
        if shape == "one" and first.status == "firing" and first.value is not None
        else ""
    )
    return f"[{mark}{level}] {what}{value}"


def body(group: Group, language: Language, page: str = "", zone: tzinfo = UTC) -> str:
    """Return the text of a message: a line for each alert, and where to look; at most `BODY_CHARACTERS_MAX`."""
    texts = _TEXTS[language]
    link = _link(group, page)
    room = BODY_CHARACTERS_MAX - len(link) - 60
    lines = _fitting([_line(each, language, zone) for each in group.named], room)
    shown = len(lines)
    if shown < len(group.named):
        # Names alone take a third: better to know of all where than of some what.
        names = _fitting([_place(each) for each in group.named], room, between=2)
        shown, lines = len(names), [", ".join(names)]
    if group.count > shown:
        lines.append(texts["more"].format(more=group.count - shown))
    return "\n".join([*lines, *([link] if link else [])])


def trial_message(channel: str, language: Language) -> tuple[str, str]:
    """Return title and text of a message that only tries a channel, whose name somebody chose."""
    texts, name = _TEXTS[language], quoted(channel)
    return texts["test"].format(channel=name), texts["test_body"].format(channel=name)


def _fitting(texts: list[str], room: int, between: int = 1) -> list[str]:
    """Return the first texts that fit a room together, with so many characters between each two."""
    fitting = []
    for text in texts:
        room -= len(text) + between
        if room < 0:
            break
        fitting.append(text)
    return fitting


def _place(each: AlertTransition) -> str:
    """Return where it is. A label whose value holds words is in quotes: it must not read as what we say."""
    place = [quoted(each.host), *(f"{quoted(name)}={quoted(value)}" for name, value in each.labels.items())]
    if each.source is not None and each.source != SYSTEM_SOURCE:
        place.append(quoted(each.source))
    return ", ".join(place)


def _line(each: AlertTransition, language: Language, zone: tzinfo) -> str:
    return f"{_place(each)}: {_fact(each, _TEXTS[language], language, zone)}"


def _fact(each: AlertTransition, texts: dict[str, str], language: Language, zone: tzinfo) -> str:
    if each.status == "ok":
        lasted = duration((each.time - each.since).total_seconds(), language)
        facts = [texts["over"].format(time=_clock(each.time, zone), lasted=lasted)]
        if each.reason is not None:
            reason = texts[each.reason] if each.reason in _REASONS else quoted(each.reason)
            facts.append(texts["reason"].format(reason=reason))
        elif each.value is not None:
            facts.append(texts["now"].format(value=_value(each, language)))
        return ", ".join(facts)
    fact = texts[each.kind].format(
        column=f"{plain(each.family or '')}.{plain(each.column or '')}",
        value=_value(each, language),
        threshold="" if each.threshold is None else measured(each.kind, each.unit, each.threshold, language),
        target="" if each.target is None else measured("threshold", each.unit, each.target, language),
    )
    return f"{fact}, {texts['since'].format(since=_clock(each.since, zone))}"


def _value(each: AlertTransition, language: Language) -> str:
    return "?" if each.value is None else measured(each.kind, each.unit, each.value, language)


def _clock(time: datetime, zone: tzinfo) -> str:
    local = time.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def _link(group: Group, page: str) -> str:
    """Return where the page shows this; an incident's id is fit for a URL as it is."""
    if not page:
        return ""
    place = f"/{group.first.incident}" if group.count == 1 else ""
    return f"{page.rstrip('/')}/#/alerts{place}"
