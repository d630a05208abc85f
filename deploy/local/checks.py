"""Finds every problem of the services' settings before anything starts, also what the stack would override."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.application import Application
from deploy.local.errors import StackError
from deploy.local.postgres import Reach
from deploy.local.programs import Program, Site, provision_program, service_programs
from deploy.local.said import OUR_VARIABLE
from deploy.local.settings import API_PORT, GIB, LOOPBACK, NATS_PORT, LocalSettings
from deploy.local.state import layout_of
from shared.runtime.command_line import SETTINGS_VARIABLE, read_sections, variables_of

CHECK_S_MAX = 30.0
OWN_API_PORT = f"{OUR_VARIABLE}API_PORT"
"""The stack's setting api_port, spelled like the setting port of the API."""
NEVER = frozenset({"nats_user", "once", "simulate"})
"""What the stack leaves at its default, because another value would break it."""
OFFERED = frozenset({"notifier.page_url"})
"""What the stack gives only where the user gives nothing."""
INSTEAD = {
    "api.port": "set local.api_port (VITALWIRE_API_PORT) instead",
    "api.bind": "set local.bind (VITALWIRE_BIND) instead",
    "ingest.bytes_max": "set local.bytes_max (VITALWIRE_BYTES_MAX) instead",
    "api.public_url": "set local.public_url (VITALWIRE_PUBLIC_URL) instead",
    "collector.spool_directory": "set local.home (VITALWIRE_HOME) instead",
    "collector.simulate": "set local.simulate (VITALWIRE_SIMULATE) instead",
    "api.admin_password": "set local.admin_password (VITALWIRE_ADMIN_PASSWORD) instead",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with the settings of the services, and every variable that they know."""

    problems: list[str]
    variables: list[str]


def check_services(checkout: Path, outside: Mapping[str, str], ingest_processes: int = 1) -> Checked:
    """Return what the services say about their settings; raise StackError when that cannot be found out."""
    decided = {
        program.name: {_plain(key.lower()) for key in _own(program)} | NEVER for program in _programs(checkout, {})
    }
    refused = {name for name in outside if _is_decided(decided, *_split(name)) and name != OWN_API_PORT}
    found = [f"environment: {name}: {_instead(*_split(name))}" for name in sorted(refused)]
    path = outside.get(SETTINGS_VARIABLE)
    # What is wrong with the file itself, the services tell.
    sections = read_sections(Path(path), []) if path else {}
    found += [
        f"{path}: {section}.{key}: {_instead(section, key)}"
        for section, values in sections.items()
        for key in values
        if _is_decided(decided, section, key)
    ]
    accepted = {name: value for name, value in outside.items() if name not in refused}
    checked = _ask_services(checkout, accepted, ingest_processes)
    return Checked(found + checked.problems, checked.variables)


def _ask_services(checkout: Path, outside: Mapping[str, str], ingest_processes: int) -> Checked:
    """Return what the services say about the environment that they would get; of several ingests the last one's."""
    environment: dict[str, str] = {}
    # Each is handed what is said to all: the last ingest's port of figures must not be replaced by the first one's.
    for program in sorted(_programs(checkout, outside, ingest_processes), key=lambda each: "ingest" in each.name):
        environment |= program.environment
    for program in _programs(checkout, {}):
        for key in _own(program):
            if _plain(key.lower()) != key.lower():
                # The files of secrets are made at the first start only.
                name = f"{OUR_VARIABLE}{program.name.upper()}_{key}"
                environment[name.removesuffix("_FILE")] = "made by the stack"
                del environment[name]
    done = subprocess.run(
        [sys.executable, "-m", "services.check_settings", *variables_of(LocalSettings, "local")],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=checkout, env=environment, check=False,
        timeout=CHECK_S_MAX, start_new_session=True,
    )  # fmt: skip
    try:
        return Checked(**json.loads(done.stdout))
    except ValueError:
        raise StackError(f"the settings cannot be checked:\n{done.stderr.strip()}") from None


def _programs(checkout: Path, outside: Mapping[str, str], ingest_processes: int = 1) -> list[Program]:
    """Return the services of a stack that is nowhere yet: which settings it gives them, and of what kind."""
    nowhere = Path("/")
    site = Site(
        layout=layout_of(nowhere),
        application=Application(Path(sys.executable), (checkout,), checkout, nowhere, nowhere, nowhere),
        stack="", bind=LOOPBACK, nats_port=NATS_PORT, api_port=API_PORT, public_url="http://localhost",
        reach=Reach(nowhere), host="localhost", memory_bytes=0, bytes_max=10 * GIB,
        ingest_processes=ingest_processes,
    )  # fmt: skip
    return [provision_program(site, outside), *service_programs(site, outside)]


def _own(program: Program) -> list[str]:
    """Return the names of the settings that the stack gives to a service."""
    prefix = f"{OUR_VARIABLE}{program.name.upper()}_"
    return [name.removeprefix(prefix) for name in program.environment if name.startswith(prefix)]


def _is_decided(decided: Mapping[str, set[str]], section: str, key: str) -> bool:
    return _plain(key) in decided.get(section, ()) and f"{section}.{key}" not in OFFERED


def _plain(key: str) -> str:
    return key.removesuffix("_file") if key.endswith("password_file") else key


def _split(variable: str) -> tuple[str, str]:
    if not variable.startswith(OUR_VARIABLE):
        return "", ""
    section, _, key = variable.removeprefix(OUR_VARIABLE).lower().partition("_")
    return section, key


def _instead(section: str, key: str) -> str:
    bus = "it brings its own bus, of which local.nats_port (VITALWIRE_NATS_PORT) sets the port"
    reason = INSTEAD.get(f"{section}.{_plain(key)}", bus if key == "nats_urls" else "leave it out")
    return f"the embedded stack decides this itself: {reason}"
