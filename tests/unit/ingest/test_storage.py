"""The storage seam: which mode a database has, what is refused, how long each level is kept and may be computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.provisioning.state import State, refused_state
from services.ingest.rollups import Ranges, merged_ranges
from services.ingest.storage.keeping import Keeping
from services.ingest.storage.mode import Mode, is_too_old, mode_of
from services.ingest.storage.plain import raw_bounds
from services.ingest.storage.retention import Retention, kept_too_short, raw_chunk, reach, rollup_chunk
from shared.families import FAMILIES
from shared.holding import minutes_held
from shared.resolution import LEVEL_SECONDS, Level
from shared.rollups import READS, ROLLUP_LEVELS, RollupLevel
from shared.version import PRODUCT_VERSION

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("version", "license_name", "mode"),
    [
        (None, None, "plain"),
        ("2.28.0", "timescale", "timescaledb_community"),
        ("3.0.1-dev", "timescale", "timescaledb_community"),
        ("2.27.9", "timescale", "timescaledb_apache"),
        ("2.29.0", "apache", "timescaledb_apache"),
    ],
)
def test_mode(version: str | None, license_name: str | None, mode: Mode) -> None:
    assert mode_of(version, license_name) == mode


@pytest.mark.parametrize(("version", "too_old"), [(None, False), ("2.12.9", True), ("2.13.0", False), ("3.0", False)])
def test_an_extension_may_be_too_old(version: str | None, *, too_old: bool) -> None:
    assert is_too_old(version) is too_old


@pytest.mark.parametrize(
    ("version", "recorded", "found", "convert", "sentence"),
    [
        pytest.param(PRODUCT_VERSION, "plain", "plain", False, None, id="again"),
        pytest.param("0.0.9", "plain", "plain", False, None, id="an older one"),
        pytest.param("99.0", "plain", "plain", True, "install 99.0 or later", id="a newer one"),
        pytest.param(PRODUCT_VERSION, "plain", "timescaledb_apache", False, "--convert-mode", id="a richer mode"),
        pytest.param(PRODUCT_VERSION, "plain", "timescaledb_apache", True, None, id="moving to it"),
        pytest.param(PRODUCT_VERSION, "plain", "timescaledb_community", True, None, id="moving further"),
        pytest.param(PRODUCT_VERSION, "timescaledb_apache", "timescaledb_community", True, None, id="from Apache"),
        pytest.param(PRODUCT_VERSION, "timescaledb_community", "plain", True, "undo the change", id="a poorer mode"),
    ],
)
def test_a_state_that_cannot_be_provisioned_gives_a_sentence(
    version: str, recorded: str, found: Mode, *, convert: bool, sentence: str | None
) -> None:
    refusal = refused_state(State(version, recorded, 7), found, convert=convert)
    assert refusal is None if sentence is None else sentence in (refusal or "")


def test_a_new_database_may_have_any_mode() -> None:
    assert refused_state(None, "timescaledb_community") is None


@pytest.mark.parametrize(("raw_days", "process_days"), [(7, 1), (30, 1), (1, 1)])
def test_retention_by_relation(raw_days: int, process_days: int) -> None:
    keeping = Keeping(NOW, Retention(raw_days=raw_days), days(raw_days), None)
    bounds = {relation: NOW - bound for relation, bound in raw_bounds(list(FAMILIES.values()), keeping).items()}
    assert bounds["metrics.cpu"] == days(raw_days)
    assert bounds["metrics.process"] == days(process_days)
    # A message may be delivered again for as long as its stream holds it: the ledger must still know it then.
    assert bounds["metrics.sample_sets"] == days(raw_days + 2)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({}, []),
        (dict.fromkeys(LEVEL_SECONDS, 1), []),
        ({"raw": 31}, [("1m", "raw")]),
        ({"raw": 100}, [("1m", "raw"), ("5m", "raw")]),
        ({"5m": 20, "1h": 10}, [("5m", "1m"), ("1h", "1m")]),
    ],
)
def test_no_level_goes_before_a_finer_one_that_it_is_made_of(
    said: dict[Level, int], named: list[tuple[str, str]]
) -> None:
    days: dict[Level, int] = {"raw": 7, "1m": 30, "5m": 90, "1h": 365}
    assert kept_too_short(days | said) == named


@pytest.mark.parametrize("unknown", LEVEL_SECONDS)
def test_a_level_whose_days_are_not_known_is_passed_over(unknown: Level) -> None:
    days: dict[Level, int] = {"raw": 400, "1m": 300, "5m": 200, "1h": 100}
    del days[unknown]
    assert unknown not in {level for pair in kept_too_short(days) for level in pair}
    assert len(kept_too_short(days)) == 2


@pytest.mark.parametrize(
    ("kept", "rate", "hours"),
    [
        pytest.param(days(7), 0, 6, id="a new installation"),
        pytest.param(days(7), 30, 6, id="300 hosts at 10 s"),
        pytest.param(days(7), 60, 3, id="60 hosts at 1 s"),
        pytest.param(days(7), 5_000, 1, id="no narrower than an hour"),
        pytest.param(days(1), 0, 3, id="a short retention"),
    ],
)
def test_the_width_of_chunks_fits_the_rate(kept: timedelta, rate: float, hours: float) -> None:
    assert raw_chunk(kept, rate) == timedelta(hours=hours)


RETENTIONS = [Retention(), Retention(1, 1, 1, 1), Retention(1, 30, 90, 365), Retention(30, 30, 30, 30)]


@pytest.mark.parametrize("retention", RETENTIONS, ids=str)
@pytest.mark.parametrize("level", ROLLUP_LEVELS)
def test_a_refresh_never_reaches_what_the_level_it_reads_may_have_dropped(
    retention: Retention, level: RollupLevel
) -> None:
    chunk = raw_chunk(retention.of("raw"), 0)
    found = reach(level, retention, retention.of("raw"), chunk)
    below: Level = READS[level]
    width = chunk if below == "raw" else rollup_chunk(_rollup(below), retention)
    assert timedelta(0) < found <= retention.of(below) - 2 * width


def test_after_retention_was_raised_a_refresh_reaches_no_further_than_raw_rows_are_complete() -> None:
    chunk = timedelta(hours=6)
    assert reach("1m", Retention(raw_days=7), days(3), chunk) == days(3) - 2 * chunk


@pytest.mark.parametrize(
    ("buckets", "ranges"),
    [
        ("", ""),
        ("a0", "a0-1"),
        ("a0 a1 a2", "a0-3"),
        ("a0 a2 a3", "a0-1 a2-4"),
        ("a0 a1 b1 b2 c9", "a0-2 b1-3 c9-10"),
        ("a5 b6", "a5-6 b6-7"),
    ],
)
def test_neighbouring_buckets_of_a_host_become_one_range(buckets: str, ranges: str) -> None:
    width = timedelta(minutes=1)
    merged = merged_ranges([(name[0], NOW + int(name[1:]) * width) for name in buckets.split()], width)
    assert _text(merged, width) == ranges


@pytest.mark.parametrize(
    ("buckets", "halves"),
    [
        pytest.param("a1 a2 b1 c5", "a1-3 b1-2 | c5-6", id="three ranges"),
        pytest.param("a1 b1", "a1-2 | b1-2", id="two"),
        pytest.param("a1 a2 a3", "a1-4", id="a lone one stays whole"),
    ],
)
def test_a_backlog_is_halved_by_ranges(buckets: str, halves: str) -> None:
    width = timedelta(minutes=1)
    merged = merged_ranges([(name[0], NOW + int(name[1:]) * width) for name in buckets.split()], width)
    assert " | ".join(_text(half, width) for half in merged.halves()) == halves


def _text(ranges: Ranges, width: timedelta) -> str:
    found = zip(ranges.hosts, ranges.since, ranges.until, strict=True)
    return " ".join(f"{host}{(first - NOW) // width}-{(last - NOW) // width}" for host, first, last in found)


@pytest.mark.parametrize(
    ("stored", "span_s", "bytes_max", "age_s_max", "minutes"),
    [
        pytest.param(600, 60.0, 6_000, 86_400, 10.0, id="the rate bounds it"),
        pytest.param(600, 60.0, 6_000, 120, 2.0, id="the age bounds it"),
        pytest.param(600, 0.5, 6_000, 120, 2.0, id="too young to tell a rate"),
        pytest.param(0, 0.0, 6_000, 0, None, id="nothing known"),
        pytest.param(600, 60.0, -1, 0, None, id="no bound at all"),
    ],
)
def test_minutes_held(stored: int, span_s: float, bytes_max: int, age_s_max: float, minutes: float | None) -> None:
    assert minutes_held(stored, span_s, bytes_max, age_s_max) == minutes


def _rollup(level: Level) -> RollupLevel:
    return next(known for known in ROLLUP_LEVELS if known == level)
