"""`add-host` and `remove-host`: one credential for each host, at work at once and without touching the others."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

from deploy.local.account import Account
from deploy.local.bus_probe import Credential, wait_until_bus
from deploy.local.bus_users import (
    BusUsers,
    add_host,
    add_roles,
    change_users,
    checked_host,
    host_secret,
    remove_host,
    write_config,
)
from deploy.local.errors import StackError
from deploy.local.files import read_secret
from deploy.local.host_line import collector_line
from deploy.local.identity import is_alive
from deploy.local.process_table import Entry, read_table
from deploy.local.settings import authority, is_loopback, is_wildcard, local_address, outside_address
from deploy.local.state import Layout, Record, known_stack
from shared.subjects import host_user

RELOAD_S_MAX = 10.0
Say = Callable[[str], None]


def add(name: str, layout: Layout, account: Account, warn: Say) -> str:
    """Return the line that runs a collector as this host; the bus knows the host when this returns."""
    host = checked_host(name)
    record, port = known_stack(layout)
    bind = record.bind
    with change_users(layout) as users:
        is_new = add_host(users, layout, account, host)
        _write(users, layout, account, bind, port)
    if not is_new:
        warn(f"{host} has a credential already: this is its line")
    secret = read_secret(host_secret(layout, host))
    if not _reload(layout, record, Credential(host_user(host), secret), accepted=True):
        warn("the stack does not run: the line works once 'make up' has started it")
    if is_loopback(bind):
        warn(
            "the bus listens on loopback only, so the line works on this machine: for others, start the stack with "
            "VITALWIRE_BIND set to an address that they reach"
        )
    address = outside_address(bind, socket.gethostname(), record.public_url)
    if is_wildcard(bind):
        warn(
            f"the line reaches the bus at {address}: if the host does not know this machine under that name, put "
            f"another into VITALWIRE_COLLECTOR_NATS_URLS, or start the stack with VITALWIRE_PUBLIC_URL, whose name "
            f"the line then uses"
        )
    return collector_line(host, f"nats://{authority(address, port)}", secret, record.spool_hours_max)


def remove(name: str, layout: Layout, account: Account, own: str) -> str:
    """Take a host's credential away, cut its connection, return a line about it; raise StackError where that is wrong.

    `own` is the host that the stack's own collector speaks for: with the bus refusing it everything would seem to run.
    """
    host = checked_host(name)
    record, port = known_stack(layout)
    if host == own:
        raise StackError(
            f"{host} is this machine, and the stack's own collector speaks for it, so its credential stays: "
            f"'make down' ends both; for a new password delete {host_secret(layout, host)} before the next 'make up'"
        )
    with change_users(layout) as users:
        if host not in users.hosts:
            raise StackError(f"{host} has no credential; known are: {', '.join(sorted(users.hosts)) or 'none'}")
        secret = read_secret(host_secret(layout, host))
        remove_host(users, layout, host)
        _write(users, layout, account, record.bind, port)
    _reload(layout, record, Credential(host_user(host), secret), accepted=False)
    return f"the credential of {host} has ended; what it published stays, and it is listed as silent for 24 h"


def _write(users: BusUsers, layout: Layout, account: Account, bind: str, port: int) -> None:
    add_roles(users, layout, account)
    write_config(users, layout, account, bind, port)


def _reload(layout: Layout, record: Record, credential: Credential, accepted: bool) -> bool:
    """Let a running bus read its users anew and wait until it did; return False when none runs."""
    bus = _running_bus(layout)
    if bus is None:
        return False
    os.kill(bus.pid, signal.SIGHUP)
    address = (local_address(record.bind), record.nats_port or 0)
    if not wait_until_bus(accepted, address, credential, RELOAD_S_MAX):
        raise StackError(f"the bus did not take the change over within {RELOAD_S_MAX:.0f} s: see {layout.log('nats')}")
    return True


def _running_bus(layout: Layout) -> Entry | None:
    table = read_table(layout.processes)
    entries = table.entries if table else ()
    return next((entry for entry in entries if entry.name == "nats" and is_alive(entry.identity)), None)
