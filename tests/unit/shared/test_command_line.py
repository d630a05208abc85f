"""Flags, environment and file become settings; one message lists every problem with file, key and expectation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.runtime.command_line import describe_settings, read_known, read_settings, read_settings_or_exit
from shared.settings import Secret, SettingsError, setting


@dataclass(frozen=True, slots=True)
class Example:
    """Settings of a test."""

    nats_urls: tuple[str, ...] = setting("Addresses of the bus, 100 % needed.")
    nats_password: Secret = setting("Password on the bus.")
    port: int = setting("A port.", default=8080, minimum=0, maximum=65_535)
    once: bool = setting("Read once.", default=False)


GOOD = {"VITALWIRE_API_NATS_URLS": "nats://a", "VITALWIRE_API_NATS_PASSWORD": "hush"}


def written(directory: Path, text: str) -> str:
    path = directory / "vitalwire.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def problems(arguments: list[str], environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read_settings(Example, "api", arguments, environment)
    return refused.value.problems


def test_flags_win_over_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "api: {port: 1, once: true, nats_urls: [file], nats_password: hush}\ningest: {x: 1}\n")
    environment = {"VITALWIRE_SETTINGS": path, "VITALWIRE_API_NATS_URLS": "e1,e2", "VITALWIRE_API_PORT": "2"}
    read = read_settings(Example, "api", ["--port", "3"], environment)
    assert read == Example(("e1", "e2"), Secret("hush"), 3, True)


def test_a_flag_names_the_file_and_wins_over_the_variable(tmp_path: Path) -> None:
    path = written(tmp_path, "api: {nats_urls: a, nats_password: hush}")
    assert read_settings(Example, "api", ["--settings", path], {"VITALWIRE_SETTINGS": "/nowhere"}).nats_urls == ("a",)


@pytest.mark.parametrize(
    ("arguments", "once"), [(["--once"], True), (["--once", "no"], False), (["--once=yes"], True), ([], False)]
)
def test_a_switch_needs_no_value(arguments: list[str], once: bool) -> None:
    assert read_settings(Example, "api", arguments, GOOD).once is once


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    environment = {"VITALWIRE_API_NATS_URLS": "a", "VITALWIRE_API_NATS_PASSWORD_FILE": str(tmp_path / "password")}
    assert read_settings(Example, "api", [], environment).nats_password == Secret("hush")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "api:\n"])
def test_an_empty_file_sets_nothing(tmp_path: Path, text: str) -> None:
    assert read_settings(Example, "api", ["--settings", written(tmp_path, text)], GOOD).port == 8080


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("api: [", "is not YAML at line 1"),
        ("\x07", "is not YAML"),
        (
            "- a",
            "expected sections (collector, ingest, alerting, notifier, api, local, provision, dead_letters), got list",
        ),
        ("apu: {}", "apu: no such section; known are collector"),
        ("api: 5", "api: expected names and values, got int"),
        ("api: {prot: 5}", "api.prot: no such setting; known are nats_password"),
        ("api: {port: x}", "api.port: expected a whole number of 0 to 65535, got 'x'"),
        ("api: {nats_password_file: /nowhere/x}", "api.nats_password_file: cannot be read:"),
        ("api: {nats_password_file: /dev/null, nats_password: x}", "api.nats_password: given twice, also as nats_"),
    ],
)
def test_a_problem_of_the_file_is_named_with_file_and_key(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    (found,) = problems(["--settings", path], GOOD)
    assert found.startswith(f"{path}: {problem}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfa")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "latin"):
        (found,) = problems(["--settings", str(path)], GOOD)
        assert found.startswith(f"{path}: cannot be read:")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--prot", "5"], "flags: '--prot': no such flag; --help lists them"),
        (["--por=5"], "flags: '--por': no such flag; --help lists them"),
        (["stray"], "flags: expected flags only, got 1 more; --help lists them"),
        (["--port"], "flags: argument --port: expected one argument"),
        (["--port", "x"], "--port: expected a whole number of 0 to 65535, got 'x'"),
    ],
)
def test_a_wrong_flag_is_named(arguments: list[str], problem: str) -> None:
    assert problems(arguments, GOOD) == (problem,)


@pytest.mark.parametrize("arguments", [["--nats-password", "hush"], ["--nats-password=hush"], ["hush"]])
def test_a_secret_given_as_a_flag_is_refused_and_not_repeated(arguments: list[str]) -> None:
    assert not [problem for problem in problems(arguments, GOOD) if "hush" in problem]


def test_all_problems_come_in_one_message(tmp_path: Path) -> None:
    path = written(tmp_path, "apu: {}\napi: {prot: 1}\n")
    found = problems(["--prot", "1", "--settings", path], {"VITALWIRE_API_PORT": "x"})
    known = "known are nats_password, nats_urls, once, port"
    assert found == (
        "flags: '--prot': no such flag; --help lists them",
        f"{path}: apu: no such section; known are collector, ingest, alerting, notifier, api, local, provision, "
        "dead_letters",
        f"{path}: api.prot: no such setting; {known}",
        "nats_urls is missing: Addresses of the bus, 100 % needed.",
        "nats_password is missing: Password on the bus.",
        "environment: VITALWIRE_API_PORT: expected a whole number of 0 to 65535, got 'x'",
    )


def test_the_process_ends_with_2_and_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_settings_or_exit(Example, "api", ["--prot"])
    assert ended.value.code == 2
    assert "'--prot': no such flag" in capsys.readouterr().err


def test_help_lists_settings_but_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_settings(Example, "api", ["--help"], {})
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "--nats-urls" in printed
    assert "100 % needed. [VITALWIRE_API_NATS_URLS; required]" in " ".join(printed.split())
    assert "A port. [VITALWIRE_API_PORT; default 8080]" in printed
    assert "--nats-password" not in printed
    assert "Password on the bus. [VITALWIRE_API_NATS_PASSWORD, or VITALWIRE_API_NATS_PASSWORD_FILE" in printed


def test_help_never_shows_the_default_of_a_secret() -> None:
    @dataclass(frozen=True, slots=True)
    class Careless:
        token: Secret = setting("A token.", default=Secret("hush"))
        name: str | None = setting("A name.", default=None)
        tags: tuple[str, ...] = setting("Tags.", default=("a", "b"))

    assert describe_settings(Careless, "local").splitlines() == [
        "settings without a flag:",
        "  A token. [VITALWIRE_TOKEN, or VITALWIRE_TOKEN_FILE for a file that holds it]",
        "  A name. [VITALWIRE_NAME; default none]",
        "  Tags. [VITALWIRE_TAGS; default a,b]",
    ]


def test_the_section_without_a_name_leaves_the_variables_of_others_alone() -> None:
    environment = {
        "VITALWIRE_PORT": "81",
        "VITALWIRE_NATS_URLS": "a",
        "VITALWIRE_NATS_PASSWORD": "hush",
        "VITALWIRE_API_PORT": "82",
    }
    assert read_settings(Example, "local", [], environment).port == 81
    with pytest.raises(SettingsError, match="VITALWIRE_PROT: no such setting"):
        read_settings(Example, "local", [], {**environment, "VITALWIRE_PROT": "1"})


@dataclass(frozen=True, slots=True)
class Place:
    """All that some command needs."""

    home: Path | None = setting("A directory.", default=None)


BAD_FILE = "apu: {}\napi: 5\nlocal: {home: /file, prot: 1}\n"


@pytest.mark.parametrize(
    ("environment", "text", "home"),
    [
        pytest.param({"VITALWIRE_PROT": "1", "VITALWIRE_HOME": "/a"}, None, Path("/a"), id="an unknown name"),
        pytest.param({"VITALWIRE_PORT": "x"}, None, None, id="nothing that is needed"),
        pytest.param({}, BAD_FILE, Path("/file"), id="a file with faults elsewhere"),
        pytest.param({"VITALWIRE_HOME": "/a"}, BAD_FILE, Path("/a"), id="the environment wins"),
        pytest.param({"VITALWIRE_HOME": "/a"}, "local: [", Path("/a"), id="a file that nothing is needed of"),
    ],
)
def test_what_a_command_does_not_need_is_passed_over(
    tmp_path: Path, environment: dict[str, str], text: str | None, home: Path | None
) -> None:
    path = {} if text is None else {"VITALWIRE_SETTINGS": written(tmp_path, text)}
    assert read_known(Place, "local", environment | path) == Place(home)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("local: [", "is not YAML at line 1"),
        ("local: 5", "local: expected names and values, got int"),
        ("local: {home: [a]}", "local.home: expected a text, got list"),
    ],
)
def test_a_file_that_hides_what_a_command_needs_is_not_passed_over(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        read_known(Place, "local", {"VITALWIRE_SETTINGS": path})
    assert refused.value.problems == (f"{path}: {problem}",)
