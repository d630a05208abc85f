"""Rules of the house that no linter can express."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shared.version import PRODUCT_VERSION
from tests.contract.source import PACKAGES, PRODUCT, ROOT, attributes, files, functions, imports, tree

LINES_MAX = 400
FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
COLLECTOR_MAY_LOAD = {"nats", "psutil", "msgpack", "yaml", "services", "shared"}
LEFT_BY_TOOLS = re.compile(r"_?cython_\w+|_distutils_hack|__main__|__editable__\w*")


def test_no_file_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in files(*PACKAGES)}
    assert {str(path): lines for path, lines in lengths.items() if lines > LINES_MAX} == {}


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == PRODUCT_VERSION


def test_no_function_is_too_long() -> None:
    found = {
        f"{path}:{name}": lines
        for path in files(*PRODUCT)
        for name, lines in functions(path)
        if lines > FUNCTION_LINES_MAX
    }
    assert found == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [str(path) for path in files(*PACKAGES) if BANNED_NAMES & {*path.with_suffix("").parts}] == []


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    docs = {str(path): (ast.get_docstring(tree(path)) or "").split("\n\n")[0] for path in files(*PRODUCT)}
    assert {path: doc for path, doc in docs.items() if not re.fullmatch(r"[A-Z`].+\.", doc, re.DOTALL)} == {}


def test_no_unfinished_work_is_marked() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert [str(path) for path in files(*PACKAGES) if marks.search((ROOT / path).read_text(encoding="utf-8"))] == []


SIMULATION = "services.collector.simulation"


def loaded_by(*modules: str) -> set[str]:
    """Return what an interpreter has loaded that imported these modules and nothing else."""
    listing = f"import sys, {', '.join(modules)}\nfor name in sys.modules: print(name)"
    # Without the environment: coverage would load itself there too.
    done = subprocess.run([sys.executable, "-c", listing], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("more", [[], [f"{SIMULATION}.fleet"]], ids=["of a real host", "that invents hosts"])
def test_a_collector_loads_only_what_a_host_has(more: list[str]) -> None:
    loaded = {module.split(".")[0] for module in loaded_by("services.collector.__main__", *more)}
    unknown = loaded - set(sys.stdlib_module_names) - COLLECTOR_MAY_LOAD
    assert {name for name in unknown if not LEFT_BY_TOOLS.fullmatch(name)} == set()


def test_a_collector_of_a_real_host_does_not_load_the_simulation() -> None:
    assert {name for name in loaded_by("services.collector.__main__") if name.startswith(SIMULATION)} == set()


ONLY_THERE = {
    "psutil": [r"services/collector/readers/\w+\.py"],
    "asyncpg": [
        r"services/ingest/.*\.py",
        r"services/api/(\w+/)*queries\.py",
        r"services/api/(database|errors|__main__|app)\.py",  # pools, their errors as HTTP, and the wiring
    ],
    "litestar": [r"services/api/.*\.py"],
    "granian": [r"services/api/.*\.py"],
    "alembic": [r"services/ingest/.*\.py"],
    "msgspec": [
        r"shared/(wire/(decode|inventory|alert|alert_state)|alerts/\w+)\.py",
        r"services/(alerting|api|ingest)/.*\.py",
    ],
    "bcrypt": [r"deploy/local/nats_config\.py"],
    "apprise": [r"services/alerting/channels\.py"],
}
"""Driver or framework → the only files that may import it."""


@pytest.mark.parametrize("package", ONLY_THERE)
def test_drivers_are_imported_only_at_their_edge(package: str) -> None:
    importing = [path for path in files(*PRODUCT) if package in {name.split(".")[0] for name in imports(path)}]
    assert [str(path) for path in importing if not _allowed(path, ONLY_THERE[package])] == []


CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}
IMPURE_BY_NATURE = [r".*/__main__\.py", r"shared/runtime/.*", r"deploy/.*"]
CLOCK_READERS = [
    *IMPURE_BY_NATURE,
    r"services/(collector/ticking|collector/inventory|(ingest|api)/upkeep|api/auth/sessions)\.py",  # endless loops
    r"services/(ingest/consume|api/live/(feed|relay))\.py",  # how late a sample set is, at the moment it arrives
]


def test_the_clock_is_read_in_the_wiring_and_handed_on() -> None:
    reading = [path for path in files("shared", "services") if CLOCKS & attributes(path)]
    assert [str(path) for path in reading if not _allowed(path, CLOCK_READERS)] == []


def test_the_environment_is_read_in_the_wiring_and_handed_on() -> None:
    reading = [path for path in files("shared", "services") if {"os.environ", "os.getenv"} & attributes(path)]
    assert [str(path) for path in reading if not _allowed(path, IMPURE_BY_NATURE)] == []


def _allowed(path: Path, patterns: list[str]) -> bool:
    return any(re.fullmatch(pattern, path.as_posix()) for pattern in patterns)


SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|COPY|CREATE|ALTER|DROP|GRANT)\b")
SQL_MAKERS = [
    r"shared/(sql|select)\.py",  # from the definitions of families; its unit test reads every text
    r"services/ingest/storage/\w+\.py",  # from the definitions of families; golden files hold every text
    r"services/ingest/(provision|provisioning/\w+)\.py",  # DDL takes no parameters; names are constants or quoted
]


CHOSEN_NAMES = {"services/api/auth/queries.py": {"column"}}
"""File → expressions that are one of a few column names, by their type."""


def test_sql_is_constant_text_and_values_are_parameters() -> None:
    made = [
        f"{path}:{node.lineno}"
        for path in files("shared", "services")
        if not _allowed(path, SQL_MAKERS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.expr) and _is_made_sql(node, CHOSEN_NAMES.get(path.as_posix(), set()))
    ]
    assert made == []


def _is_made_sql(node: ast.AST, names: set[str]) -> bool:
    """Return whether a node puts SQL together: an f-string, `%`, `+` or `.format` with SQL at its beginning."""
    if isinstance(node, ast.JoinedStr):
        filled = {ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)}
        return _is_sql(node.values[0]) and not filled <= names
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        return _is_sql(node.left)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr == "format" and _is_sql(node.func.value))
    )


def _is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value) is not None


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_makefile_is_short() -> None:
    assert len((ROOT / "Makefile").read_text(encoding="utf-8").splitlines()) <= 100


def test_the_documents_exist() -> None:
    documents = ["README.md", "README.ko.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
                 "docs/bus.md", "docs/collector.md", "docs/http-api.md", "docs/performance.md",
                 "docs/reliability.md"]  # fmt: skip
    assert [name for name in documents if not (ROOT / name).is_file()] == []
