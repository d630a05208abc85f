"""Text and mappings become typed settings, or one error with every problem: which key, what was expected, what came."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.settings import Said, Secret, SettingsError, Source, load, setting


@dataclass(frozen=True, slots=True)
class Everything:
    """One setting of each type."""

    urls: tuple[str, ...] = setting("Addresses.")
    name: str = setting("A name.", default="here")
    level: str = setting("A level.", default="info", choices=("info", "debug"))
    port: int = setting("A port.", default=8080, minimum=0, maximum=65_535)
    share: float = setting("A share.", default=0.5, minimum=0.0)
    cold: int = setting("Below zero.", default=-1, maximum=0)
    ratio: float = setting("Any number.", default=1.0)
    exact: bool = setting("Exactly or not.", default=False)
    page: Path = setting("A directory.", default=Path("dist"))
    password: Secret | None = setting("A password.", default=None)
    intervals: dict[str, int] = setting("Family → seconds.", default={}, minimum=1, maximum=60)


def lower_case(text: str) -> None:
    if text != text.lower():
        raise ValueError("expected lower case")


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings with rules beyond their types."""

    name: str = setting("A name.", default="here", check=lower_case)
    intervals: dict[str, int] = setting(
        "Family → seconds.", default={}, minimum=1, maximum=60, choices=("cpu", "disk", "memory")
    )


def loaded(**values: Any) -> Everything:
    return load(Everything, [Source("file.yaml", {"urls": "a", **values}, "api.")])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("urls", "a, b,,c ", ("a", "b", "c")),
        ("urls", ["a", "b"], ("a", "b")),
        ("name", "web-1", "web-1"),
        ("name", 17, "17"),
        ("level", "debug", "debug"),
        ("port", "80", 80),
        ("port", 0, 0),
        ("port", 80.0, 80),
        ("share", "0.25", 0.25),
        ("share", 2, 2.0),
        ("ratio", -1e9, -1e9),
        ("exact", "Yes", True),
        ("exact", "off", False),
        ("exact", True, True),
        ("exact", 0, False),
        ("page", "/srv/page", Path("/srv/page")),
        ("password", "abc", Secret("abc")),
        ("password", "", None),
        ("password", None, None),
        ("intervals", "disk=30, cpu=2", {"disk": 30, "cpu": 2}),
        ("intervals", {"disk": 30}, {"disk": 30}),
        ("intervals", "", {}),
    ],
)
def test_values_are_read(key: str, value: Any, expected: Any) -> None:
    assert getattr(loaded(**{key: value}), key) == expected


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("urls", 5, "expected a list of texts, or one text with commas, got int"),
        ("urls", ["a", 5], "expected a list of texts"),
        ("name", ["a"], "expected a text, got list"),
        ("name", {}, "expected a text, got dict"),
        ("name", None, "expected a text, got NoneType"),
        ("name", True, "expected a text, got bool"),
        ("level", "loud", "expected one of info, debug, got 'loud'"),
        ("port", "http", "expected a whole number of 0 to 65535, got 'http'"),
        ("port", 70_000, "expected a whole number of 0 to 65535, got 70000"),
        ("port", 8.5, "expected a whole number of 0 to 65535, got 8.5"),
        ("port", True, "expected a whole number of 0 to 65535, got True"),
        ("port", math.inf, "expected a whole number of 0 to 65535, got inf"),
        ("port", None, "expected a whole number of 0 to 65535, got None"),
        ("share", -1, "expected a number of 0.0 to any, got -1"),
        ("share", math.nan, "expected a number of 0.0 to any, got nan"),
        ("cold", 1, "expected a whole number of any to 0, got 1"),
        ("ratio", "inf", "expected a number, got 'inf'"),
        ("ratio", math.nan, "expected a number, got nan"),
        ("exact", "perhaps", "expected true or false, got 'perhaps'"),
        ("page", "", "expected a path, got an empty text"),
        ("password", 5, "expected a text that is not empty"),
        ("intervals", "disk", "expected name=number, name=number, got 'disk'"),
        ("intervals", ["disk"], "expected a mapping of names to numbers, got ['disk']"),
        ("intervals", {"disk": 61}, "disk: expected a whole number of 1 to 60, got 61"),
    ],
)
def test_a_wrong_value_is_refused(key: str, value: Any, problem: str) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(**{key: value})
    (found,) = refused.value.problems
    assert found.startswith(f"file.yaml: api.{key}: {problem}")


def test_every_wrong_entry_of_a_mapping_is_told() -> None:
    for value in ({"disk": 61, "cpu": "x", "disc": 5}, "disk=61,cpu=x,disc=5,memory"):
        with pytest.raises(SettingsError) as refused:
            load(Checked, [Source("environment", {"intervals": value}, "X_")])
        found = [problem.removeprefix("environment: X_INTERVALS: ") for problem in refused.value.problems]
        assert sorted(found) == sorted(
            [
                "cpu: expected a whole number of 1 to 60, got 'x'",
                "disc: expected one of cpu, disk, memory",
                f"disk: expected a whole number of 1 to 60, got {61 if isinstance(value, dict) else '61'!r}",
            ]
            + (["expected name=number, name=number, got 'memory'"] if isinstance(value, str) else [])
        )


def test_a_check_of_its_own_is_told_with_all_other_problems() -> None:
    with pytest.raises(SettingsError) as refused:
        load(Checked, [Source("environment", {"name": "A", "intervals": "cpu"}, "X_")])
    assert refused.value.problems == (
        "environment: X_NAME: expected lower case",
        "environment: X_INTERVALS: expected name=number, name=number, got 'cpu'",
    )


def test_the_first_source_that_names_a_setting_wins() -> None:
    sources = [
        Source("flag", {"port": "1"}),
        Source("environment", {"port": "2", "name": "b"}),
        Source("f", {"urls": "u"}),
    ]
    read = load(Everything, sources)
    assert (read.port, read.name, read.urls, read.level) == (1, "b", ("u",), "info")


def test_every_problem_is_told_at_once_as_the_user_spelled_it() -> None:
    sources = [
        Source("flag", {"port": "many"}),
        Source("environment", {"shelves": "x", "share": "-1"}, "VITALWIRE_API_"),
        Source("/etc/v.yaml", {"prot": 1}, "api."),
    ]
    with pytest.raises(SettingsError) as refused:
        load(Everything, sources, ["/etc/v.yaml: apu: no such section"])
    keys = "cold, exact, intervals, level, name, page, password, port, ratio, share, urls"
    variables = ", ".join(f"VITALWIRE_API_{key.upper()}" for key in keys.split(", "))
    assert str(refused.value).splitlines() == [
        "the settings cannot be used:",
        "  /etc/v.yaml: apu: no such section",
        f"  environment: VITALWIRE_API_SHELVES: no such setting; known are {variables}",
        f"  /etc/v.yaml: api.prot: no such setting; known are {keys}",
        "  urls is missing: Addresses.",
        "  --port: expected a whole number of 0 to 65535, got 'many'",
        "  environment: VITALWIRE_API_SHARE: expected a number of 0.0 to any, got '-1'",
    ]


@pytest.mark.parametrize(
    ("source", "elsewhere", "more"),
    [
        (Source("environment", {"shar": 1}, "VITALWIRE_API_"), (), "did you mean VITALWIRE_API_SHARE?"),
        (Source("environment", {"hme": 1}, "VITALWIRE_"), ("VITALWIRE_HOME",), "did you mean VITALWIRE_HOME?"),
        (Source("environment", {"hme": 1}, "VITALWIRE_"), (), "known are VITALWIRE_COLD, VITALWIRE_EXACT, "),
        (Source("f", {"intervalls": 1}, "api."), ("VITALWIRE_HOME",), "did you mean api.intervals?"),
        (Source("f", {"hme": 1}, "api."), ("api.home",), "known are cold, exact, "),
    ],
)
def test_a_wrong_name_is_told_with_the_one_that_is_near_or_with_all(
    source: Source, elsewhere: tuple[str, ...], more: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(Everything, [source, Source("flag", {"urls": "a"})], (), elsewhere)
    (found,) = refused.value.problems
    (key,) = source.values
    assert found.startswith(f"{source.spelled(key)}: no such setting; {more}")


@dataclass(frozen=True, slots=True)
class Ordered:
    """Settings with a rule over two of them."""

    low: int = setting("The least.", default=1)
    high: int = setting("The most.", default=9, check=lambda number: lower_case("A" if number == 13 else "a"))

    @staticmethod
    def problems_together(said: Said) -> list[str]:
        if "low" not in said.values or "high" not in said.values or said.values["low"] <= said.values["high"]:
            return []
        return [f"{said.spelled('low')} is above {said.written('high', beside='low')}"]


@pytest.mark.parametrize(
    ("environment", "file", "problems"),
    [
        ({}, {}, []),
        ({"low": "10"}, {}, ["environment: V_LOW is above V_HIGH"]),
        ({"low": "10"}, {"high": 8}, ["environment: V_LOW is above api.high"]),
        ({}, {"high": 0}, ["low is above api.high"]),
        ({"low": "10", "lw": "1"}, {}, ["environment: V_LW: no such setting", "environment: V_LOW is above V_HIGH"]),
        ({"low": "x"}, {"high": -1}, ["environment: V_LOW: expected a whole number"]),
        ({"low": "20"}, {"high": 13}, ["f: api.high: expected lower case"]),
    ],
)
def test_what_several_settings_must_keep_together_is_told_with_all_else(
    environment: dict[str, str], file: dict[str, int], problems: list[str]
) -> None:
    sources = [Source("environment", environment, "V_"), Source("f", file, "api.")]
    try:
        load(Ordered, sources)
        found: tuple[str, ...] = ()
    except SettingsError as error:
        found = error.problems
    assert [problem.startswith(start) for problem, start in zip(found, problems, strict=True)] == [True] * len(problems)


def test_defaults_are_not_shared() -> None:
    loaded().intervals["disk"] = 5
    assert loaded().intervals == {}


def test_a_secret_never_prints() -> None:
    secret = Secret("hush")
    record = logging.makeLogRecord({"msg": "%s", "args": (secret,)})
    texts = [repr(secret), str(secret), f"{secret}", "%s" % secret, f"{loaded(password='hush')}", record.getMessage()]  # noqa: UP031
    assert not [text for text in texts if "hush" in text]
    assert secret.reveal() == "hush"


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
