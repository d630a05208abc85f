"""The storage seam: which mode a database has, what is refused, what retention deletes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.provisioning.schema import refused_state
from services.ingest.storage import Mode, PlainStorage, mode_of
from shared.families import FAMILIES
from shared.holding import minutes_held
from shared.version import PRODUCT_VERSION

NOW = datetime(2026, 11, 21, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("version", "recorded", "found", "sentence"),
    [
        pytest.param(None, None, "plain", None, id="a new database"),
        pytest.param(PRODUCT_VERSION, "plain", "plain", None, id="again"),
        pytest.param("0.0.9", "plain", "plain", None, id="an older one"),
        pytest.param("99.0", "plain", "plain", "install 99.0 or later", id="a newer one"),
        pytest.param(PRODUCT_VERSION, "plain", "timescaledb_apache", "undo the change", id="another mode"),
        pytest.param(None, None, "timescaledb_community", "without the extension", id="a mode to come"),
    ],
)
def test_a_state_that_cannot_be_provisioned_gives_a_sentence(
    version: str | None, recorded: str | None, found: Mode, sentence: str | None
) -> None:
    refusal = refused_state(version, recorded, found)
    assert refusal is None if sentence is None else sentence in (refusal or "")


@pytest.mark.parametrize(("days", "process_days"), [(7, 1), (30, 1), (1, 1)])
def test_retention_by_relation(days: int, process_days: int) -> None:
    planned = PlainStorage().deletions(list(FAMILIES.values()), NOW, timedelta(days=days))
    bounds = {relation: NOW - bound for relation, _, bound in planned}
    assert bounds["metrics.cpu"] == timedelta(days=days)
    assert bounds["metrics.process"] == timedelta(days=process_days)
    # A message may be delivered again for as long as its stream holds it: the ledger must still know it then.
    assert bounds["metrics.sample_sets"] == timedelta(days=days + 2)


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
