"""`dead`: runs ingest's command for dead letters with the address of this stack's bus, and with its own bus user."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.bus_users import role_secret
from deploy.local.errors import StackError
from deploy.local.postgres import Reach
from deploy.local.programs import database_secret
from deploy.local.said import OUR_VARIABLE
from deploy.local.settings import authority, local_address
from deploy.local.state import Layout, known_stack

READ_ROLE = "vw_read"
PREFIX = f"{OUR_VARIABLE}DEAD_LETTERS_"


def run_dead(arguments: Sequence[str], layout: Layout, checkout: Path, outside: Mapping[str, str]) -> int:
    """Run the command to its end in this terminal; return its exit status."""
    # Without the checkout on the path by itself: the command may be given from any directory.
    command = [sys.executable, "-P", "-m", "services.ingest", "dead", *arguments]
    return subprocess.run(command, env=environment(layout, checkout, outside), check=False).returncode


def environment(layout: Layout, checkout: Path, outside: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's environment with this stack's settings instead of any others; raise StackError without one.

    The passwords stay in their files. The database is read by a role that can write nothing: it tells for how long
    raw rows are kept.
    """
    record, port = known_stack(layout)
    secret = role_secret(layout, "dead_letters")
    if not secret.exists():
        raise StackError(f"the stack in {layout.home} knows no user for this yet: start it once with 'make up'")
    reach = Reach(layout.socket) if record.postgres_port is None else Reach(None, record.postgres_port)
    kept = {name: value for name, value in outside.items() if not name.startswith(OUR_VARIABLE)}
    return kept | {
        "PYTHONPATH": str(checkout),
        f"{PREFIX}NATS_URLS": f"nats://{authority(local_address(record.bind), port)}",
        f"{PREFIX}NATS_PASSWORD_FILE": str(secret),
        f"{PREFIX}DATABASE_URL": reach.url(READ_ROLE),
        f"{PREFIX}DATABASE_PASSWORD_FILE": str(database_secret(layout, READ_ROLE)),
    }
