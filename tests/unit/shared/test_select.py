"""The SELECTs of range answers, read as golden texts: what stands here is what the database is told."""

from __future__ import annotations

import dataclasses
import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.families import FAMILIES
from shared.family import Family, define, gauge, label
from shared.resolution import LEVEL_SECONDS, Resolution
from shared.select import (
    ABSENT_INTEGER,
    Aggregate,
    Selection,
    Statement,
    select_amounts,
    select_hosts,
    select_instants_count,
    select_newest_instants,
    select_reached,
    select_reached_amount,
    select_rows,
    select_series,
)
from shared.sql import BUCKET_ORIGIN
from shared.wire.limits import BIGINT_MIN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """Fans of the machine, one row per fan."""

    fan: str = label("Name of the fan.")
    slot: int = label("Slot the fan sits in.")
    used_percent: float = gauge("Share of the highest speed.")
    turns_count: int | None = gauge("Turns since the start.", optional=True)


FAN = define("fan", Fan, interval_seconds=5, headline=("used_percent",))
START, END = datetime(2026, 11, 21, 9, tzinfo=UTC), datetime(2026, 11, 21, 10, tzinfo=UTC)
RAW = Selection(FAN, FAN.gauges, START, END, Resolution("raw", None))


def test_rows_as_they_are() -> None:
    assert select_rows(RAW) == Statement(
        "SELECT time, host, source, fan, slot, used_percent::float8 AS used_percent, turns_count AS turns_count\n"
        "FROM metrics.fan\n"
        "WHERE time >= $1 AND time < $2",
        [START, END],
    )


def test_series_as_packed_columns() -> None:
    statement = select_series(RAW, 1_000)
    assert statement.text == (
        "SELECT host, source, fan, slot, string_agg(timestamptz_send(time), ''::bytea), "
        "string_agg(float8send(used_percent), ''::bytea), "
        "string_agg(int8send(coalesce(turns_count, (-9223372036854775808)::bigint)), ''::bytea)\n"
        "FROM (\n"
        f"{select_rows(RAW).text}\n"
        "LIMIT $3\n"
        ") AS points\n"
        "GROUP BY 1, 2, 3, 4"
    )
    assert statement.parameters == [START, END, 1_000]


def test_instants_are_counted_no_further_than_needed() -> None:
    assert select_instants_count(dataclasses.replace(RAW, names=("a",), likes=()), 501) == Statement(
        "SELECT count(*)\nFROM (\nSELECT DISTINCT time FROM metrics.fan\n"
        "WHERE time >= $1 AND time < $2 AND host = ANY ($3::text[])\nLIMIT $4\n) AS instants",
        [START, END, ["a"], 501],
    )


def test_how_much_each_host_has() -> None:
    selection = dataclasses.replace(RAW, gauges=(), resolution=Resolution("1h", 3_600), names=(), likes=("web-%",))
    assert select_amounts(selection) == Statement(
        "SELECT host, count(*) AS rows, sum(samples)::bigint AS samples\nFROM metrics.fan_1h\n"
        "WHERE time >= $1 AND time < $2 AND host LIKE ANY ($3::text[])\nGROUP BY host",
        [START, END, ["web-%"]],
    )


@pytest.mark.parametrize(("above", "reached"), [(True, "turns_count_max >="), (False, "turns_count_min <=")])
def test_buckets_in_which_a_bound_was_reached(above: bool, reached: str) -> None:
    selection = dataclasses.replace(
        RAW, gauges=FAN.gauges[1:], resolution=Resolution("1m", 60), names=("a",), likes=(), labels={"slot": ("1*",)}
    )
    assert select_reached(selection, 7.5, above) == Statement(
        "SELECT DISTINCT time\nFROM metrics.fan_1m\n"
        "WHERE time >= $1 AND time < $2 AND host = ANY ($3::text[]) AND slot::text LIKE ANY ($4::text[])"
        f" AND {reached} $5::float8\nORDER BY time",
        [START, END, ["a"], ["1%"], 7.5],
    )


def test_how_much_reached_a_bound() -> None:
    selection = dataclasses.replace(
        RAW, gauges=FAN.gauges[1:], resolution=Resolution("5m", 300), names=("a", "b"), likes=()
    )
    assert select_reached_amount(selection, 7.5, True) == Statement(
        "SELECT count(*) AS rows, coalesce(sum(samples), 0)::bigint AS samples\nFROM metrics.fan_5m\n"
        "WHERE time >= $1 AND time < $2 AND host = ANY ($3::text[]) AND turns_count_max >= $4::float8",
        [START, END, ["a", "b"], 7.5],
    )


def test_the_newest_instants_of_each_source() -> None:
    selection = dataclasses.replace(RAW, gauges=(), names=("a",), likes=())
    assert select_newest_instants(selection, 20) == Statement(
        "SELECT sources.source, newest.time\nFROM (\n"
        "SELECT host, source, max(time) AS newest_hour FROM metrics.fan_1h\n"
        "WHERE time >= $1 AND time < $2 AND host = ANY ($3::text[])\nGROUP BY host, source\n"
        ") AS sources\nCROSS JOIN LATERAL (\n"
        "SELECT DISTINCT told.time FROM metrics.fan AS told\n"
        "WHERE told.host = sources.host AND told.source = sources.source\n"
        "    AND told.time >= sources.newest_hour - interval '1 day'"
        " AND told.time < sources.newest_hour + interval '1 hour'\n"
        "ORDER BY told.time DESC LIMIT $4\n) AS newest",
        [START, END, ["a"], 20],
    )


def test_hosts_of_a_relation_are_found_one_by_one() -> None:
    text = select_hosts("metrics.fan")
    assert text.startswith("WITH RECURSIVE known (host) AS (")
    assert text.endswith("SELECT host FROM known WHERE host IS NOT NULL")


def test_steps_of_raw_rows_by_name_and_label() -> None:
    selection = dataclasses.replace(
        RAW, resolution=Resolution("raw", 30), gauges=FAN.gauges[:1], names=("a",), likes=(),
        labels={"slot": ("1*",), "fan": ("x_", "y")},
    )  # fmt: skip
    statement = select_rows(selection)
    assert statement.text == (
        "SELECT date_bin($6, time, timestamptz '2000-01-03 00:00+00') AS time, host, source, fan, slot, "
        "avg(used_percent::float8) AS used_percent\n"
        "FROM metrics.fan\n"
        "WHERE time >= $1 AND time < $2 AND host = ANY ($3::text[]) AND fan LIKE ANY ($4::text[]) "
        "AND slot::text LIKE ANY ($5::text[])\n"
        "GROUP BY 1, 2, 3, 4, 5"
    )
    assert statement.parameters == [START, END, ["a"], ["x\\_", "y"], ["1%"], timedelta(seconds=30)]


@pytest.mark.parametrize(
    ("resolution", "aggregate", "used", "turns"),
    [
        (Resolution("raw", None), "max", "used_percent::float8", "turns_count"),
        (Resolution("raw", 30), "avg", "avg(used_percent::float8)", "avg(turns_count::float8)"),
        (Resolution("raw", 30), "min", "min(used_percent)::float8", "min(turns_count)"),
        (Resolution("5m", 300), "avg", "used_percent_avg::float8", "turns_count_avg"),
        (Resolution("5m", 300), "max", "used_percent_max::float8", "turns_count_max"),
        (
            Resolution("1h", 7_200),
            "avg",
            "sum(used_percent_avg * samples) / sum(samples::float8)",
            "sum(turns_count_avg * turns_count_count) / nullif(sum(turns_count_count::float8), 0)",
        ),
        (Resolution("1h", 7_200), "min", "min(used_percent_min)::float8", "min(turns_count_min)"),
    ],
)
def test_what_a_point_says(resolution: Resolution, aggregate: Aggregate, used: str, turns: str) -> None:
    selection = dataclasses.replace(RAW, resolution=resolution, aggregate=aggregate)
    text = select_rows(selection).text
    assert f", slot, {used} AS used_percent, {turns} AS turns_count\n" in text
    assert ("GROUP BY" in text) is (resolution.step_seconds not in (None, LEVEL_SECONDS[resolution.level]))


@pytest.mark.parametrize(
    ("resolution", "aggregate", "kinds"),
    [
        (Resolution("raw", None), "avg", "dq"),
        (Resolution("raw", 30), "avg", "dd"),
        (Resolution("5m", 300), "avg", "dd"),
        (Resolution("5m", 300), "max", "dq"),
    ],
)
def test_only_averages_of_whole_numbers_travel_as_reals(
    resolution: Resolution, aggregate: Aggregate, kinds: str
) -> None:
    selection = dataclasses.replace(RAW, resolution=resolution, aggregate=aggregate)
    assert "".join(map(selection.kind, FAN.gauges)) == kinds
    text = select_series(selection, 1).text
    assert ("coalesce(turns_count, 'NaN'::float8)" in text) is (kinds == "dd")
    assert (f"coalesce(turns_count, ({ABSENT_INTEGER})::bigint)" in text) is (kinds == "dq")


def test_no_number_that_is_sent_stands_for_absence() -> None:
    assert ABSENT_INTEGER == BIGINT_MIN - 1


@pytest.mark.parametrize(
    ("names", "likes", "condition", "parameters"),
    [
        (("a",), ("%",), "", []),
        (("a",), (), " AND host = ANY ($3::text[])", [["a"]]),
        ((), (), " AND host = ANY ($3::text[])", [[]]),
        ((), ("a%",), " AND host LIKE ANY ($3::text[])", [["a%"]]),
        (("a",), ("b%",), " AND (host = ANY ($3::text[]) OR host LIKE ANY ($4::text[]))", [["a"], ["b%"]]),
    ],
)
def test_hosts_by_name_need_no_or_and_all_hosts_no_condition(
    names: tuple[str, ...], likes: tuple[str, ...], condition: str, parameters: list[list[str]]
) -> None:
    statement = select_rows(dataclasses.replace(RAW, names=names, likes=likes))
    assert statement.text.endswith(f"WHERE time >= $1 AND time < $2{condition}")
    assert statement.parameters[2:] == parameters


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_no_statement_holds_a_quoted_value_and_every_parameter_is_used_once(family: Family) -> None:
    levels = ["raw", "1m", "5m", "1h"] if family.rollups else ["raw"]
    resolutions = [Resolution(level, step) for level in levels for step in (60, 3_600, 7_200)]  # type: ignore[arg-type]
    labels = {column.name: ("'; DROP", "x*") for column in family.labels}
    for resolution, likes in itertools.product([Resolution("raw", None), *resolutions], [(), ("'%",)]):
        selection = Selection(family, family.gauges, START, END, resolution, "avg", ("'",), likes, labels)
        for statement in (select_rows(selection), select_series(selection, 1)):
            assert set(re.findall(r"'([^']*)'", statement.text)) <= {BUCKET_ORIGIN, "", "NaN"}
            numbers = [int(number) for number in re.findall(r"\$(\d+)", statement.text)]
            assert sorted(numbers) == list(range(1, len(statement.parameters) + 1))
