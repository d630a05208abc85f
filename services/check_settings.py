"""`python -m services.check_settings`: prints every problem of all services' settings as JSON, and starts nothing."""

from __future__ import annotations

import json
import socket
import sys

from services.api.settings import ApiSettings
from services.collector.settings import CollectorSettings, problems_of
from services.ingest.settings import IngestSettings, ProvisionSettings, retention_of
from shared.runtime.command_line import read_settings
from shared.settings import SettingsError

SETTINGS = {"ingest": IngestSettings, "api": ApiSettings}


def find_problems() -> list[str]:
    """Return what is wrong with the environment and the YAML file, each problem once."""
    found: list[str] = []
    try:
        retention = retention_of(read_settings(ProvisionSettings, "provision", []))
        found += [f"provision.{problem}" for problem in retention.problems()]
    except SettingsError as error:
        found += error.problems
    for section, cls in SETTINGS.items():
        try:
            read_settings(cls, section, [])
        except SettingsError as error:
            found += error.problems
    try:
        collector = read_settings(CollectorSettings, "collector", [])
        found += problems_of(collector, collector.host or socket.gethostname().lower())
    except SettingsError as error:
        found += error.problems
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(find_problems()))
