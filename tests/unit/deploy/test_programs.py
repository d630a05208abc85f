"""What the children are given: files instead of secrets, and nothing of the caller's environment but settings."""

import dataclasses
from pathlib import Path

import pytest

from deploy.local.application import Application
from deploy.local.postgres import Reach
from deploy.local.programs import (
    Program,
    Site,
    nats_program,
    postgres_program,
    provision_program,
    service_programs,
)
from deploy.local.state import layout_of

APPLICATION = Application(
    Path("/py/bin/python"), (Path("/src"), Path("/site")), Path("/src"), Path("/bin/nats"), Path("/pg"), Path("/page"),
    Path("/py/lib"),
)  # fmt: skip
SITE = Site(
    layout=layout_of(Path("/home")),
    application=APPLICATION,
    stack="0123",
    bind="0.0.0.0",
    nats_port=4223,
    api_port=8081,
    public_url="http://here:8081",
    reach=Reach(Path("/home/socket")),
    host="web-1",
    memory_bytes=1024**3,
    bytes_max=10 * 1024**3,
)
OUTSIDE = {
    "VITALWIRE_ADMIN_PASSWORD": "hunter2",
    "VITALWIRE_COLLECTOR_INTERVALS": "disk=10",
    "VITALWIRE_HOME": "/home",
    "AWS_SECRET_ACCESS_KEY": "other",
    "LANG": "ko_KR.UTF-8",
}


def _programs() -> dict[str, Program]:
    found = [nats_program(SITE, OUTSIDE), postgres_program(SITE, OUTSIDE), provision_program(SITE, OUTSIDE)]
    return {program.name: program for program in [*found, *service_programs(SITE, OUTSIDE)]}


def test_they_start_in_the_order_of_what_they_need() -> None:
    assert list(_programs()) == ["nats", "postgres", "provision", "ingest", "api", "collector"]


def test_invented_hosts_are_one_more_process_with_a_credential_of_their_own() -> None:
    *others, simulator = service_programs(dataclasses.replace(SITE, simulate=20), OUTSIDE)
    assert [program.name for program in others] == ["ingest", "api", "collector"]
    assert (simulator.name, simulator.command) == ("simulator", others[-1].command)
    assert simulator.environment["VITALWIRE_COLLECTOR_SIMULATE"] == "20"
    assert simulator.environment["VITALWIRE_COLLECTOR_NATS_PASSWORD_FILE"] == "/home/secrets/bus-simulator"
    assert "VITALWIRE_COLLECTOR_SIMULATE" not in others[-1].environment


def test_nobody_gets_a_secret_or_what_is_not_ours() -> None:
    for program in _programs().values():
        assert "hunter2" not in str(program)
        assert "AWS_SECRET_ACCESS_KEY" not in program.environment
        assert program.environment["LC_ALL"] == "C.UTF-8"
        assert "VITALWIRE_HOME" not in program.environment


def test_settings_of_a_service_are_passed_on_but_ours_win() -> None:
    outside = {**OUTSIDE, "VITALWIRE_API_PORT": "1"}
    api, collector = (service_programs(SITE, outside)[number] for number in (1, 2))
    assert collector.environment["VITALWIRE_COLLECTOR_INTERVALS"] == "disk=10"
    assert api.environment["VITALWIRE_API_PORT"] == "8081"


def test_every_password_is_a_file_in_the_directory_of_secrets() -> None:
    for program in _programs().values():
        for name, value in program.environment.items():
            if "PASSWORD" in name or "KEY" in name:
                assert name.endswith("_FILE")
                assert value.startswith("/home/secrets/")


def test_the_services_reach_the_bus_over_this_machine() -> None:
    assert _programs()["ingest"].environment["VITALWIRE_INGEST_NATS_URLS"] == "nats://127.0.0.1:4223"


def test_each_role_has_its_own_database_user() -> None:
    api = _programs()["api"].environment
    assert "vw_read@" in api["VITALWIRE_API_READ_DATABASE_URL"]
    assert "vw_app@" in api["VITALWIRE_API_APP_DATABASE_URL"]
    assert api["VITALWIRE_API_APP_DATABASE_PASSWORD_FILE"] == "/home/secrets/database-vw_app"


@pytest.mark.parametrize(
    ("ceiling_gib", "metrics_gib", "backfill_gib"), [(10, 2, 1), (100, 2, 1), (5, 1, 0.5), (1, 0.2, 0.1), (0, 2, 1)]
)
def test_streams_leave_most_of_a_ceiling_to_the_database(
    ceiling_gib: int, metrics_gib: float, backfill_gib: float
) -> None:
    site = dataclasses.replace(SITE, bytes_max=ceiling_gib * 1024**3)
    environment = provision_program(site, OUTSIDE).environment
    assert environment["VITALWIRE_PROVISION_METRICS_BYTES_MAX"] == str(int(metrics_gib * 1024**3))
    assert environment["VITALWIRE_PROVISION_BACKFILL_BYTES_MAX"] == str(int(backfill_gib * 1024**3))


def test_ingest_keeps_within_the_ceiling_and_watches_the_disk_of_the_state() -> None:
    ingest = _programs()["ingest"].environment
    assert ingest["VITALWIRE_INGEST_BYTES_MAX"] == str(10 * 1024**3)
    assert ingest["VITALWIRE_INGEST_WATCHED_DIRECTORY"] == "/home"


def test_a_copied_interpreter_finds_its_libraries() -> None:
    ingest = _programs()["ingest"]
    assert ingest.command == ("/py/bin/python", "-m", "services.ingest")
    assert ingest.environment["PYTHONPATH"] == "/src:/site"
    assert ingest.environment["LD_LIBRARY_PATH"] == "/py/lib"
    assert "LD_LIBRARY_PATH" not in _programs()["nats"].environment
