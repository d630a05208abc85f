"""PostgreSQL of the embedded stack: its data directory, how it is started, how it is reached."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local.account import Account
from deploy.local.errors import StackError
from deploy.local.settings import LOOPBACK

DATABASE = "vitalwire"
SUPERUSER = "postgres"
PORT = 5432
SOCKET_PATH_BYTES_MAX = 107
MEMORY_SHARE_OF_BUFFERS = 8
CONNECTIONS_MAX = 60
BUFFERS_MIB_MIN, BUFFERS_MIB_MAX = 64, 512


@dataclass(frozen=True, slots=True)
class Reach:
    """How clients reach the server: through a socket in a private directory, or a port on loopback."""

    socket: Path | None
    port: int = PORT

    def url(self, role: str) -> str:
        """Return the address of the database for a role, without its password."""
        if self.socket is None:
            return f"postgresql://{role}@{LOOPBACK}:{self.port}/{DATABASE}"
        return f"postgresql://{role}@/{DATABASE}?host={quote(str(self.socket), safe='')}"


def socket_fits(directory: Path) -> bool:
    """Return whether the server's socket in this directory has a path that sockaddr_un can hold."""
    return len(bytes(directory / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES_MAX


def initialise(home: Path, directory: Path, password_file: Path, account: Account) -> None:
    """Make directory/data with the database in it; it appears whole or not at all."""
    if (directory / "data").exists():
        return
    scratch = directory / "data-new"
    shutil.rmtree(scratch, ignore_errors=True)
    _run(
        [str(home / "bin/initdb"), "-D", str(scratch), "-U", SUPERUSER, "--auth=scram-sha-256",
         f"--pwfile={password_file}", "--locale=C.UTF-8", "--encoding=UTF8", "--data-checksums"],
        account, None,
    )  # fmt: skip
    _run(
        [str(home / "bin/postgres"), "--single", "-D", str(scratch), "postgres"],
        account, f"CREATE DATABASE {DATABASE}\n",
    )  # fmt: skip
    scratch.rename(directory / "data")


def command(
    home: Path, directory: Path, reach: Reach, memory_bytes: int, connections_max: int = CONNECTIONS_MAX
) -> tuple[str, ...]:
    """Return the command that runs the server in the foreground: durable, and sized for a small machine."""
    options = {
        "unix_socket_directories": "" if reach.socket is None else f'"{reach.socket}"',
        "listen_addresses": LOOPBACK if reach.socket is None else "",
        "port": str(reach.port),
        "max_connections": str(connections_max),
        "shared_buffers": f"{buffers_mib(memory_bytes)}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "jit": "off",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] %u@%d ",
        # A statement may set a password: none is logged, also when it fails.
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return (str(home / "bin/postgres"), "-D", str(directory / "data"), *arguments)


def buffers_mib(memory_bytes: int) -> int:
    """Return the size of the server's own cache: a share of the machine's memory, within bounds."""
    return min(BUFFERS_MIB_MAX, max(BUFFERS_MIB_MIN, memory_bytes // MEMORY_SHARE_OF_BUFFERS // 1024**2))


def _run(arguments: list[str], account: Account, text: str | None) -> None:
    done = subprocess.run(
        arguments, input=text, capture_output=True, text=True, check=False, cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}, **account.process_arguments(),
    )  # fmt: skip
    if done.returncode != 0:
        raise StackError(f"PostgreSQL cannot make its data directory: {done.stderr.strip()[-800:]}")
