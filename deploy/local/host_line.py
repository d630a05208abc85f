"""The one line that runs a collector on another machine."""

from __future__ import annotations

import shlex

from shared.settings import Secret


def collector_line(host: str, nats_url: str, password: Secret, spool_hours_max: int | None = None) -> str:
    """Return a line for a POSIX shell in a checkout; the password stands in its environment, not in an argument.

    `spool_hours_max` is for an installation that keeps raw rows for a shorter time than a collector keeps its spool.
    """
    variables = {"HOST": host, "NATS_URLS": nats_url, "NATS_PASSWORD": password.reveal()}
    assignments = [f"VITALWIRE_COLLECTOR_{name}={shlex.quote(value)}" for name, value in variables.items()]
    flags = [] if spool_hours_max is None else [f"--spool-hours-max={spool_hours_max}"]
    return " ".join([*assignments, "sh deploy/collector.sh", *flags])
