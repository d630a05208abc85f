"""Renders the configuration of nats-server: accounts, users and what each may do, storage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from shared.permissions import SAID_BY_HOSTS, Permissions
from shared.settings import Secret
from shared.subjects import ACCOUNT, HOSTS_ACCOUNT


@dataclass(frozen=True, slots=True)
class BusUser:
    """One bus user: what it may do and the hash of its password."""

    permissions: Permissions
    password_hash: str


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """Where nats-server listens and stores."""

    host: str
    port: int
    store: Path
    store_bytes_max: int
    sync_interval: str = "always"
    payload_bytes_max: int = 1024 * 1024


def hash_password(password: Secret) -> str:
    """Return the bcrypt hash at the lowest cost: the passwords are 256 random bits and need no stretching.

    Ten thousand hosts reconnecting at once must not cost minutes.
    """
    return bcrypt.hashpw(password.reveal().encode(), bcrypt.gensalt(rounds=4, prefix=b"2a")).decode()


def render(settings: NatsSettings, users: Sequence[BusUser]) -> str:
    """Return the configuration as text; every value is quoted, so no name can end its string."""
    lines = [
        f"host: {_quoted(settings.host)}",
        f"port: {settings.port}",
        f"max_payload: {settings.payload_bytes_max}",
        "jetstream: {",
        f"  store_dir: {_quoted(str(settings.store))}",
        f"  sync_interval: {settings.sync_interval}",
        f"  max_file: {settings.store_bytes_max}",
        "  max_mem: 67108864",
        "}",
        "accounts: {",
        f"  {ACCOUNT}: {{",
        "    jetstream: enabled",
        f"    exports: [{', '.join(_offered(subject) for subject in SAID_BY_HOSTS)}]",
        *_users(users, ACCOUNT),
        "  }",
        f"  {HOSTS_ACCOUNT}: {{",
        f"    imports: [{', '.join(_taken(subject) for subject in SAID_BY_HOSTS)}]",
        *_users(users, HOSTS_ACCOUNT),
        "  }",
        "}",
        "",
    ]
    return "\n".join(lines)


def _offered(subject: str) -> str:
    # A service and not a stream: what is said gets an answer, that it is stored.
    return f"{{ service: {_quoted(subject)}, accounts: [{HOSTS_ACCOUNT}] }}"


def _taken(subject: str) -> str:
    return f"{{ service: {{ account: {ACCOUNT}, subject: {_quoted(subject)} }} }}"


def _users(users: Sequence[BusUser], account: str) -> list[str]:
    there = (user for user in users if user.permissions.account == account)
    return ["    users: [", *(f"      {_user(user)}" for user in there), "    ]"]


def _user(user: BusUser) -> str:
    permissions = user.permissions
    return (
        f"{{ user: {_quoted(permissions.user)}, password: {_quoted(user.password_hash)}, permissions: {{ "
        f"publish: {_verb(permissions.publish, permissions.publish_denied)}, "
        f"subscribe: {_verb(permissions.subscribe)} }} }}"
    )


def _verb(allowed: Sequence[str], denied: Sequence[str] = ()) -> str:
    if not allowed:
        return '{ deny: [">"] }'
    deny = f", deny: {_list(denied)}" if denied else ""
    return f"{{ allow: {_list(allowed)}{deny} }}"


def _list(subjects: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(subject) for subject in subjects)}]"


def _quoted(text: str) -> str:
    return json.dumps(text)
