"""What users say to the services of the stack: in the environment, or else in the YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.runtime.command_line import SETTINGS_VARIABLE, read_sections

OUR_VARIABLE = "VITALWIRE_"


def said(outside: Mapping[str, str], section: str, key: str) -> object:
    """Return what a setting of a service is given, None where that is nothing.

    A file that cannot be read gives nothing: the service itself refuses it.
    """
    found: object = outside.get(f"{OUR_VARIABLE}{section.upper()}_{key.upper()}")
    path = outside.get(SETTINGS_VARIABLE)
    if found is None and path:
        found = read_sections(Path(path), []).get(section, {}).get(key)
    return found
