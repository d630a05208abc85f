"""`up`: from an empty or a used state directory to a running stack, step by step."""

from __future__ import annotations

import dataclasses
import logging
import logging.handlers
import os
import shlex
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import postgres
from deploy.local.account import Account, find_account
from deploy.local.application import prepare_application
from deploy.local.bus_users import add_host, add_roles, change_users, role_secret, set_simulator, write_config
from deploy.local.files import keep_secret
from deploy.local.leftovers import end_leftovers
from deploy.local.lock import own_identity, take_lock
from deploy.local.ports import PortWish, choose_port, port_is_free, port_notes
from deploy.local.process_table import read_table
from deploy.local.programs import (
    DATABASE_ROLES,
    Site,
    admin_password,
    database_secret,
    nats_program,
    postgres_program,
    provision_program,
    service_programs,
    signing_key,
)
from deploy.local.settings import (
    API_PORT,
    LOOPBACK,
    NATS_PORT,
    LocalSettings,
    authority,
    is_loopback,
    local_address,
    outside_address,
)
from deploy.local.spool_hours import spool_hours_max
from deploy.local.state import Layout, Record, find_home, layout_of, open_state, write_record
from deploy.local.supervisor import StopRequestedError, Supervisor
from shared.runtime.logs import JsonFormatter
from shared.subjects import TokenError, host_name

STEPS = 10
SUPERVISOR_LOG_BYTES_MAX = 4 * 1024**2
Say = Callable[[str], None]


class Progress:
    """Numbers the steps as they begin."""

    def __init__(self, say: Say, steps: int = STEPS) -> None:
        self.say = say
        self._steps = steps
        self._number = 0

    def step(self, text: str) -> None:
        """Say the next step."""
        self._number += 1
        self.say(f"[{self._number}/{self._steps}] {text}")

    def notes(self, texts: Iterable[str]) -> None:
        """Say several things about the present step."""
        for text in texts:
            self.note(text)

    def note(self, text: str) -> None:
        """Say something about the present step."""
        self.say(f"      {text}")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a stack is built on."""

    settings: LocalSettings
    checkout: Path
    outside: Mapping[str, str]
    layout: Layout
    account: Account


def run_stack(
    settings: LocalSettings, checkout: Path, outside: Mapping[str, str], stop: threading.Event, say: Say
) -> None:
    """Start the stack, keep it running until `stop` is set, end it; raise StackError when it cannot start."""
    progress = Progress(say, STEPS + settings.ingest_processes - 1 + (settings.simulate > 0))
    layout = layout_of(find_home(settings.home, checkout))
    progress.step(f"state directory {layout.home}")
    ground = Ground(settings, checkout, outside, layout, find_account(layout.home))
    record = open_state(layout, ground.account)
    with take_lock(layout.lock):
        _log_to_file(layout)
        ended = end_leftovers(read_table(layout.processes), record.stack)
        if ended:
            progress.note(f"ended {ended} processes that an earlier run had left")
        site = _prepare(ground, record, progress)
        supervisor = Supervisor(layout, ground.account, own_identity(), stop)
        try:
            _start(supervisor, ground, site, progress)
            for line in summary(site, checkout, at_usual_home=layout.home == find_home(None, checkout)):
                say(line)
            supervisor.supervise()
            say("stopping")
        except StopRequestedError:
            say("stopping")
        finally:
            supervisor.stop_all()
            end_leftovers(None, record.stack)
        say("stopped")


def _prepare(ground: Ground, record: Record, progress: Progress) -> Site:
    settings, layout, account = ground.settings, ground.layout, ground.account
    progress.step(f"programs, copied to {layout.application}" if account.switches else "programs")
    application = prepare_application(ground.checkout, layout.application, account)
    record = dataclasses.replace(
        _choose_ports(ground, record, progress), spool_hours_max=spool_hours_max(ground.outside)
    )
    write_record(layout, record)
    assert record.nats_port is not None
    assert record.api_port is not None
    host = this_host()
    with change_users(layout) as users:
        add_roles(users, layout, account)
        add_host(users, layout, account, host)
        set_simulator(users, layout, account, wanted=settings.simulate > 0)
        write_config(users, layout, account, settings.bind, record.nats_port)
    _keep_secrets(ground, progress)
    database_port = record.postgres_port
    outside = outside_address(settings.bind, socket.gethostname(), settings.public_url)
    return Site(
        layout=layout,
        application=application,
        stack=record.stack,
        bind=settings.bind,
        nats_port=record.nats_port,
        api_port=record.api_port,
        public_url=settings.public_url or f"http://{authority(outside, record.api_port)}",
        reach=postgres.Reach(layout.socket) if database_port is None else postgres.Reach(None, database_port),
        host=host,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        bytes_max=settings.bytes_max,
        simulate=settings.simulate,
        ingest_processes=settings.ingest_processes,
        spool_hours_max=record.spool_hours_max,
    )


def _choose_ports(ground: Ground, record: Record, progress: Progress) -> Record:
    settings = ground.settings

    def free(port: int) -> bool:
        return port_is_free(settings.bind, port)

    wish = PortWish("VITALWIRE_NATS_PORT", settings.nats_port, record.nats_port, NATS_PORT)
    nats = choose_port(wish, free)
    progress.notes(port_notes("the bus", wish, nats, free))
    wish = PortWish("VITALWIRE_API_PORT", settings.api_port, record.api_port, API_PORT)
    api = choose_port(wish, lambda port: port != nats and free(port))
    progress.notes(port_notes("the page", wish, api, free))
    database = None
    if not postgres.socket_fits(ground.layout.socket):
        wish = PortWish("the database's port", None, record.postgres_port, postgres.PORT)
        database = choose_port(wish, lambda port: port_is_free(LOOPBACK, port))
    return dataclasses.replace(
        record, bind=settings.bind, public_url=settings.public_url, nats_port=nats, api_port=api, postgres_port=database
    )


def _keep_secrets(ground: Ground, progress: Progress) -> None:
    settings, layout, account = ground.settings, ground.layout, ground.account
    for role in (postgres.SUPERUSER, *DATABASE_ROLES):
        keep_secret(database_secret(layout, role), account)
    keep_secret(signing_key(layout), account)
    if settings.admin_password is not None and admin_password(layout).exists():
        progress.note(
            "VITALWIRE_ADMIN_PASSWORD is not used, because the user admin exists: it sets the password at the first "
            "start only; change it on the page"
        )
    keep_secret(admin_password(layout), account, settings.admin_password)


def _start(supervisor: Supervisor, ground: Ground, site: Site, progress: Progress) -> None:
    layout, account, outside = ground.layout, ground.account, ground.outside
    progress.step(f"NATS on {authority(site.bind, site.nats_port)}")
    supervisor.start(nats_program(site, outside))
    progress.step("PostgreSQL")
    password = database_secret(layout, postgres.SUPERUSER)
    postgres.initialise(site.application.postgres, layout.postgres, password, account)
    supervisor.start(postgres_program(site, outside))
    progress.step("provision: streams, roles, schema")
    supervisor.run(provision_program(site, outside))
    for program in service_programs(site, outside):
        progress.step(program.name)
        supervisor.start(program)


def summary(site: Site, checkout: Path, *, at_usual_home: bool) -> list[str]:
    """Return what the user needs to know; where secrets lie, never the secrets."""
    layout, bind = site.layout, site.bind
    home = "" if at_usual_home else f"VITALWIRE_HOME={shlex.quote(str(layout.home))} "
    page = site.public_url if not is_loopback(bind) else f"http://{authority(local_address(bind), site.api_port)}"
    lines = [
        "",
        f"Vitalwire runs: {page}",
        f"  user       admin, password in {admin_password(layout)}",
        f"  subscribe  {site.nats_url} as user 'subscriber', password in {role_secret(layout, 'subscriber')}",
        f"  add a host cd {shlex.quote(str(checkout))} && {home}.venv/bin/python -m deploy.local add-host NAME",
        *([f"  invented   {site.simulate} hosts, sim-0001 and on"] if site.simulate else []),
        "",
    ]
    if not is_loopback(bind):
        lines += [
            f"VITALWIRE_PUBLIC_URL names the address under which browsers reach the page: now {site.public_url}",
            f"warning: VITALWIRE_BIND={bind} serves the page and the bus without TLS: "
            f"use it only in a network that you trust, or put a TLS proxy before it",
            "",
        ]
    return lines


def this_host() -> str:
    """Return this machine's name as a host; a name that cannot be one becomes `localhost`."""
    try:
        return host_name(socket.gethostname().lower())
    except TokenError:
        return "localhost"


def _log_to_file(layout: Layout) -> None:
    handler = logging.handlers.RotatingFileHandler(
        layout.log("supervisor"), maxBytes=SUPERVISOR_LOG_BYTES_MAX, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(JsonFormatter("supervisor"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
