"""Pages of alerts and of their history: who is in them, in what order, and that each comes once."""

from __future__ import annotations

import pytest

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.listing import AlertsAsked, Order, alerts_page, history_cursor, history_place
from services.api.alerts.news import event_of
from services.api.alerts.queries import HistoryAsked, history
from services.api.errors import BadParameterError, BusAwayError
from services.api.metrics.times import Range
from services.api.parameters import like_filter, rule_patterns
from shared.glob import matcher
from shared.wire.alert import AlertTransition
from tests.unit.api.alert_events import START, after, stored, transition


def everybody(_: str) -> bool:
    return True


def active_of(*transitions: AlertTransition) -> ActiveAlerts:
    active, fresh = ActiveAlerts(), ActiveAlerts()
    for sequence, each in enumerate(transitions, 1):
        fresh.take(each, stored(each, sequence))
    active.replace_by(fresh)
    return active


FIVE = active_of(
    transition("a", level="warning", since_s=50),
    transition("b", level="critical", since_s=10),
    transition("c", level="critical", since_s=30, rule="cpu"),
    transition("d", level="warning", since_s=30),
    transition("e", level="warning", since_s=30, time_s=99),
)


def paged(order: Order, limit: int) -> str:
    hosts: list[str] = []
    cursor: str | None = None
    for _ in range(10):
        page = alerts_page(FIVE, AlertsAsked(everybody, everybody, order=order), limit, cursor)
        assert len(page.alerts) <= limit
        hosts += [alert.host for alert in page.alerts]
        cursor = page.next_cursor
        if cursor is None:
            return "".join(hosts)
    return "no end"


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(("order", "expected"), [("newest", "acdeb"), ("worst", "cbade")])
def test_pages_hold_each_alert_once_and_in_order(order: Order, expected: str, limit: int) -> None:
    assert paged(order, limit) == expected


@pytest.mark.parametrize(
    ("hosts", "rules", "level", "expected"),
    [
        ("*", "*", None, "acdeb"),
        ("b", "*", None, "b"),
        ("[b]", "*", None, ""),
        ("*", "c*", None, "c"),
        ("*", "*", "critical", "cb"),
        ("?", "disk", "warning", "ade"),
    ],
)
def test_filters(hosts: str, rules: str, level: None, expected: str) -> None:
    page = alerts_page(FIVE, AlertsAsked(matcher([hosts]), matcher([rules]), level), 100, None)
    assert "".join(alert.host for alert in page.alerts) == expected


def test_who_may_not_see_a_host_sees_none_of_its_alerts() -> None:
    page = alerts_page(FIVE, AlertsAsked(lambda host: host != "a", everybody), 100, None)
    assert "".join(alert.host for alert in page.alerts) == "cdeb"


def test_what_ends_between_two_pages_moves_no_other() -> None:
    active = active_of(*(transition(host, since_s=number) for number, host in enumerate("abcd")))
    first = alerts_page(active, AlertsAsked(everybody, everybody), 2, None)
    active.take(transition("d", "ok", since_s=3, time_s=9), stored(transition("d"), 50))
    active.take(transition("z", since_s=20), stored(transition("z"), 51))
    second = alerts_page(active, AlertsAsked(everybody, everybody), 2, first.next_cursor)
    assert [alert.host for alert in first.alerts + second.alerts] == ["d", "c", "b", "a"]


def test_before_the_bus_has_told_nothing_is_said_to_fire_not() -> None:
    with pytest.raises(BusAwayError, match="has not told yet"):
        alerts_page(ActiveAlerts(), AlertsAsked(everybody, everybody), 1, None)


@pytest.mark.parametrize("cursor", ["", "x", "1|2", "a|b|c", "1|x|c"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(BadParameterError, match="cursor"):
        alerts_page(FIVE, AlertsAsked(everybody, everybody), 1, cursor)


def test_the_place_in_the_history_is_time_and_id() -> None:
    events = [event_of(transition(host, time_s=0.000_001), None) for host in ("c", "b", "a")]
    cursor = history_cursor(events, 2)
    assert cursor is not None
    assert history_place(cursor) == (after(0.000_001), events[1].id)
    assert history_cursor(events, 3) is None
    assert history_place(None) is None


@pytest.mark.parametrize(
    "cursor",
    ["", "|", "x|id", "2026-11-21T12:00:00|id", "2026-11-21T12:00:00+00:00|", "2026-11-21T12:00:00+00:00",
     "0001-01-01T00:00:00+14:00|id", "2026-11-21T12:00:00+00:00|a\0b"],
)  # fmt: skip
def test_a_place_in_the_history_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(BadParameterError, match="cursor"):
        history_place(cursor)


def test_the_history_has_a_parameter_for_each_place_of_its_statement() -> None:
    asked = HistoryAsked(Range(START, after(9)), (["a"], []), like_filter(["disk", "c_*"]), after=(after(3), "id"))
    statement = history(asked, 7)
    assert statement.parameters == [
        START, after(9), ["a"], [], ["disk"], [r"c\_%"], None, None, None, after(3), "id", 7,
    ]  # fmt: skip
    assert all(f"${number}" in statement.text for number in range(1, len(statement.parameters) + 1))
    assert f"${len(statement.parameters) + 1}" not in statement.text


@pytest.mark.parametrize("rules", [[""], ["x" * 254], ["a\0"], ["x"] * 101])
def test_patterns_of_rules_have_the_limits_of_globs(rules: list[str]) -> None:
    with pytest.raises(BadParameterError, match="rule: expected") as refused:
        rule_patterns(rules)
    assert refused.value.field == "rule"
