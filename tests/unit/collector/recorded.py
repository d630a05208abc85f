"""Recordings of what psutil said on other systems, as attributes again."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

DIRECTORY = Path(__file__).parent / "recordings"
SYSTEMS = ("ubuntu_snaps", "docker_host", "nas", "server_64_cores", "windows", "macos")


def recording(system: str) -> dict[str, Any]:
    """Return the recording of a system; mappings of numbers and texts become objects with attributes."""
    told: dict[str, Any] = json.loads((DIRECTORY / f"{system}.json").read_text(encoding="utf-8"))
    return {name: _objects(value) for name, value in told.items()}


def _objects(value: Any) -> Any:
    if isinstance(value, list):
        return [_objects(each) for each in value]
    if isinstance(value, dict):
        inner = {name: _objects(each) for name, each in value.items()}
        nested = any(isinstance(each, SimpleNamespace) for each in inner.values())
        return inner if nested else SimpleNamespace(**inner)
    return value
