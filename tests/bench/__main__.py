"""Runs every measurement, prints a table, and last one JSON object: `make bench`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
from datetime import UTC, datetime

from tests.bench.installation import installation, server_settings
from tests.bench.measurements import API_PORT, Figures, collector, drain, live, queries, sign_in


async def _measure(arguments: argparse.Namespace) -> None:
    base_url = f"http://127.0.0.1:{API_PORT}"
    with installation() as made:
        settings = await server_settings(made)
        # First, as it counts every number in the database against what it published itself.
        figures: Figures = await drain(made, arguments.sample_sets)
        figures |= await collector(made, arguments.seconds)
        made.service("api", port=str(API_PORT), public_url=base_url)
        token = await sign_in(base_url)
        figures |= await queries(base_url, token, arguments.requests)
        figures |= await live(made, token, arguments.live_seconds)
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:>16,.2f}")
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
    print(json.dumps({**rounded, **settings, **machine}))


def main() -> None:
    """Run the bench with the sizes that the flags give."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long the collector is watched")
    parser.add_argument("--sample-sets", type=int, default=60_000, help="size of the backlog that ingest drains")
    parser.add_argument("--requests", type=int, default=300, help="requests of each kind of query")
    parser.add_argument("--live-seconds", type=int, default=20, help="how long live sample sets are published")
    asyncio.run(_measure(parser.parse_args()))


if __name__ == "__main__":
    main()
