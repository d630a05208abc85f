"""`python -m services.check_settings`: prints every problem of all services' settings as JSON, and starts nothing."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from typing import Any

from services.alerting.notifier.settings import NotifierSettings
from services.alerting.settings import AlertingSettings
from services.api.settings import ApiSettings
from services.collector.settings import CollectorSettings, host_problems
from services.ingest.settings import IngestSettings, ProvisionSettings
from shared.runtime.command_line import read_settings, variables_of
from shared.settings import SettingsError

SETTINGS: dict[str, type[Any]] = {
    "provision": ProvisionSettings,
    "ingest": IngestSettings,
    "api": ApiSettings,
    "collector": CollectorSettings,
    "notifier": NotifierSettings,
    "alerting": AlertingSettings,
}


def variables() -> list[str]:
    """Return every variable that a service knows."""
    return [variable for section, cls in SETTINGS.items() for variable in variables_of(cls, section)]


def find_problems(elsewhere: Sequence[str]) -> list[str]:
    """Return what is wrong with the environment and the YAML file, each problem once.

    `elsewhere` are the variables that whoever starts the services knows: a wrong name may mean one of those.
    """
    found: list[str] = []
    for section, cls in SETTINGS.items():
        try:
            settings = read_settings(cls, section, [], elsewhere=[*variables(), *elsewhere])
            if isinstance(settings, CollectorSettings):
                found += host_problems(settings.host or socket.gethostname().lower())
        except SettingsError as error:
            found += error.problems
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"problems": find_problems(sys.argv[1:]), "variables": variables()}))
