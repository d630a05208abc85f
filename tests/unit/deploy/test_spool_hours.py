"""How long a spool may be, by how long raw rows are kept."""

from pathlib import Path

import pytest

from deploy.local.spool_hours import is_named, spool_hours_max

DAYS = "VITALWIRE_PROVISION_RAW_RETENTION_DAYS"


@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, None), ("7", None), ("4", None), ("3", 48), ("2", 24), ("1", 1), ("x", None)],
)
def test_a_day_less_than_raw_rows_where_that_is_less_than_72_hours(days: str | None, expected: int | None) -> None:
    assert spool_hours_max({} if days is None else {DAYS: days}) == expected


def test_the_settings_file_counts_too_and_the_environment_more(tmp_path: Path) -> None:
    path = tmp_path / "vitalwire.yaml"
    path.write_text("provision:\n  raw_retention_days: 2\ncollector:\n  spool_hours_max: 5\n")
    outside = {"VITALWIRE_SETTINGS": str(path)}
    assert (spool_hours_max(outside), is_named(outside)) == (24, True)
    assert spool_hours_max({**outside, DAYS: "3"}) == 48
    assert not is_named({DAYS: "3"})
