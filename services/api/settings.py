"""The settings of the API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.settings import Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Answers over HTTP and WebSocket, and serves the page."""

    bind: str = setting("Address to listen on.", default="127.0.0.1")
    port: int = setting("Port to listen on.", default=8080, minimum=1, maximum=65535)
    public_url: str = setting("Address under which users reach the page.", default="http://127.0.0.1:8080")
    origins: tuple[str, ...] = setting("Other origins whose pages may ask (CORS); none by default.", default=())
    page: Path = setting("Directory of the built page.", default=Path("services/web/dist"))
    nats_urls: tuple[str, ...] = setting("Addresses of the bus.", default=("nats://127.0.0.1:4222",))
    nats_user: str = setting("User on the bus.", default="api")
    nats_password: Secret = setting("Password on the bus.")
    read_database_url: str = setting("Database, as the role that reads metrics.")
    read_database_password: Secret | None = setting("Password of the role that reads metrics.", default=None)
    app_database_url: str = setting("Database, as the role that keeps users and sessions.")
    app_database_password: Secret | None = setting("Password of the role that keeps users and sessions.", default=None)
    signing_key_file: Path = setting("File with at least 32 random bytes, as hex or base64, that sign access tokens.")
    admin_password: Secret | None = setting("Password of the user 'admin', made when there is no user.", default=None)
    read_connections_max: int = setting("Connections that read metrics.", default=8, minimum=1, maximum=100)
    app_connections_max: int = setting("Connections for users and sessions.", default=4, minimum=1, maximum=100)
    statement_s_max: int = setting("Seconds until a query is given up.", default=10, minimum=1, maximum=300)
    exports_max: int = setting("CSV exports at one time, each with a connection.", default=4, minimum=1, maximum=100)
    export_s_max: int = setting("Seconds that one CSV export may take.", default=600, minimum=1, maximum=86_400)
    export_stalled_s_max: int = setting(
        "Seconds that a CSV export waits for a caller who takes nothing.", default=30, minimum=1, maximum=600
    )
    cache_bytes_max: int = setting(
        "Bytes of answered ranges kept in memory for some seconds.", default=32 * 1024**2, minimum=0, maximum=1024**3
    )
    clients_max: int = setting("WebSocket clients at one time.", default=2_000, minimum=1, maximum=100_000)
    metrics_port: int = setting("Loopback port of own metrics; 0 is none.", default=0, minimum=0, maximum=65535)
    log_level: str = setting("What is logged at least.", default="info", choices=("debug", "info", "warning", "error"))
