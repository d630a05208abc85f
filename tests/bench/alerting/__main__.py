"""Runs the measurements of alerting; prints tables, and last one JSON object: `make bench-alerting`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from tests.bench.alerting.load import measure_load
from tests.bench.alerting.webhook import HOSTS, measure_webhook
from tests.bench.storage.site import Site, settings_of, site

Found = dict[str, Any]
Work = Callable[[Site, argparse.Namespace], Coroutine[Any, Any, Found]]


async def _webhook(made: Site, arguments: argparse.Namespace) -> Found:
    return await measure_webhook(made, arguments.runs, arguments.crossings)


async def _load(made: Site, arguments: argparse.Namespace) -> Found:
    return await measure_load(made, arguments.hosts, arguments.seconds or arguments.minutes * 60)


_PARTS: dict[str, Work] = {"webhook": _webhook, "load": _load}


def main() -> None:
    """Run what the command line names."""
    arguments = _parsed()
    # What was started is ended also when a time limit ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    begin = {"date": datetime.now(UTC).isoformat(timespec="minutes"), "load_average": os.getloadavg()[0]}
    found: Found = {}
    for part in [arguments.command] if arguments.command in _PARTS else list(_PARTS):
        with site("alerting", HOSTS) as made:
            # Before the work, which may stop the database.
            settings = asyncio.run(settings_of(made)) | {"sync_interval": made.nats.sync_interval}
            found[part] = asyncio.run(_PARTS[part](made, arguments))
        _print(part, found[part])
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "command": " ".join(sys.argv[1:])}
    print(json.dumps({**_rounded(found), **settings, **begin, **machine}))


def _print(part: str, found: Found) -> None:
    for name, value in found.items():
        if name != "resident":
            for at, each in value.items() if isinstance(value, dict) else [("", value)]:
                print(f"{part:<8} {f'{name} {at}':<44} {_text(each)}", flush=True)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,}" if value else str(value)


def _rounded(value: Any) -> Any:
    """Return the same with six digits of every number."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alerting", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("all", "both"),
        ("webhook", "from a sample to a webhook"),
        ("load", "what the evaluator costs"),
    ):
        command = commands.add_parser(name, help=text)
        if name != "load":
            command.add_argument("--runs", type=int, default=10, help="with the database, and as many without it")
            command.add_argument("--crossings", type=int, default=12, help="how often each run crosses the level")
        if name != "webhook":
            command.add_argument("--hosts", type=int, default=1_000)
            command.add_argument("--minutes", type=int, default=10)
            command.add_argument("--seconds", type=int, default=0, help="instead of minutes")
    return parser.parse_args(sys.argv[1:] or ["all"])


if __name__ == "__main__":
    main()
