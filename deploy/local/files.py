"""Writes small files whole or not at all, private ones readable by their owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from deploy.local.account import Account
from shared.settings import Secret


def write_whole(path: Path, text: str, mode: int = 0o644, owner: Account | None = None) -> None:
    """Replace a file; whoever reads it sees the old text or the new one, also after a crash."""
    scratch = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if owner is not None:
        owner.own(scratch)
    scratch.replace(path)


def keep_secret(path: Path, owner: Account, given: Secret | None = None) -> Secret:
    """Return the secret that the file holds; when there is none, make it: the given one, or 256 random bits."""
    if path.exists():
        return read_secret(path)
    secret = given or Secret(secrets.token_hex(32))
    write_whole(path, secret.reveal() + "\n", 0o600, owner)
    return secret


def read_secret(path: Path) -> Secret:
    """Return what the file of a secret holds."""
    return Secret(path.read_text(encoding="utf-8").strip())
