"""Settings: text and mappings become one frozen object, or one error that lists every problem."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.setting_values import Secret, parse

__all__ = ["ENVIRONMENT", "SETTINGS_METADATA", "Said", "Secret", "SettingsError", "Source", "load", "setting"]

SETTINGS_METADATA = "vitalwire.setting"
ENVIRONMENT = "environment"
NEARNESS_MIN = 0.9
"""How alike a wrong name and the one that is suggested must be; all names of the environment begin alike."""
T = TypeVar("T")


class SettingsError(Exception):
    """One or more settings cannot be used. Nothing was started; the text lists every problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["the settings cannot be used:", *(f"  {problem}" for problem in problems)]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    """One layer of settings, strongest first: what it is called in errors, its values, how it spells a name."""

    name: str
    values: Mapping[str, Any]
    prefix: str = ""

    def written(self, key: str) -> str:
        """Return the key as a user writes it here."""
        if self.name == "flag":
            return "--" + key.replace("_", "-")
        return f"{self.prefix}{key.upper() if self.name == ENVIRONMENT else key}"

    def spelled(self, key: str) -> str:
        """Return the key with its source, for an error."""
        return self.written(key) if self.name == "flag" else f"{self.name}: {self.written(key)}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule over several settings judges: each value that can be used, a default too, and where it was said."""

    values: Mapping[str, Any]
    sources: Sequence[Source] = ()

    @classmethod
    def of(cls, settings: Any) -> Said:
        """Return settings that were made without any source."""
        return cls({field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)})

    def source_of(self, key: str) -> Source | None:
        """Return the source whose value counts; None for a default."""
        return next((source for source in self.sources if key in source.values), None)

    def spelled(self, key: str) -> str:
        """Return the key with its source, for an error."""
        source = self.source_of(key)
        return key if source is None else source.spelled(key)

    def written(self, key: str, beside: str) -> str:
        """Return the key as the user writes it; a default as the key beside it was written."""
        source = self.source_of(key) or self.source_of(beside)
        return key if source is None else source.written(key)


def setting(  # noqa: PLR0913 - each keyword is one rule, and most settings name none
    doc: str,
    *,
    default: Any = dataclasses.MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Collection[str] = (),
    check: Callable[[Any], object] | None = None,
) -> Any:
    """Declare one setting; numbers, also those inside a mapping, are checked against minimum and maximum.

    The keys of a mapping, or the text, are among `choices` where there are any; `check` raises ValueError for a wrong
    text or number. What several settings must keep together, the class tells in a static method `problems_together`
    that takes what was `Said`: it is asked also where single values are wrong.
    """
    rules = {"doc": doc, "minimum": minimum, "maximum": maximum, "choices": tuple(choices), "check": check}
    metadata = {SETTINGS_METADATA: rules}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def load(cls: type[T], sources: Sequence[Source], problems: Sequence[str] = (), elsewhere: Collection[str] = ()) -> T:
    """Return cls filled from the first source that names each setting; raise SettingsError with every problem.

    `problems` are those that reading the sources already found, such as a file that is not YAML; `elsewhere` are
    variables that others know, one of which an unknown variable may mean.
    """
    found = list(problems)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for source in sources:
        found += [_unknown(source, key, fields, elsewhere) for key in source.values if key not in fields]
    chosen, wrong = _chosen(cls, fields, sources)
    found += wrong
    defaults = {name: _default(field) for name, field in fields.items() if not any(name in s.values for s in sources)}
    values = {name: value for name, value in {**defaults, **chosen}.items() if value is not dataclasses.MISSING}
    together: Callable[[Said], list[str]] = getattr(cls, "problems_together", lambda _: [])
    found += together(Said(values, sources))
    if found:
        raise SettingsError(found)
    return cls(**chosen)


def _unknown(source: Source, key: str, fields: Collection[str], elsewhere: Collection[str]) -> str:
    # Here, so that a service without a wrong name does not carry it in memory.
    import difflib

    is_variable = source.name == ENVIRONMENT
    known = [source.written(name) for name in fields]
    meant = [*known, *elsewhere] if is_variable else known
    nearest = difflib.get_close_matches(source.written(key), meant, 1, NEARNESS_MIN)
    names = ", ".join(sorted(known if is_variable else fields))
    more = f"did you mean {nearest[0]}?" if nearest else f"known are {names}"
    return f"{source.spelled(key)}: no such setting; {more}"


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _chosen(
    cls: type[Any], fields: Mapping[str, dataclasses.Field[Any]], sources: Sequence[Source]
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that were said and can be used, and what is wrong with the others or missing."""
    hints = typing.get_type_hints(cls)
    found: list[str] = []
    chosen: dict[str, Any] = {}
    for name, field in fields.items():
        named_by = next((source for source in sources if name in source.values), None)
        if named_by is None:
            if _default(field) is dataclasses.MISSING:
                found.append(f"{name} is missing: {field.metadata[SETTINGS_METADATA]['doc']}")
            continue
        try:
            chosen[name] = parse(hints[name], named_by.values[name], field.metadata[SETTINGS_METADATA])
        except ValueError as error:
            # Each argument is one problem: a mapping may hold several.
            found += [f"{named_by.spelled(name)}: {problem}" for problem in error.args]
    return chosen, found
