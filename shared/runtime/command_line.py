"""Reads flags, environment and the YAML file, and hands them to `shared.settings`."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import os
import sys
import typing
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from shared.settings import ENVIRONMENT, SETTINGS_METADATA, Secret, SettingsError, Source, load

T = TypeVar("T")

SECTIONS = ("collector", "ingest", "alerting", "notifier", "api", "local", "provision", "dead_letters")
MODULES = {"provision": "ingest.provision", "notifier": "alerting.notifier"}
"""Section → the module that it is for, where that has another name."""
SETTINGS_VARIABLE = "VITALWIRE_SETTINGS"
# The embedded stack is what most people run: its variables are spelled without the section, as VITALWIRE_HOME.
PLAIN_SECTION = "local"


class _Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong, to be listed with all other problems, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError([f"flags: {message}"])


def read_settings(
    cls: type[T],
    section: str,
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    elsewhere: Collection[str] = (),
) -> T:
    """Return the settings of one service: flags, then environment, then the section of the YAML file.

    `elsewhere` are variables of other sections, one of which a wrong name may mean. Secrets come from the environment,
    the YAML file, or a file that `<name>_file` names, never from a flag.
    Raises SettingsError with every problem.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    flags, path_flag = _flags(cls, section, arguments, problems)
    prefix = _prefix(section)
    variables = _variables(cls, section, prefix, environment)
    path = path_flag or environment.get(SETTINGS_VARIABLE)
    from_file = read_sections(Path(path), problems).get(section, {}) if path else {}
    sources = [
        Source("flag", flags),
        Source(ENVIRONMENT, variables, prefix),
        Source(str(path), from_file, f"{section}."),
    ]
    sources = [dataclasses.replace(source, values=_with_secret_files(cls, source, problems)) for source in sources]
    return load(cls, sources, problems, elsewhere)


def read_known(cls: type[T], section: str, environment: Mapping[str, str] | None = None) -> T:
    """Return those settings of a section that cls declares; whatever else is said, right or wrong, is passed over.

    The YAML file is opened only where the environment leaves one of them out. Raises SettingsError with every problem.
    """
    environment = os.environ if environment is None else environment
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    prefix = _prefix(section)
    said = {name: environment[prefix + name.upper()] for name in names if prefix + name.upper() in environment}
    problems: list[str] = []
    path = environment.get(SETTINGS_VARIABLE) if len(said) < len(names) else None
    content = _content(Path(path), problems) if path else {}
    values = _section(Path(str(path)), section, content, problems)
    in_file = {name: values[name] for name in names if name in values}
    sources = [Source(ENVIRONMENT, said, prefix), Source(str(path), in_file, f"{section}.")]
    return load(cls, sources, problems)


def read_settings_or_exit(cls: type[T], section: str, arguments: Sequence[str] | None = None) -> T:
    """Return the settings, or print every problem and end the process with status 2."""
    try:
        return read_settings(cls, section, arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _flags(
    cls: type[Any], section: str, arguments: Sequence[str] | None, problems: list[str]
) -> tuple[dict[str, Any], str | None]:
    parser = _Parser(
        prog=f"python -m services.{MODULES.get(section, section)}", description=inspect.getdoc(cls), allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog=describe_settings(cls, section, secrets_only=True),
    )  # fmt: skip
    settings_help = f"YAML file with a section for each service [{SETTINGS_VARIABLE}]"
    parser.add_argument("--settings", metavar="FILE", help=settings_help)
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if _is_secret(hints[field.name]):
            continue
        doc = _described(field, hints[field.name], _prefix(section)).replace("%", "%%")
        spelled = "--" + field.name.replace("_", "-")
        if hints[field.name] is bool:
            parser.add_argument(spelled, nargs="?", const="true", help=doc)
        else:
            parser.add_argument(spelled, help=doc)
    try:
        known, unknown = parser.parse_known_args(arguments)
    except SettingsError as error:
        problems += error.problems
        return {}, None
    # Only names are repeated: what follows an unknown flag may be a secret.
    named = [flag.split("=")[0] for flag in unknown if flag.startswith("-")]
    problems += [f"flags: {flag!r}: no such flag; --help lists them" for flag in named]
    if unknown and not named:
        problems.append(f"flags: expected flags only, got {len(unknown)} more; --help lists them")
    values = {name: value for name, value in vars(known).items() if value is not None}
    return values, values.pop("settings", None)


def variables_of(cls: type[Any], section: str) -> list[str]:
    """Return the variable of each setting of a section."""
    return [f"{_prefix(section)}{field.name.upper()}" for field in dataclasses.fields(cls)]


def describe_settings(cls: type[Any], section: str, *, secrets_only: bool = False) -> str:
    """Return for --help what can be set without a flag: variable, meaning, default; never the default of a secret."""
    hints = typing.get_type_hints(cls)
    lines = [
        f"  {_described(field, hints[field.name], _prefix(section))}"
        for field in dataclasses.fields(cls)
        if not secrets_only or _is_secret(hints[field.name])
    ]
    return "\n".join(["settings without a flag:", *lines]) if lines else ""


def _described(field: dataclasses.Field[Any], hint: Any, prefix: str) -> str:
    variable, doc = prefix + field.name.upper(), field.metadata[SETTINGS_METADATA]["doc"]
    if _is_secret(hint):
        return f"{doc} [{variable}, or {variable}_FILE for a file that holds it]"
    if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
        return f"{doc} [{variable}; required]"
    return f"{doc} [{variable}; default {_shown(field.default)}]"


def _shown(default: Any) -> str:
    """Return a default as it would be written in the environment."""
    if default is None or default is dataclasses.MISSING or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _prefix(section: str) -> str:
    return "VITALWIRE_" if section == PLAIN_SECTION else f"VITALWIRE_{section.upper()}_"


def _variables(cls: type[Any], section: str, prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says to this section; without a section in the names, the others' are left out."""
    found = {name[len(prefix) :].lower(): value for name, value in environment.items() if name.startswith(prefix)}
    if section != PLAIN_SECTION:
        return found
    known = {field.name for field in dataclasses.fields(cls)}
    others = (*(f"{other}_" for other in SECTIONS if other != section), "settings")
    return {key: value for key, value in found.items() if key in known or not key.startswith(others)}


def read_sections(path: Path, problems: list[str]) -> dict[str, dict[str, Any]]:
    """Return the known sections of the YAML file; what is wrong with the file or a section is added to problems."""
    content = _content(path, problems)
    problems += [
        f"{path}: {key}: no such section; known are {', '.join(SECTIONS)}" for key in content if key not in SECTIONS
    ]
    return {section: _section(path, section, content, problems) for section in SECTIONS}


def _content(path: Path, problems: list[str]) -> dict[Any, Any]:
    # Here, so that a service without such a file does not carry it in memory.
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path}: cannot be read: {error}")
        return {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(f"{path}: is not YAML{f' at line {mark.line + 1}' if mark else ''}")
        return {}
    if content is None:
        return {}
    if not isinstance(content, dict):
        problems.append(f"{path}: expected sections ({', '.join(SECTIONS)}), got {type(content).__name__}")
        return {}
    return content


def _section(path: Path, section: str, content: Mapping[Any, Any], problems: list[str]) -> dict[str, Any]:
    values = content.get(section) or {}
    if isinstance(values, dict):
        return {str(key): value for key, value in values.items()}
    problems.append(f"{path}: {section}: expected names and values, got {type(values).__name__}")
    return {}


def _with_secret_files(cls: type[Any], source: Source, problems: list[str]) -> dict[str, Any]:
    """Return the source's values with `<secret>_file: path` replaced by what the file holds."""
    hints = typing.get_type_hints(cls)
    values = dict(source.values)
    for name in [name for name, hint in hints.items() if _is_secret(hint)]:
        path = values.pop(f"{name}_file", None)
        if path is None:
            continue
        if name in values:
            problems.append(f"{source.spelled(name)}: given twice, also as {name}_file; leave one out")
        try:
            values[name] = Path(str(path)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{source.spelled(f'{name}_file')}: cannot be read: {error}")
            values[name] = "unreadable"
    return values


def _is_secret(hint: Any) -> bool:
    return hint is Secret or Secret in typing.get_args(hint)
