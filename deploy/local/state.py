"""The state directory: where everything lies, and the record of what made it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from deploy.local.account import Account, may_enter
from deploy.local.binaries import POSTGRES_MAJOR
from deploy.local.errors import StackError
from deploy.local.files import write_whole

PRODUCT = "vitalwire"
SCHEMA = 1
ROOT_HOME = Path("/var/lib/vitalwire")
FILE_NAME_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True)
class Record:
    """What `state.json` says: who made the directory, for which versions, and where it listens."""

    product: str = PRODUCT
    schema: int = SCHEMA
    postgres_major: int = POSTGRES_MAJOR
    stack: str = ""
    bind: str = "127.0.0.1"
    public_url: str | None = None
    nats_port: int | None = None
    api_port: int | None = None
    postgres_port: int | None = None
    spool_hours_max: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of the state directory."""

    home: Path
    record: Path
    lock: Path
    processes: Path
    logs: Path
    secrets: Path
    bus_users: Path
    nats_config: Path
    nats_store: Path
    postgres: Path
    socket: Path
    spool: Path
    application: Path

    def log(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.logs / f"{name}.log"

    def secret(self, name: str) -> Path:
        """Return the file of one secret; a name longer than file systems take ends in its hash."""
        if len(name) > FILE_NAME_CHARACTERS_MAX:
            name = f"{name[:FILE_NAME_CHARACTERS_MAX]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        return self.secrets / name


def layout_of(home: Path) -> Layout:
    """Return the paths below a state directory."""
    return Layout(
        home=home,
        record=home / "state.json",
        lock=home / "supervisor.lock",
        processes=home / "processes.json",
        logs=home / "logs",
        secrets=home / "secrets",
        bus_users=home / "bus-users.json",
        nats_config=home / "nats.conf",
        nats_store=home / "nats",
        postgres=home / "postgres",
        socket=home / "socket",
        spool=home / "spool",
        application=home / "application",
    )


def find_home(named: Path | None, checkout: Path) -> Path:
    """Return the state directory: the named one, or the usual one of this user."""
    if named is not None:
        return Path(os.path.abspath(named.expanduser()))
    return ROOT_HOME if os.geteuid() == 0 else checkout / ".vitalwire"


def read_record(layout: Layout) -> Record | None:
    """Return the record, None in a directory that is new; raise StackError when another version made it."""
    try:
        text = layout.record.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StackError(_no_permission(layout.home, error)) from error
    try:
        values = json.loads(text)
        record = Record(**values)
    except (ValueError, TypeError):
        raise StackError(
            f"{layout.record} is not a record of this version of Vitalwire: set VITALWIRE_HOME to another directory, "
            f"or use the version that made it"
        ) from None
    check_record(record, layout.home)
    return record


def known_stack(layout: Layout) -> tuple[Record, int]:
    """Return the record and the port of the bus; raise StackError where no stack was ever started."""
    record = read_record(layout)
    if record is None or record.nats_port is None:
        raise StackError(f"there is no stack in {layout.home}: start it once with 'make up'")
    return record, record.nats_port


def check_record(record: Record, home: Path) -> None:
    """Raise StackError when this version cannot use a directory with such a record."""
    if record.product != PRODUCT or record.schema != SCHEMA:
        raise StackError(
            f"{home} was made by another version ({record.product}, schema {record.schema}; this one reads schema "
            f"{SCHEMA}): set VITALWIRE_HOME to another directory, or use the version that made it"
        )
    if record.postgres_major != POSTGRES_MAJOR:
        raise StackError(
            f"the database in {home} is of PostgreSQL {record.postgres_major}, this version brings {POSTGRES_MAJOR}: "
            f"save it with pg_dump of the version that made it, then set VITALWIRE_HOME to a new directory"
        )


def open_state(layout: Layout, account: Account) -> Record:
    """Return the record of the directory, made with all its parts when it is new."""
    record = read_record(layout)
    try:
        if record is None:
            _refuse_foreign(layout.home)
        layout.home.mkdir(parents=True, exist_ok=True)
        # As root the account must pass, but own nothing here: what root writes must not be a link of its making.
        layout.home.chmod(0o755 if account.switches else 0o700)
        for directory, mode in ((layout.logs, 0o700), (layout.secrets, 0o711)):
            directory.mkdir(exist_ok=True)
            directory.chmod(mode)
        for directory in (layout.nats_store, layout.postgres, layout.socket, layout.spool):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o700)
            account.own(directory)
        if not may_enter(account, layout.home):
            raise StackError(
                f"the user that the services run as cannot enter {layout.home}, because a directory above it is "
                f"private: set VITALWIRE_HOME to a directory that every user can pass to, such as {ROOT_HOME}"
            )
        if record is None:
            record = Record(stack=secrets.token_hex(16))
            write_record(layout, record)
    except OSError as error:
        raise StackError(_no_permission(layout.home, error)) from error
    return record


def write_record(layout: Layout, record: Record) -> None:
    """Replace the record."""
    write_whole(layout.record, json.dumps(dataclasses.asdict(record), indent=2) + "\n")


def _refuse_foreign(home: Path) -> None:
    if home.is_dir() and any(home.iterdir()) and not (home / "logs").is_dir():
        raise StackError(f"{home} is not empty and not Vitalwire's: set VITALWIRE_HOME to a new or empty directory")


def _no_permission(home: Path, error: OSError) -> str:
    return (
        f"the state directory {home} cannot be used ({error.strerror or error}): make it yours, "
        f"or set VITALWIRE_HOME to a directory that you may write to"
    )
