"""The variables of the embedded stack, and what an address means."""

from pathlib import Path

import pytest

from deploy.local.settings import (
    GIB,
    LocalSettings,
    authority,
    is_loopback,
    local_address,
    outside_address,
)
from shared.runtime.command_line import read_settings
from shared.settings import Secret, SettingsError


def test_variables_carry_no_section() -> None:
    settings = read_settings(LocalSettings, "local", [], {"VITALWIRE_NATS_PORT": "4300", "VITALWIRE_API_PORT": "8081"})
    assert (settings.nats_port, settings.api_port, settings.bind) == (4300, 8081, "127.0.0.1")


def test_variables_of_services_are_not_ours() -> None:
    environment = {"VITALWIRE_INGEST_MESSAGES_MAX": "10", "VITALWIRE_COLLECTOR_HOST": "x", "HOME": "/root"}
    assert read_settings(LocalSettings, "local", [], environment) == LocalSettings()


def test_every_mistake_is_listed() -> None:
    environment = {"VITALWIRE_NATS_PRT": "1", "VITALWIRE_API_PORT": "eighty", "VITALWIRE_NATS_PORT": "70000"}
    with pytest.raises(SettingsError) as caught:
        read_settings(LocalSettings, "local", [], environment)
    text = "\n".join(sorted(caught.value.problems))
    assert "VITALWIRE_NATS_PRT: no such setting" in text
    assert "VITALWIRE_API_PORT: expected a whole number of 1 to 65535, got 'eighty'" in text
    assert "VITALWIRE_NATS_PORT: expected a whole number of 1 to 65535, got '70000'" in text


def test_a_ceiling_is_a_number_of_bytes() -> None:
    with pytest.raises(SettingsError, match="VITALWIRE_BYTES_MAX: expected a whole number"):
        read_settings(LocalSettings, "local", [], {"VITALWIRE_BYTES_MAX": "10GiB"})


@pytest.mark.parametrize("text", ["0", "17", "many"])
def test_so_many_ingest_processes_cannot_run(text: str) -> None:
    with pytest.raises(SettingsError, match="VITALWIRE_INGEST_PROCESSES: expected a whole number of 1 to 16"):
        read_settings(LocalSettings, "local", [], {"VITALWIRE_INGEST_PROCESSES": text})


def test_ingest_processes_are_counted_by_the_stack_alone() -> None:
    environment = {"VITALWIRE_INGEST_PROCESSES": "4", "VITALWIRE_INGEST_MESSAGES_MAX": "10"}
    assert read_settings(LocalSettings, "local", [], environment).ingest_processes == 4
    assert read_settings(LocalSettings, "local", [], {}).ingest_processes == 1


@pytest.mark.parametrize("text", ["-1", "10001", "many"])
def test_so_many_hosts_cannot_be_invented(text: str) -> None:
    with pytest.raises(SettingsError, match="VITALWIRE_SIMULATE: expected a whole number of 0 to 10000"):
        read_settings(LocalSettings, "local", [], {"VITALWIRE_SIMULATE": text})


@pytest.mark.parametrize(("url", "taken"), [("", None), ("https://watch.example.com", "https://watch.example.com")])
def test_the_page_has_an_address_of_its_own_or_that_of_the_machine(url: str, taken: str | None) -> None:
    assert read_settings(LocalSettings, "local", [], {"VITALWIRE_PUBLIC_URL": url}).public_url == taken


def test_a_page_without_a_scheme_is_refused_as_no_link_would_lead_to_it() -> None:
    with pytest.raises(
        SettingsError, match=r"VITALWIRE_PUBLIC_URL: expected the address of the dashboard, .*, got 'a'"
    ):
        read_settings(LocalSettings, "local", [], {"VITALWIRE_PUBLIC_URL": "a"})


def test_the_password_never_prints() -> None:
    settings = read_settings(LocalSettings, "local", [], {"VITALWIRE_ADMIN_PASSWORD": "hunter2hunter2"})
    assert settings.admin_password == Secret("hunter2hunter2")
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("bind", "loopback", "local", "outside"),
    [
        ("127.0.0.1", True, "127.0.0.1", "127.0.0.1"),
        ("localhost", True, "localhost", "localhost"),
        ("::1", True, "::1", "::1"),
        ("0.0.0.0", False, "127.0.0.1", "this-machine"),
        ("::", False, "::1", "this-machine"),
        ("192.0.2.7", False, "192.0.2.7", "192.0.2.7"),
        ("server.example.com", False, "server.example.com", "server.example.com"),
    ],
)
def test_addresses(bind: str, loopback: bool, local: str, outside: str) -> None:
    assert is_loopback(bind) is loopback
    assert local_address(bind) == local
    assert outside_address(bind, "this-machine") == outside


@pytest.mark.parametrize(
    ("bind", "public_url", "outside"),
    [
        ("0.0.0.0", "https://vital.example.com/x", "vital.example.com"),
        ("0.0.0.0", None, "this-machine"),
        ("::", "not a url", "this-machine"),
        ("192.0.2.7", "https://vital.example.com", "192.0.2.7"),
    ],
)
def test_a_wildcard_is_named_by_the_public_url(bind: str, public_url: str | None, outside: str) -> None:
    assert outside_address(bind, "this-machine", public_url) == outside


def test_a_colon_needs_brackets() -> None:
    assert authority("::1", 80) == "[::1]:80"
    assert authority("127.0.0.1", 80) == "127.0.0.1:80"


@pytest.mark.parametrize(
    ("bytes_max", "is_wrong"), [(0, False), (1, True), (GIB - 1, True), (GIB, False), (10 * GIB, False)]
)
def test_a_ceiling_is_none_or_leaves_room_for_streams(bytes_max: int, *, is_wrong: bool) -> None:
    environment = {"VITALWIRE_BYTES_MAX": str(bytes_max)}
    if not is_wrong:
        assert read_settings(LocalSettings, "local", [], environment).bytes_max == bytes_max
        return
    with pytest.raises(SettingsError) as refused:
        read_settings(LocalSettings, "local", [], environment)
    assert refused.value.problems == (
        f"environment: VITALWIRE_BYTES_MAX: expected 0 for no ceiling, or at least {GIB} (1 GiB, in bytes without a "
        f"unit), got {bytes_max}",
    )


def test_the_ceiling_of_a_file_is_told_with_file_and_section(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("local: {bytes_max: 5, prot: 1}")
    with pytest.raises(SettingsError) as refused:
        read_settings(LocalSettings, "local", [], {"VITALWIRE_SETTINGS": str(tmp_path / "v.yaml")})
    starts = [f"{tmp_path}/v.yaml: local.prot: no such setting", f"{tmp_path}/v.yaml: local.bytes_max: expected 0 for"]
    assert [problem.startswith(start) for problem, start in zip(refused.value.problems, starts, strict=True)] == [
        True,
        True,
    ]
