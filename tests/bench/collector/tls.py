"""A bus with TLS, as one that is reached over a network has it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers import NatsServer


@dataclass
class TlsServer(NatsServer):
    """A bus whose certificate its own directory holds."""

    @property
    def url(self) -> str:
        """Address of the bus, which asks for TLS."""
        return f"tls://localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        """What a client trusts: OpenSSL reads it where SSL_CERT_FILE names it."""
        return self.directory / "certificate.pem"

    def _write_config(self) -> Path:
        config = super()._write_config()
        key = self.directory / "key.pem"
        if not key.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                 "-keyout", str(key), "-out", str(self.certificate)],
                check=True, capture_output=True,
            )  # fmt: skip
        with config.open("a") as text:
            text.write(f'tls: {{ cert_file: "{self.certificate}", key_file: "{key}" }}\n')
        return config
