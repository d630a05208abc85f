"""The one line that runs a collector on another machine."""

from __future__ import annotations

import shlex

from shared.settings import Secret


def collector_line(host: str, nats_url: str, password: Secret) -> str:
    """Return a line for a POSIX shell in a checkout; the password stands in its environment, not in an argument."""
    variables = {"HOST": host, "NATS_URLS": nats_url, "NATS_PASSWORD": password.reveal()}
    assignments = [f"VITALWIRE_COLLECTOR_{name}={shlex.quote(value)}" for name, value in variables.items()]
    return " ".join([*assignments, "sh deploy/collector.sh"])
