"""Which channels are told, by level, rule, host, tags, weekday and hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from services.alerting.routes import Told, channels_of
from shared.alerts.route import ROUTES_MAX, Route, check_route
from shared.alerts.rule import NAMES_MAX, globs
from tests.unit.shared.alerts.rules import rule

MONDAY_NOON = "2026-11-23T12:00+00:00"


def told(**changes: Any) -> Told:
    return Told(**{"rule": rule(), "host": "web-1", "tags": {"rack": "7"}, "level": "critical", **changes})


@pytest.mark.parametrize(
    ("route", "instants", "expected"),
    [
        pytest.param({}, "12:00", "y", id="everything"),
        pytest.param({"levels": ("critical",)}, "12:00", "y", id="its level"),
        pytest.param({"levels": ("warning",)}, "12:00", "n", id="another level"),
        pytest.param({"rules": ("mi*",)}, "12:00", "y", id="its rule"),
        pytest.param({"rules": ("disk",)}, "12:00", "n", id="another rule"),
        pytest.param({"hosts": ("web-?",)}, "12:00", "y", id="its host"),
        pytest.param({"hosts": ("db-*",)}, "12:00", "n", id="another host"),
        pytest.param({"tags": {"rack": ("7",)}}, "12:00", "y", id="its tag"),
        pytest.param({"tags": {"rack": ("8",)}}, "12:00", "n", id="another value of a tag"),
        pytest.param({"tags": {"role": ("*",)}}, "12:00", "n", id="a tag that it has not"),
        pytest.param({"hours": (9, 18)}, "08:59 09:00 17:59 18:00", "n y y n", id="by day"),
        pytest.param({"hours": (22, 6)}, "21:59 22:00 00:00 05:59 06:00", "n y y y n", id="by night"),
        pytest.param({"hours": (18, 24)}, "17:59 23:59 00:00", "n y n", id="until midnight"),
        pytest.param(
            {"hours": (9, 18), "zone": "Asia/Seoul"}, "00:00 08:59 09:00", "y y n", id="by the clock of Seoul"
        ),
        pytest.param({"weekdays": ("mon",)}, "00:00 23:59", "y y", id="its weekday"),
        pytest.param({"weekdays": ("tue",)}, "12:00", "n", id="another weekday"),
        pytest.param({"weekdays": ("tue",), "zone": "Asia/Seoul"}, "14:59 15:00", "n y", id="Tuesday in Seoul"),
    ],
)
def test_matches(route: dict[str, Any], instants: str, expected: str) -> None:
    routes = [Route(channels=("ops",), **route)]
    found = [
        channels_of(routes, told(), datetime.fromisoformat(f"2026-11-23T{each}+00:00")) for each in instants.split()
    ]
    assert " ".join("y" if channels else "n" for channels in found) == expected


def test_all_routes_that_match_are_told_each_channel_once() -> None:
    routes = [Route(channels=("a", "b")), Route(channels=("x",), hosts=("db",)), Route(channels=("b", "c"))]
    assert channels_of(routes, told(), datetime.fromisoformat(MONDAY_NOON)) == ("a", "b", "c")


def test_the_globs_of_all_routes_fit_their_cache() -> None:
    assert globs.cache_parameters()["maxsize"] >= ROUTES_MAX * (2 + NAMES_MAX)


@pytest.mark.parametrize(
    ("channels", "expected"), [({"critical": ["pager"]}, ("pager",)), ({"warning": ["mail"]}, ("ops",)), ({}, ("ops",))]
)
def test_what_a_rule_names_comes_alone(channels: dict[str, Any], expected: tuple[str, ...]) -> None:
    what = told(rule=rule(channels=channels))
    assert channels_of([Route(channels=("ops",))], what, datetime.fromisoformat(MONDAY_NOON)) == expected


@pytest.mark.parametrize("first", range(25))
def test_whatever_passes_matches_at_some_hour(first: int) -> None:
    for last in range(25):
        route = Route(channels=("ops",), hours=(first, last))
        instants = [datetime.fromisoformat(f"2026-11-23T{hour:02}:30+00:00") for hour in range(24)]
        open_hours = [now.hour for now in instants if channels_of([route], told(), now)]
        wanted = [hour % 24 for hour in range(first, last if first < last else last + 24)]
        assert check_route(route) or (open_hours and open_hours == sorted(wanted))
