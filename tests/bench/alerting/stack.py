"""The processes of alerting on a site of the bench: started, and awaited until they tell."""

from __future__ import annotations

from tests.bench.storage.site import Site
from tests.processes import Service
from tests.servers import wait_until

_TELLS = {"alerting": "telling from here on", "notifier": '"event": "telling"'}
"""Service → what its log says once it does not stand by."""


def telling(made: Site, name: str, metrics_port: int = 0) -> Service:
    """Start the evaluator or the notifier and return once it tells."""
    log = made.directory / f"{name}.log"
    before = log.stat().st_size if log.exists() else 0
    service = made.service(name, metrics_port=str(metrics_port))
    says = _TELLS[name].encode()
    wait_until(lambda: says in log.read_bytes()[before:], f"{says.decode()!r} in {log}")
    return service


def password(made: Site, user: str) -> str:
    """Return the password of a bus user."""
    return made.nats.passwords[user].reveal()
