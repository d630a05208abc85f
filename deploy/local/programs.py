"""The processes of the stack: what each is called, how it is started, and what it says when it is ready."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import postgres
from deploy.local.application import Application
from deploy.local.bus_users import BACKFILL_BYTES_MAX, METRICS_BYTES_MAX, host_secret, role_secret
from deploy.local.identity import MARKER
from deploy.local.said import OUR_VARIABLE, said
from deploy.local.settings import authority, local_address
from deploy.local.spool_hours import is_named
from deploy.local.state import Layout
from shared.runtime.command_line import SETTINGS_VARIABLE
from shared.subjects import SIMULATOR

METRICS_DIVISOR, BACKFILL_DIVISOR = 5, 10
"""What is left of a low ceiling by size when the streams took their part is the database's."""
SERVICE_READY = '"event": "ready"'
DATABASE_ROLES = ("vw_ingest", "vw_read", "vw_app")
OURS_IN_A_SECTION = f"{OUR_VARIABLE}INGEST_PROCESSES"
"""The stack's setting ingest_processes, spelled like a setting of ingest."""
INGEST_PROCESSES_PROVISIONED = 4
"""So many ingest processes may share the durables as provision makes them by default."""
CONNECTIONS_OF_INGEST = 4
"""Sample sets, events of alerts, upkeep, and the watch of the streams have one each; a backlog of rollups takes one
more, of whichever process is at it."""
SERVICE_STOP_S_MAX = 20.0
"""Longer than ingest takes by its own bounds while the database is frozen."""
SECTIONS_PASSED_ON = ("PROVISION_", "INGEST_", "API_", "COLLECTOR_", "NOTIFIER_", "ALERTING_", "SETTINGS")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
"""In capital or small letters, as programs read both."""
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Program:
    """One process as the supervisor starts and ends it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    ready_text: str
    stop_signal: int = signal.SIGTERM
    stop_s_max: float = 10.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where one stack lives: its paths, programs, addresses."""

    layout: Layout
    application: Application
    stack: str
    bind: str
    nats_port: int
    api_port: int
    public_url: str
    reach: postgres.Reach
    host: str
    memory_bytes: int
    bytes_max: int
    simulate: int = 0
    ingest_processes: int = 1
    spool_hours_max: int | None = None

    @property
    def nats_url(self) -> str:
        """Return the bus address for this machine's own processes."""
        return f"nats://{authority(local_address(self.bind), self.nats_port)}"


def database_secret(layout: Layout, role: str) -> Path:
    """Return the file with the password of a database role."""
    return layout.secret(f"database-{role}")


def signing_key(layout: Layout) -> Path:
    """Return the file with the key that signs access tokens."""
    return layout.secret("signing-key")


def admin_password(layout: Layout) -> Path:
    """Return the file with the first password of the user admin."""
    return layout.secret("admin-password")


def nats_program(site: Site, outside: Mapping[str, str]) -> Program:
    """Return nats-server."""
    return Program(
        "nats", (str(site.application.nats_server), "-c", str(site.layout.nats_config)),
        # Times in logs are UTC, so that those of all processes can be put in order.
        _environment(site, outside, {"TZ": "UTC"}), Path("/"), "Server is ready",
    )  # fmt: skip


def postgres_program(site: Site, outside: Mapping[str, str]) -> Program:
    """Return PostgreSQL; an interrupt is its fast shutdown, which waits for no client."""
    connections = postgres.CONNECTIONS_MAX + CONNECTIONS_OF_INGEST * (site.ingest_processes - 1)
    command = postgres.command(
        site.application.postgres, site.layout.postgres, site.reach, site.memory_bytes, connections
    )
    return Program(
        "postgres", command, _environment(site, outside, {"TZ": "UTC"}), Path("/"),
        "database system is ready to accept connections", signal.SIGINT, 30.0,
    )  # fmt: skip


def provision_program(site: Site, outside: Mapping[str, str]) -> Program:
    """Return the one that makes streams, roles and schema, and ends."""
    own = {
        "DATABASE_URL": site.reach.url(postgres.SUPERUSER),
        "DATABASE_PASSWORD_FILE": database_secret(site.layout, postgres.SUPERUSER),
        "METRICS_BYTES_MAX": min(METRICS_BYTES_MAX, site.bytes_max // METRICS_DIVISOR or METRICS_BYTES_MAX),
        "BACKFILL_BYTES_MAX": min(BACKFILL_BYTES_MAX, site.bytes_max // BACKFILL_DIVISOR or BACKFILL_BYTES_MAX),
    } | {f"{role.removeprefix('vw_').upper()}_PASSWORD_FILE": database_secret(site.layout, role)
         for role in DATABASE_ROLES}  # fmt: skip
    if site.ingest_processes > max(INGEST_PROCESSES_PROVISIONED, number_said(outside, "provision", "processes_max")):
        own["PROCESSES_MAX"] = site.ingest_processes
    return _service(site, outside, "provision", "services.ingest.provision", own)


def service_programs(site: Site, outside: Mapping[str, str]) -> list[Program]:
    """Return the services in the order of their start, which is that of their end turned round.

    The evaluator is last: while the others start, or end, hosts fall silent of which nobody must be told. What was said
    before it began it reads in the stream. The notifier is there to hear it, and until its last word.
    """
    layout = site.layout
    ingest = {
        "DATABASE_URL": site.reach.url("vw_ingest"),
        "DATABASE_PASSWORD_FILE": database_secret(layout, "vw_ingest"),
        "BYTES_MAX": site.bytes_max,
        "WATCHED_DIRECTORY": layout.home,
    }
    api = {
        "BIND": site.bind,
        "PORT": site.api_port,
        "PUBLIC_URL": site.public_url,
        "READ_DATABASE_URL": site.reach.url("vw_read"),
        "READ_DATABASE_PASSWORD_FILE": database_secret(layout, "vw_read"),
        "APP_DATABASE_URL": site.reach.url("vw_app"),
        "APP_DATABASE_PASSWORD_FILE": database_secret(layout, "vw_app"),
        "SIGNING_KEY_FILE": signing_key(layout),
        "ADMIN_PASSWORD_FILE": admin_password(layout),
        "PAGE": site.application.page,
    }
    collector = {
        "HOST": site.host,
        "NATS_PASSWORD_FILE": host_secret(layout, site.host),
        "SPOOL_DIRECTORY": layout.spool,
    }
    if site.spool_hours_max is not None and not is_named(outside):
        collector["SPOOL_HOURS_MAX"] = site.spool_hours_max
    programs = [
        *_ingest(site, outside, ingest),
        _service(site, outside, "api", "services.api", api),
        _service(site, outside, "collector", "services.collector", collector),
    ]
    if site.simulate:
        programs.append(_simulator(site, outside))
    return [
        *programs,
        _notifier(site, outside),
        _service(site, outside, "alerting", "services.alerting", {}),
    ]


def _ingest(site: Site, outside: Mapping[str, str], own: Mapping[str, object]) -> list[Program]:
    """Return the ingest processes; the figures of each are on the port after that of the one before."""
    port = number_said(outside, "ingest", "metrics_port")
    programs = [_service(site, outside, "ingest", "services.ingest", own)]
    for number in range(2, site.ingest_processes + 1):
        more = {**own, "METRICS_PORT": port + number - 1} if port else own
        program = _service(site, outside, "ingest", "services.ingest", more)
        programs.append(dataclasses.replace(program, name=f"ingest-{number}"))
    return programs


def number_said(outside: Mapping[str, str], section: str, key: str) -> int:
    """Return a whole number that the environment, or else the YAML file, sets for a service; 0 when neither does.

    What is no number is the service's own to refuse.
    """
    found = said(outside, section, key)
    return int(found) if isinstance(found, int | str) and str(found).isdecimal() else 0


def _notifier(site: Site, outside: Mapping[str, str]) -> Program:
    """Return the notifier: messages link to this stack's page unless the user names another, or none.

    It alone talks to others than us, so it alone is told by which proxies they are reached, and whom to trust.
    """
    page = {"PAGE_URL": site.public_url} if said(outside, "notifier", "page_url") is None else {}
    program = _service(site, outside, "notifier", "services.alerting.notifier", page)
    proxies = {name: value for name, value in outside.items() if value and name.upper() in PROXIES}
    certificates = {name: os.path.abspath(outside[name]) for name in CERTIFICATES if outside.get(name)}
    return dataclasses.replace(program, environment={**proxies, **certificates, **program.environment})


def _simulator(site: Site, outside: Mapping[str, str]) -> Program:
    """Return a second collector, which invents hosts and has a credential that may speak for them."""
    own = {
        "HOST": site.host,
        "NATS_PASSWORD_FILE": role_secret(site.layout, SIMULATOR),
        "SIMULATE": site.simulate,
    }
    return dataclasses.replace(_service(site, outside, "collector", "services.collector", own), name=SIMULATOR)


def _service(
    site: Site, outside: Mapping[str, str], section: str, module: str, settings: Mapping[str, object]
) -> Program:
    bus = {"NATS_URLS": site.nats_url}
    if "NATS_PASSWORD_FILE" not in settings:
        bus["NATS_PASSWORD_FILE"] = str(role_secret(site.layout, section))
    own = {f"{OUR_VARIABLE}{section.upper()}_{key}": str(value) for key, value in {**bus, **settings}.items()}
    own |= {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    return Program(
        section, (str(site.application.python), "-m", module),
        _environment(site, outside, {**site.application.environment(), **own}),
        site.application.sources, SERVICE_READY, stop_s_max=SERVICE_STOP_S_MAX,
    )  # fmt: skip


def _environment(site: Site, outside: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return a small environment: nothing of the caller's but settings of the services, and never the password.

    Names and messages are not translated, so that readiness is recognised whatever the caller's language is.
    """
    passed = {
        name: value
        for name, value in outside.items()
        if name.startswith(OUR_VARIABLE)
        and name.removeprefix(OUR_VARIABLE).startswith(SECTIONS_PASSED_ON)
        and name != OURS_IN_A_SECTION
    }
    if SETTINGS_VARIABLE in passed:
        passed[SETTINGS_VARIABLE] = os.path.abspath(passed[SETTINGS_VARIABLE])
    fixed = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(site.layout.home), MARKER: site.stack}
    return {**passed, **fixed, **own}
