"""What the children are given: files instead of secrets, and nothing of the caller's environment but settings."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.local.application import Application
from deploy.local.postgres import Reach
from deploy.local.programs import (
    INGEST_PROCESSES_PROVISIONED,
    Program,
    Site,
    nats_program,
    postgres_program,
    provision_program,
    service_programs,
)
from deploy.local.state import layout_of
from services.ingest.limits import PROCESSES_MAX

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


def _environment(name: str, site: Site, outside: Mapping[str, str]) -> Mapping[str, str]:
    """Return what one service is given."""
    return next(program for program in service_programs(site, outside) if program.name == name).environment


def test_they_start_in_the_order_of_what_they_need_and_the_evaluator_last() -> None:
    assert list(_programs()) == [
        "nats", "postgres", "provision", "ingest", "api", "collector", "notifier", "alerting"
    ]  # fmt: skip


def test_invented_hosts_are_one_more_process_with_a_credential_of_their_own() -> None:
    found = service_programs(dataclasses.replace(SITE, simulate=20), OUTSIDE)
    assert [program.name for program in found] == ["ingest", "api", "collector", "simulator", "notifier", "alerting"]
    collector, simulator = found[2:4]
    assert simulator.command == collector.command
    assert simulator.environment["VITALWIRE_COLLECTOR_SIMULATE"] == "20"
    assert simulator.environment["VITALWIRE_COLLECTOR_NATS_PASSWORD_FILE"] == "/home/secrets/bus-simulator"
    assert "VITALWIRE_COLLECTOR_SIMULATE" not in collector.environment


def processes(count: int, **outside: str) -> list[Program]:
    return service_programs(dataclasses.replace(SITE, ingest_processes=count), outside)[:count]


def test_several_ingest_processes_differ_in_their_name_only() -> None:
    first, *others = processes(3)
    assert [program.name for program in others] == ["ingest-2", "ingest-3"]
    assert [dataclasses.replace(program, name="ingest") for program in others] == [first, first]


@pytest.mark.parametrize("by", ["environment", "file", "both"])
def test_each_ingest_process_has_a_port_of_its_own_for_its_figures(tmp_path: Path, by: str) -> None:
    (tmp_path / "v.yaml").write_text(f"ingest: {{metrics_port: {9100 if by == 'file' else 7000}}}")
    outside = {
        "environment": {"VITALWIRE_INGEST_METRICS_PORT": "9100"},
        "file": {"VITALWIRE_SETTINGS": str(tmp_path / "v.yaml")},
    }
    said = outside.get(by, outside["environment"] | outside["file"])
    ports = [program.environment.get("VITALWIRE_INGEST_METRICS_PORT") for program in processes(3, **said)]
    assert ports == [None if by == "file" else "9100", "9101", "9102"]


def test_figures_that_are_off_stay_off_and_what_is_no_port_is_left_to_ingest() -> None:
    for said in ({}, {"VITALWIRE_INGEST_METRICS_PORT": "0"}, {"VITALWIRE_INGEST_METRICS_PORT": "many"}):
        ports = {program.environment.get("VITALWIRE_INGEST_METRICS_PORT") for program in processes(2, **said)}
        assert ports == {said.get("VITALWIRE_INGEST_METRICS_PORT")}


def test_how_many_there_are_is_no_setting_of_a_process() -> None:
    assert "VITALWIRE_INGEST_PROCESSES" not in processes(2, VITALWIRE_INGEST_PROCESSES="2")[0].environment


@pytest.mark.parametrize(
    ("count", "said", "provisioned"),
    [(1, {}, None), (4, {}, None), (5, {}, "5"), (16, {}, "16"), (5, {"VITALWIRE_PROVISION_PROCESSES_MAX": "8"}, "8"),
     (16, {"VITALWIRE_PROVISION_PROCESSES_MAX": "8"}, "16")],
)  # fmt: skip
def test_the_durables_are_made_for_as_many_as_there_are(
    count: int, said: dict[str, str], provisioned: str | None
) -> None:
    environment = provision_program(dataclasses.replace(SITE, ingest_processes=count), said).environment
    assert environment.get("VITALWIRE_PROVISION_PROCESSES_MAX") == provisioned
    assert INGEST_PROCESSES_PROVISIONED == PROCESSES_MAX


@pytest.mark.parametrize(("count", "connections"), [(1, 60), (16, 120)])
def test_the_database_takes_the_connections_of_all(count: int, connections: int) -> None:
    command = postgres_program(dataclasses.replace(SITE, ingest_processes=count), {}).command
    assert f"max_connections={connections}" in command


def test_nobody_gets_a_secret_or_what_is_not_ours() -> None:
    for program in _programs().values():
        assert "hunter2" not in str(program)
        assert "AWS_SECRET_ACCESS_KEY" not in program.environment
        assert program.environment["LC_ALL"] == "C.UTF-8"
        assert "VITALWIRE_HOME" not in program.environment


def test_settings_of_a_service_are_passed_on_but_ours_win() -> None:
    more = {"API_PORT": "1", "NOTIFIER_ZONE": "Asia/Seoul", "ALERTING_LOG_LEVEL": "debug", "ALERTING_NATS_URLS": "no"}
    outside = OUTSIDE | {f"VITALWIRE_{name}": value for name, value in more.items()}
    alerting = _environment("alerting", SITE, outside)
    assert _environment("collector", SITE, outside)["VITALWIRE_COLLECTOR_INTERVALS"] == "disk=10"
    assert _environment("api", SITE, outside)["VITALWIRE_API_PORT"] == "8081"
    assert _environment("notifier", SITE, outside)["VITALWIRE_NOTIFIER_ZONE"] == "Asia/Seoul"
    assert alerting["VITALWIRE_ALERTING_LOG_LEVEL"] == "debug"
    assert alerting["VITALWIRE_ALERTING_NATS_URLS"] == "nats://127.0.0.1:4223"


@pytest.mark.parametrize(
    ("name", "module"), [("alerting", "services.alerting"), ("notifier", "services.alerting.notifier")]
)
def test_alerting_needs_nothing_but_the_bus_with_a_credential_of_its_own(name: str, module: str) -> None:
    program, prefix = _programs()[name], f"VITALWIRE_{name.upper()}_"
    given = {key.removeprefix(prefix): value for key, value in program.environment.items() if key.startswith(prefix)}
    assert program.command == ("/py/bin/python", "-m", module)
    assert given.pop("NATS_URLS") == "nats://127.0.0.1:4223"
    assert given.pop("NATS_PASSWORD_FILE") == f"/home/secrets/bus-{name}"
    assert given == ({"PAGE_URL": "http://here:8081"} if name == "notifier" else {})


@pytest.mark.parametrize(
    ("by", "given"),
    [("nobody", "http://here:8081"), ("environment", "https://watch.example.com"), ("file", None), ("none", "")],
)
def test_messages_link_to_this_page_unless_another_or_none_is_named(tmp_path: Path, by: str, given: str | None) -> None:
    (tmp_path / "v.yaml").write_text("notifier: {page_url: 'https://watch.example.com'}")
    said = {
        "nobody": {},
        "environment": {"VITALWIRE_NOTIFIER_PAGE_URL": "https://watch.example.com"},
        "file": {"VITALWIRE_SETTINGS": str(tmp_path / "v.yaml")},
        "none": {"VITALWIRE_NOTIFIER_PAGE_URL": ""},
    }
    assert _environment("notifier", SITE, said[by]).get("VITALWIRE_NOTIFIER_PAGE_URL") == given


NETWORK = {
    "HTTPS_PROXY": "http://proxy:3128", "https_proxy": "http://proxy:3128", "HTTP_PROXY": "http://proxy:3128",
    "NO_PROXY": "localhost,.lan", "SSL_CERT_FILE": "/etc/ssl/own.pem", "REQUESTS_CA_BUNDLE": "/etc/ssl/own.pem",
}  # fmt: skip


def test_the_notifier_alone_is_told_of_proxies_and_certificates() -> None:
    outside = {**OUTSIDE, **NETWORK, "FTP_PROXY": "http://proxy:3128"}
    for program in service_programs(SITE, outside):
        given = {name: value for name, value in program.environment.items() if name in outside.keys() - OUTSIDE.keys()}
        assert given == (NETWORK if program.name == "notifier" else {}), program.name
    for program in (nats_program(SITE, outside), postgres_program(SITE, outside), provision_program(SITE, outside)):
        assert not NETWORK.keys() & program.environment.keys()


def test_a_file_of_certificates_is_found_from_another_directory_and_what_is_empty_is_not_set() -> None:
    environment = _environment(
        "notifier", SITE, {"SSL_CERT_FILE": "own.pem", "HTTPS_PROXY": "", "REQUESTS_CA_BUNDLE": ""}
    )
    assert environment["SSL_CERT_FILE"] == str(Path.cwd() / "own.pem")
    assert not {"HTTPS_PROXY", "REQUESTS_CA_BUNDLE"} & environment.keys()


def test_the_collector_keeps_its_spool_with_the_rest_of_the_state() -> None:
    environment = _environment("collector", SITE, OUTSIDE)
    assert environment["VITALWIRE_COLLECTOR_SPOOL_DIRECTORY"] == "/home/spool"
    assert "VITALWIRE_COLLECTOR_SPOOL_HOURS_MAX" not in environment


def test_the_collector_keeps_its_spool_no_longer_than_raw_rows_unless_told_otherwise() -> None:
    short = dataclasses.replace(SITE, spool_hours_max=24)
    said = {**OUTSIDE, "VITALWIRE_COLLECTOR_SPOOL_HOURS_MAX": "5"}
    assert _environment("collector", short, OUTSIDE)["VITALWIRE_COLLECTOR_SPOOL_HOURS_MAX"] == "24"
    assert _environment("collector", short, said)["VITALWIRE_COLLECTOR_SPOOL_HOURS_MAX"] == "5"


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
