"""Makes and keeps a root file system of Debian 13 with its TimescaleDB, from the machine's own mirror."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.timescale.commands import run

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".venv" / "debian-13-timescaledb"
LOCK = PLACE.with_suffix(".lock")
LOG = PLACE.with_suffix(".log")
"""What was written while it was made, then by the server in it."""
SUITE = "trixie"
PACKAGES = ("postgresql-17-timescaledb", "base-files", "dash", "libc-bin", "util-linux")
"""Only what is named comes, with what it needs: so also the shell, the locale, setpriv, the links /bin and /lib64."""
POSTGRES_BIN = "/usr/lib/postgresql/17/bin"
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
ACCOUNT = "nobody:x:65534:65534:nobody:/:/bin/false\n"
"""Without a name for the user it runs as, PostgreSQL does not make a data directory."""
RECIPE = f"{SUITE} {' '.join(PACKAGES)}\n"
NEEDS_DEBIAN = (
    "Debian's TimescaleDB can be had on Debian as root only; elsewhere start a server and name it in TEST_DATABASE_URL"
)


class TimescaleError(Exception):
    """What must be different before the server can start, as one sentence."""


def require_debian_root() -> None:
    """Return when this machine can hold the root file system; raise TimescaleError when not."""
    try:
        system = platform.freedesktop_os_release().get("ID")
    except OSError:
        system = None
    if refused := refusal(system, os.geteuid()):
        raise TimescaleError(refused)


def refusal(system: str | None, user_id: int) -> str | None:
    """Return why a system (ID of os-release) and a user cannot make it, None where they can."""
    return None if system == "debian" and user_id == 0 else NEEDS_DEBIAN


@contextmanager
def locked() -> Iterator[None]:
    """Hold the place for one run at a time; a second one waits."""
    PLACE.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run to end", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def root_file_system() -> Path:
    """Return a complete root file system; made first when there is none, or one of another recipe."""
    if _is_complete():
        return PLACE
    if run(["sh", str(ROOT / "deploy" / "test_tools.sh"), "mmdebstrap"]) != 0:
        raise TimescaleError("mmdebstrap cannot be installed: see the lines above")
    mirror = debian_mirror()
    # Only one run at a time comes here, so all that lies beside is what a killed one left.
    for left in PLACE.parent.glob(f"{PLACE.name}.making-*"):
        shutil.rmtree(left)
    scratch = Path(tempfile.mkdtemp(prefix=f"{PLACE.name}.making-", dir=PLACE.parent))
    try:
        _make(scratch / "root", mirror, _transport(scratch / "apt.conf"))
        shutil.rmtree(PLACE, ignore_errors=True)
        (scratch / "root").rename(PLACE)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return PLACE


def debian_mirror() -> str:
    """Return the address that this machine's apt fetches Debian from."""
    sites = _debian_sites()
    if not sites:
        run(["apt-get", "update", "-qq"])
        sites = _debian_sites()
    if not sites:
        raise TimescaleError("apt has no list from a mirror of Debian: make 'apt-get update' fetch one, then again")
    return sites[0]


def _debian_sites() -> list[str]:
    columns = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(CREATED_BY)|$(SITE)"
    lines = _lines("apt-get", "indextargets", "--format", columns)
    return [line.rpartition("|")[2] for line in lines if line.startswith("Debian|Debian|main|Packages|")]


def _is_complete() -> bool:
    recipe = PLACE / "recipe"
    return recipe.is_file() and recipe.read_text() == RECIPE and (PLACE / POSTGRES_BIN[1:] / "postgres").is_file()


def _make(target: Path, mirror: str, transport: Path) -> None:
    print(f"Making a Debian 13 root file system in {PLACE} (once; takes less than a minute)", flush=True)
    signed_by = next((path for path in KEYRINGS if Path(path).exists()), None)
    if signed_by is None:
        raise TimescaleError("the keys of Debian's archive are missing: apt-get install debian-archive-keyring")
    # Packages are only unpacked: their scripts would need mounts, which a container may not make.
    status = run(
        ["mmdebstrap", "--mode=root", "--variant=extract", "--skip=check/signed-by", f"--include={','.join(PACKAGES)}",
         f"--aptopt={transport}", SUITE, str(target), f"deb [signed-by={signed_by}] {mirror} {SUITE} main"],
        log=LOG,
    )  # fmt: skip
    if status != 0:
        raise TimescaleError(_reason(LOG.read_text()))
    (target / "etc" / "apt" / "apt.conf.d" / "99mmdebstrap").unlink(
        missing_ok=True
    )  # a proxy's password may stand there
    (target / "etc" / "passwd").write_text(ACCOUNT)
    null = target / "dev" / "null"
    if not null.exists():  # a container may not make devices either; what is written there then is a few lines
        null.touch()
        null.chmod(0o666)
    (target / "recipe").write_text(RECIPE)


def _transport(path: Path) -> Path:
    """Write down how this machine's apt reaches its mirror: through which proxy, and how strict about dates."""
    names = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
    lines = [line for line in _lines("apt-config", "dump", "--no-empty") if line.startswith(names)]
    path.write_text("".join(f"{line}\n" for line in ['APT::Install-Recommends "false";', *lines]))
    return path


def _reason(output: str) -> str:
    last = "\n".join(output.splitlines()[-15:])
    if any(sign in output for sign in ("NO_PUBKEY", "Missing key", "not signed")):
        return f"{last}\nthis machine does not know the keys of Debian 13: apt-get install debian-archive-keyring"
    return f"{last}\nthe root file system of Debian 13 was not made: see the lines above"


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
