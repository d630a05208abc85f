"""Before anything starts: every problem of every service, and what the embedded stack would override."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.checks import check_services

CHECKOUT = Path(__file__).parents[3]
DECIDED = "the embedded stack decides this itself: "
BAD = """
api: {port: 9, origins: 5, nats_password_file: x}
alerting: {metrics_port: 70000}
notifier: {zone: Asia/Seul, page_url: watch.example.com, nats_user: x}
foo: {}
collector: {intervals: {cpu: 99, disc: 1}, host: web-1}
ingest: [3]
provision: {x: 1}
"""


def _problems(**outside: str) -> list[str]:
    return check_services(CHECKOUT, outside).problems


def test_settings_that_are_fine_have_no_problem(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("collector: {intervals: {cpu: 5}}\napi: {origins: ['https://a']}\n"
                                     "notifier: {page_url: 'https://a', language: ko}\n")  # fmt: skip
    assert _problems(VITALWIRE_SETTINGS=str(tmp_path / "v.yaml"), VITALWIRE_API_PORT="9000", PATH="/bin") == []


def test_a_last_ingest_process_without_a_port_for_its_figures_is_found_before_anything_starts() -> None:
    outside = {"VITALWIRE_INGEST_METRICS_PORT": "65534", "VITALWIRE_INGEST_PROCESSES": "3"}
    assert check_services(CHECKOUT, outside, 2).problems == []
    assert check_services(CHECKOUT, outside, 3).problems == [
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
        f"{path}: notifier.nats_user: {DECIDED}leave it out",
        f"{path}: notifier.zone: expected a name such as Asia/Seoul or UTC, got 'Asia/Seul'",
        f"{path}: notifier.page_url: expected the address of the dashboard, ",
        f"{path}: alerting.metrics_port: expected a whole number of 0 to 65535, got 70000",
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
    raw, minute = "VITALWIRE_PROVISION_RAW_RETENTION_DAYS", "VITALWIRE_PROVISION_ROLLUP_1M_RETENTION_DAYS"
    assert _problems(**{raw: "60"}) == [
        f"environment: {raw}: expected at most the 30 days of {minute}, which is made of it, got 60: "
        f"set {minute} to at least 60 as well"
    ]


def test_one_message_lists_what_single_settings_and_several_together_have_wrong(tmp_path: Path) -> None:
    path = str(tmp_path / "v.yaml")
    Path(path).write_text("provision: {rollup_1m_retention_days: 5, x: 1}\ncollector: {spool_bytes_max: 9}\n")
    found = _problems(VITALWIRE_SETTINGS=path, VITALWIRE_PROVISION_REPLICAS="2", VITALWIRE_PROVISION_ACK_WAIT_S="x")
    expected = [
        f"{path}: provision.x: no such setting; known are ",
        "environment: VITALWIRE_PROVISION_ACK_WAIT_S: expected a number of 1 to 3600, got 'x'",
        f"{path}: provision.rollup_1m_retention_days: expected at least the 7 days of provision.raw_retention_days, "
        "its source, got 5",
        "environment: VITALWIRE_PROVISION_REPLICAS: expected 1, 3 or 5, got 2",
        f"{path}: collector.spool_bytes_max: expected 0 for no spool, or at least ",
    ]
    assert len(found) == len(expected)
    assert [start for problem, start in zip(found, expected, strict=True) if not problem.startswith(start)] == []


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("VITALWIRE_INGEST_PROCESES", "VITALWIRE_INGEST_PROCESSES"),
        ("VITALWIRE_INGEST_MESAGES_MAX", "VITALWIRE_INGEST_MESSAGES_MAX"),
        ("VITALWIRE_ALERTING_METRIC_PORT", "VITALWIRE_ALERTING_METRICS_PORT"),
        ("VITALWIRE_NOTIFIER_LANGUAGES", "VITALWIRE_NOTIFIER_LANGUAGE"),
        ("VITALWIRE_COLLECTOR_REPLICAS", None),
    ],
)
def test_a_wrong_name_may_mean_a_setting_of_another_section(variable: str, meant: str | None) -> None:
    (found,) = _problems(**{variable: "3"})
    more = f"did you mean {meant}?" if meant else "known are VITALWIRE_COLLECTOR_BUS_SYNC_S, "
    assert found.startswith(f"environment: {variable}: no such setting; {more}")


@pytest.mark.parametrize("flags", [[], ["--detach"]])
def test_up_lists_all_that_is_wrong_with_itself_and_its_services_and_starts_nothing(
    tmp_path: Path, flags: list[str]
) -> None:
    wrong = {"BYTES_MAX": "5", "SHELVES": "3", "COLECTOR_HOST": "x", "INGEST_PROCESES": "2", "API_CLIENTS_MAX": "many"}
    environment = {f"VITALWIRE_{name}": value for name, value in wrong.items()}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "up", *flags], cwd=CHECKOUT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "VITALWIRE_HOME": str(tmp_path / "home"), **environment},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "home").exists()
    starts = [
        "the settings cannot be used:",
        "  environment: VITALWIRE_SHELVES: no such setting; known are VITALWIRE_ADMIN_PASSWORD, VITALWIRE_API_PORT, ",
        "  environment: VITALWIRE_COLECTOR_HOST: no such setting; did you mean VITALWIRE_COLLECTOR_HOST?",
        "  environment: VITALWIRE_BYTES_MAX: expected 0 for no ceiling, or at least 1073741824 ",
        "  environment: VITALWIRE_INGEST_PROCESES: no such setting; did you mean VITALWIRE_INGEST_PROCESSES?",
        "  environment: VITALWIRE_API_CLIENTS_MAX: expected a whole number",
    ]
    lines = done.stderr.splitlines()
    assert [start for line, start in zip(lines, starts, strict=True) if not line.startswith(start)] == []


def test_what_the_services_know_is_told_with_their_problems() -> None:
    known = check_services(CHECKOUT, {}).variables
    assert {"VITALWIRE_COLLECTOR_INTERVALS", "VITALWIRE_PROVISION_REPLICAS", "VITALWIRE_API_ORIGINS",
            "VITALWIRE_ALERTING_METRICS_PORT", "VITALWIRE_NOTIFIER_LANGUAGE"} <= set(known)  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("VITALWIRE_API_PUBLIC_URL", "set local.public_url (VITALWIRE_PUBLIC_URL) instead"),
        ("VITALWIRE_API_ADMIN_PASSWORD_FILE", "set local.admin_password (VITALWIRE_ADMIN_PASSWORD) instead"),
        ("VITALWIRE_INGEST_NATS_URLS", "it brings its own bus, of which local.nats_port (VITALWIRE_NATS_PORT) sets"),
        ("VITALWIRE_INGEST_BYTES_MAX", "set local.bytes_max (VITALWIRE_BYTES_MAX) instead"),
        ("VITALWIRE_COLLECTOR_NATS_USER", "leave it out"),
        ("VITALWIRE_ALERTING_NATS_USER", "leave it out"),
        ("VITALWIRE_ALERTING_NATS_URLS", "it brings its own bus, of which local.nats_port (VITALWIRE_NATS_PORT) sets"),
        ("VITALWIRE_NOTIFIER_NATS_PASSWORD_FILE", "leave it out"),
        ("VITALWIRE_COLLECTOR_SIMULATE", "set local.simulate (VITALWIRE_SIMULATE) instead"),
        ("VITALWIRE_PROVISION_METRICS_BYTES_MAX", "leave it out"),
    ],
)
def test_what_would_be_overridden_is_refused_without_its_value(variable: str, reason: str) -> None:
    (found,) = _problems(**{variable: "hush"})
    assert found.startswith(f"environment: {variable}: {DECIDED}{reason}")
    assert "hush" not in found
