"""Runs a command while the TimescaleDB of Debian 13 runs, its address in TEST_DATABASE_URL."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.timescale.commands import interrupt_on_signals, run
from tests.timescale.debian import TimescaleError, locked, require_debian_root, root_file_system
from tests.timescale.server import running

VERSIONS_SQL = """SELECT 'PostgreSQL ' || current_setting('server_version') || ', TimescaleDB ' || extversion
    || ' (' || current_setting('timescaledb.license') || ')'
FROM pg_extension WHERE extname = 'timescaledb'"""


def main(command: list[str]) -> int:
    """Return the command's exit status, or 1 with a sentence when the server cannot be had."""
    interrupt_on_signals()
    try:
        require_debian_root()
        with locked(), running(root_file_system()) as server:
            print(server.ask(VERSIONS_SQL, "template1"), flush=True)
            return run(command, {**os.environ, "TEST_DATABASE_URL": server.url})
    except (TimescaleError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
