"""The value of one setting: text, or what YAML made of it, becomes the type that was declared, or a ValueError."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Secret:
    """A text that never prints: not in logs, errors, tracebacks or reprs."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one place that hands it on."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def parse(hint: Any, value: Any, rules: Mapping[str, Any]) -> Any:
    """Return the value as the type of its setting; raise ValueError, with one argument for each problem."""
    inner = [argument for argument in typing.get_args(hint) if argument is not type(None)]
    if type(None) in typing.get_args(hint):
        return None if value is None or value == "" else parse(inner[0], value, rules)
    if hint is Secret:
        if not isinstance(value, str) or not value:
            raise ValueError("expected a text that is not empty")
        return Secret(value)
    if typing.get_origin(hint) is tuple:
        return _parse_texts(value)
    if typing.get_origin(hint) is dict:
        return _parse_mapping(inner[1], value, rules)
    if hint is bool:
        return _parse_bool(value)
    if hint in (int, float):
        number = _parse_number(hint, value, rules)
        if rules["check"] is not None:
            rules["check"](number)
        return number
    return _parse_text(hint, value, rules)


def _parse_text(hint: Any, value: Any, rules: Mapping[str, Any]) -> Any:
    if isinstance(value, (dict, list, bool)) or value is None:
        raise ValueError(f"expected a text, got {type(value).__name__}")
    text = str(value)
    if rules["choices"] and text not in rules["choices"]:
        raise ValueError(f"expected one of {', '.join(rules['choices'])}, got {text!r}")
    if rules["check"] is not None:
        rules["check"](text)
    if hint is Path:
        if not text:
            raise ValueError("expected a path, got an empty text")
        return Path(text)
    return text


def _parse_texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    # The value is not repeated: an address may hold a password.
    raise ValueError(f"expected a list of texts, or one text with commas, got {type(value).__name__}")


def _parse_mapping(number: Any, value: Any, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers by their names; raise ValueError with one argument for each entry that is wrong."""
    problems = []
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",") if part.strip()]
        problems = [f"expected name=number, name=number, got {part!r}" for part in parts if "=" not in part]
        pairs = [part.partition("=") for part in parts if "=" in part]
        value = {key.strip(): text.strip() for key, _, text in pairs}
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping of names to numbers, got {value!r}")
    parsed = {}
    for key, text in value.items():
        name = str(key)
        if rules["choices"] and name not in rules["choices"]:
            problems.append(f"{name}: expected one of {', '.join(rules['choices'])}")
        try:
            parsed[name] = _parse_number(number, text, rules)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise ValueError(*problems)
    return parsed


def _parse_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = str(value).lower()
    if text not in known:
        raise ValueError(f"expected true or false, got {value!r}")
    return known[text]


def _parse_number(kind: Any, value: Any, rules: Mapping[str, Any]) -> Any:
    low, high = rules["minimum"], rules["maximum"]
    lowest, highest = ("any" if bound is None else bound for bound in (low, high))
    between = "" if low is None and high is None else f" of {lowest} to {highest}"
    expected = f"expected a {'whole number' if kind is int else 'number'}{between}, got {value!r}"
    if isinstance(value, bool):
        raise ValueError(expected)
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(expected) from error
    if not math.isfinite(number) or (kind is int and isinstance(value, float) and value != number):
        raise ValueError(expected)
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(expected)
    return number
