"""Serves a process's own figures to Prometheus, on loopback alone."""

from __future__ import annotations

from contextlib import ExitStack

from prometheus_client import CollectorRegistry, start_http_server

LOOPBACK = "127.0.0.1"


class FiguresError(Exception):
    """The figures cannot be served. The text says what to do."""


def serve_figures(registry: CollectorRegistry, port: int) -> ExitStack:
    """Serve what is registered until what this returns is closed; port 0 serves nothing.

    Raises FiguresError where the port cannot be listened on: end the process then, as somebody relies on its figures.
    """
    serving = ExitStack()
    if port:
        try:
            server, _ = start_http_server(port, addr=LOOPBACK, registry=registry)
        except OSError as error:
            raise FiguresError(
                f"metrics_port {port} cannot be listened on ({error.strerror}): choose a free one"
            ) from error
        # The last is called first: what is not served any more can be closed.
        serving.callback(server.server_close)
        serving.callback(server.shutdown)
    return serving
