"""Before anything starts: every problem of every service, and what the embedded stack would override."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.checks import problems_of_services

CHECKOUT = Path(__file__).parents[3]
DECIDED = "the embedded stack decides this itself: "
BAD = """
api: {port: 9, origins: 5, nats_password_file: x}
foo: {}
collector: {intervals: {cpu: 99, disc: 1}, host: web-1}
ingest: [3]
provision: {x: 1}
"""


def _problems(**outside: str) -> list[str]:
    return problems_of_services(CHECKOUT, outside)


def test_settings_that_are_fine_have_no_problem(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("collector: {intervals: {cpu: 5}}\napi: {origins: ['https://a']}\n")
    assert _problems(VITALWIRE_SETTINGS=str(tmp_path / "v.yaml"), VITALWIRE_API_PORT="9000", PATH="/bin") == []


def test_a_last_ingest_process_without_a_port_for_its_figures_is_found_before_anything_starts() -> None:
    outside = {"VITALWIRE_INGEST_METRICS_PORT": "65534", "VITALWIRE_INGEST_PROCESSES": "3"}
    assert problems_of_services(CHECKOUT, outside, 2) == []
    assert problems_of_services(CHECKOUT, outside, 3) == [
        "environment: VITALWIRE_INGEST_METRICS_PORT: expected a whole number of 0 to 65535, got '65536'"
    ]


def test_every_problem_of_every_section_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "v.yaml"
    path.write_text(BAD)
    found = _problems(VITALWIRE_SETTINGS=str(path), VITALWIRE_INGEST_AGE_S_MAX="9", VITALWIRE_API_BIND="0.0.0.0")
    expected = [
        f"environment: VITALWIRE_API_BIND: {DECIDED}set local.bind (VITALWIRE_BIND) instead",
        f"{path}: api.port: {DECIDED}set local.api_port (VITALWIRE_API_PORT) instead",
        f"{path}: api.nats_password_file: {DECIDED}leave it out",
        f"{path}: collector.host: {DECIDED}leave it out",
        f"{path}: foo: no such section",
        f"{path}: ingest: expected names and values, got list",
        f"{path}: provision.x: no such setting",
        f"{path}: api.origins: expected a list of texts",
        f"{path}: collector.intervals: cpu: expected a whole number of 1 to 60, got 99",
        f"{path}: collector.intervals: disc: expected one of cpu, ",
        "environment: VITALWIRE_INGEST_AGE_S_MAX: expected a number of 0.01 to 1, got '9'",
    ]
    missing = [start for start in expected if not any(problem.startswith(start) for problem in found)]
    assert missing == []
    assert [problem for problem in found if "api.nats_password_file: cannot be read" not in problem and not any(
        problem.startswith(start) for start in expected)] == []  # fmt: skip


def test_levels_that_do_not_fit_each_other_are_found_before_anything_starts() -> None:
    assert _problems(VITALWIRE_PROVISION_RAW_RETENTION_DAYS="60") == [
        "provision.rollup_1m_retention_days: expected at least the 60 days of the level raw that it is computed from, "
        "got 30"
    ]


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("VITALWIRE_API_PUBLIC_URL", "set local.public_url (VITALWIRE_PUBLIC_URL) instead"),
        ("VITALWIRE_API_ADMIN_PASSWORD_FILE", "set local.admin_password (VITALWIRE_ADMIN_PASSWORD) instead"),
        ("VITALWIRE_INGEST_NATS_URLS", "it brings its own bus, of which local.nats_port (VITALWIRE_NATS_PORT) sets"),
        ("VITALWIRE_INGEST_BYTES_MAX", "set local.bytes_max (VITALWIRE_BYTES_MAX) instead"),
        ("VITALWIRE_COLLECTOR_NATS_USER", "leave it out"),
        ("VITALWIRE_COLLECTOR_SIMULATE", "set local.simulate (VITALWIRE_SIMULATE) instead"),
        ("VITALWIRE_PROVISION_METRICS_BYTES_MAX", "leave it out"),
    ],
)
def test_what_would_be_overridden_is_refused_without_its_value(variable: str, reason: str) -> None:
    (found,) = _problems(**{variable: "hush"})
    assert found.startswith(f"environment: {variable}: {DECIDED}{reason}")
    assert "hush" not in found
