"""A real HTTP server on loopback that stands for the service behind a channel, and remembers what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "s3cr3t-t0ken"
"""Part of the URL and of the password: no log may hold it."""


@dataclass
class Webhook:
    """Answers every request with `status`, once `go_on` is set; `port` 0 is any that is free."""

    port: int = 0
    status: int = 200
    answers: bytes = b"ok"
    path: str = f"/{TOKEN}"
    bodies: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.go_on.set()

    def start(self) -> None:
        """Listen; answered requests are remembered in their order."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.go_on.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, schema: str = "json", more: str = "") -> str:
        """Return the URL by which Apprise reaches it."""
        return f"{schema}://user:{TOKEN}@127.0.0.1:{self.port}{self.path}{more}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was sent as JSON, oldest first."""
        return [json.loads(body) for body in list(self.bodies)]

    @property
    def titles(self) -> list[str]:
        """The titles of what was sent as JSON, oldest first."""
        return [message["title"] for message in self.messages]


def _handler(webhook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            webhook.times.append(time.time())
            webhook.paths.append(self.path)
            webhook.bodies.append(body)
            webhook.go_on.wait(60)
            try:
                self.send_response(webhook.status)
                self.end_headers()
                self.wfile.write(webhook.answers)
            except OSError:  # whoever asked is gone
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


Made = Callable[..., Webhook]
