"""`python -m deploy.local`: reads the command line and the settings, and carries the command out."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.local import hosts
from deploy.local.account import find_account
from deploy.local.binaries import MissingBinaryError
from deploy.local.checks import check_services
from deploy.local.dead_letters import run_dead
from deploy.local.detach import up_in_background
from deploy.local.down import take_down
from deploy.local.duties import duty_lines
from deploy.local.errors import StackError
from deploy.local.follow import POLL_S, follow_logs, print_logs, runs
from deploy.local.identity import is_alive
from deploy.local.launcher import watch_launcher
from deploy.local.leftovers import find_leftovers
from deploy.local.process_table import does_not_run, read_table, render_status
from deploy.local.settings import HomeSettings, LocalSettings
from deploy.local.state import Layout, find_home, layout_of, read_record
from deploy.local.up import run_stack, this_host
from shared.runtime.command_line import describe_settings, read_known, read_settings
from shared.settings import SettingsError

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Return the exit status: 0 done, 1 it could not be done or not everything runs, 2 wrong settings or flags."""
    options = _options()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        return _run(options, _read_settings(options), stop)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (StackError, MissingBinaryError) as error:
        print(error, file=sys.stderr)
        return 1


def _read_settings(options: argparse.Namespace) -> LocalSettings:
    """Return the settings that the command needs; raise SettingsError with every problem, also of the services."""
    if options.command != "up":
        return LocalSettings(home=read_known(HomeSettings, "local").home)
    settings, problems = _local_settings([])
    # In the background the process that starts everything asks the services.
    if settings is not None and options.detach:
        return settings
    services = check_services(CHECKOUT, os.environ, settings.ingest_processes if settings else 1)
    if settings is None:
        # Once more, since a wrong name may mean a setting of a service.
        _, problems = _local_settings(services.variables)
    problems += services.problems
    if problems or settings is None:
        raise SettingsError(list(dict.fromkeys(problems)))
    return settings


def _local_settings(elsewhere: Sequence[str]) -> tuple[LocalSettings | None, list[str]]:
    try:
        return read_settings(LocalSettings, "local", [], elsewhere=elsewhere), []
    except SettingsError as error:
        return None, list(error.problems)


def _run(options: argparse.Namespace, settings: LocalSettings, stop: threading.Event) -> int:
    layout = layout_of(find_home(settings.home, CHECKOUT))
    match options.command:
        case "up" if options.detach:
            return up_in_background(layout, CHECKOUT, stop, _say)
        case "up":
            watch_launcher(stop)
            run_stack(settings, CHECKOUT, os.environ, stop, _say)
        case "down":
            _say(take_down(layout))
        case "status":
            table, record = read_table(layout.processes), read_record(layout)
            left = len(find_leftovers(table, record.stack)) if record else 0
            text, healthy = render_status(table, datetime.now(UTC), layout.home, left)
            _say(f"{text}\n\n{duty_lines(layout)}" if table and is_alive(table.supervisor) else text)
            return 0 if healthy else 1
        case "logs":
            _logs(options, layout, stop)
        case "dead":
            return run_dead(options.arguments, layout, CHECKOUT, os.environ)
        case "add-host":
            _say(hosts.add(options.name, layout, find_account(layout.home), _warn))
        case "remove-host":
            _say(hosts.remove(options.name, layout, find_account(layout.home), this_host()))
    return 0


def _logs(options: argparse.Namespace, layout: Layout, stop: threading.Event) -> None:
    read = print_logs(layout, options.lines, _say)
    if options.follow:
        follow_logs(layout, read, lambda: runs(layout) and not stop.wait(POLL_S), _say)
    if not runs(layout):
        _warn(does_not_run(layout.home))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local",
        description="Runs Vitalwire on this machine: bus, database and services, with all they keep in one directory.",
        allow_abbrev=False,
        epilog=describe_settings(LocalSettings, "local"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything, and stay until it is stopped")
    up.add_argument("--detach", action="store_true", help="return once everything is ready, and leave it running")
    commands.add_parser("down", help="stop everything; what is stored stays")
    commands.add_parser("status", help="show the processes and who tells of alerts; exit status 1 when not all run")
    logs = commands.add_parser("logs", help="print the last lines of all logs in the order of time")
    logs.add_argument("--lines", type=int, default=20, help="how many lines of each process; 20 when left out")
    logs.add_argument("--follow", action="store_true", help="go on with what is added, while anything runs")
    # Its options are ingest's: here they are words like others.
    dead = commands.add_parser(
        "dead", help="list, show or retry messages that were refused", add_help=False, prefix_chars="\0"
    )
    dead.add_argument("arguments", nargs="*")
    texts = {"add-host": "print the line that joins another machine", "remove-host": "end the credential of a host"}
    for command, text in texts.items():
        commands.add_parser(command, help=text).add_argument("name", help="name of the host, as it is shown")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
