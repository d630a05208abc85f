"""SCRAM-SHA-256 verifiers, so that a password never travels to, or into a log of, the database."""

from __future__ import annotations

import base64
import hashlib
import hmac

from shared.settings import Secret

ITERATIONS = 4096
SALT_BYTES = 16


def scram_verifier(password: Secret, salt: bytes) -> str:
    """Return the verifier that PostgreSQL stores for a password (RFC 5802; PostgreSQL's scram-common.c)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.reveal().encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"
