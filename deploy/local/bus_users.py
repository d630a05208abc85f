"""Who may use the bus: one user per role and per host, kept with the hashes from which nats.conf is written."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.account import Account
from deploy.local.errors import StackError
from deploy.local.files import keep_secret, write_whole
from deploy.local.nats_config import BusUser, NatsSettings, hash_password, render
from deploy.local.state import Layout
from shared.permissions import host_permissions, role_permissions
from shared.streams import streams
from shared.subjects import ROLES, SIMULATOR, TokenError, host_name, host_user

METRICS_BYTES_MAX = 2 * 1024**3
BACKFILL_BYTES_MAX = 1024**3
STORE_SLACK_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class BusUsers:
    """The hash of each user's password. A hash stays as it is: a new one would cut the user's connections."""

    roles: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)


def read_users(layout: Layout) -> BusUsers:
    """Return the users; none when the stack was never started."""
    try:
        return BusUsers(**json.loads(layout.bus_users.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return BusUsers()
    except PermissionError as error:
        raise StackError(
            f"{error.filename} belongs to another user: run this as the user that runs the stack"
        ) from error


@contextmanager
def change_users(layout: Layout) -> Iterator[BusUsers]:
    """Yield the users for a change, which is kept at the end; two changes at once wait for each other."""
    with (layout.home / "bus-users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        users = read_users(layout)
        yield users
        text = json.dumps({"roles": users.roles, "hosts": users.hosts}, indent=2, sort_keys=True)
        write_whole(layout.bus_users, text + "\n", 0o600)


def add_roles(users: BusUsers, layout: Layout, account: Account) -> None:
    """Give every role a credential that has none yet."""
    for role in ROLES:
        _add_role(users, layout, account, role)


def set_simulator(users: BusUsers, layout: Layout, account: Account, *, wanted: bool) -> None:
    """Give the simulator a credential where hosts are to be invented; end it where they are not."""
    if wanted:
        _add_role(users, layout, account, SIMULATOR)
    else:
        role_secret(layout, SIMULATOR).unlink(missing_ok=True)
        users.roles.pop(SIMULATOR, None)


def add_host(users: BusUsers, layout: Layout, account: Account, host: str) -> bool:
    """Give a host a credential; return False when it has one, which stays."""
    if host in users.hosts and host_secret(layout, host).exists():
        return False
    users.hosts[host] = hash_password(keep_secret(host_secret(layout, host), account))
    return True


def remove_host(users: BusUsers, layout: Layout, host: str) -> bool:
    """Take a host's credential away; return False when it had none."""
    host_secret(layout, host).unlink(missing_ok=True)
    return users.hosts.pop(host, None) is not None


def checked_host(text: str) -> str:
    """Return the text when it can name a host; raise StackError otherwise."""
    try:
        return host_name(text)
    except TokenError as error:
        raise StackError(str(error)) from error


def role_secret(layout: Layout, role: str) -> Path:
    """Return the file with the password of a role's bus user."""
    return layout.secret(f"bus-{role}")


def host_secret(layout: Layout, host: str) -> Path:
    """Return the file with the password of a host's bus user."""
    return layout.secret(f"bus-{host_user(host)}")


def write_config(users: BusUsers, layout: Layout, account: Account, bind: str, port: int) -> None:
    """Write nats.conf: where the bus listens, how much it keeps, and who may do what there. It holds only hashes."""
    settings = NatsSettings(bind, port, layout.nats_store, store_bytes_max())
    write_whole(layout.nats_config, render(settings, bus_users(users.roles, users.hosts)), 0o600, account)


def store_bytes_max() -> int:
    """Return the room that JetStream needs for every stream at its limit."""
    return sum(stream.bytes_max for stream in streams(METRICS_BYTES_MAX, BACKFILL_BYTES_MAX)) + STORE_SLACK_BYTES


def bus_users(roles: Mapping[str, str], hosts: Mapping[str, str]) -> list[BusUser]:
    """Return the users as nats.conf lists them; a role that this version does not know is left out."""
    known = [BusUser(role_permissions(role), roles[role]) for role in (*ROLES, SIMULATOR) if role in roles]
    return known + [BusUser(host_permissions(host), hashed) for host, hashed in sorted(hosts.items())]


def _add_role(users: BusUsers, layout: Layout, account: Account, role: str) -> None:
    if role not in users.roles or not role_secret(layout, role).exists():
        users.roles[role] = hash_password(keep_secret(role_secret(layout, role), account))
