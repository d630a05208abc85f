"""Reads the product's own source: its files, their functions, what they import and call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "services", "deploy", "tests")
PRODUCT = ("shared", "services", "deploy")


def files(*packages: str) -> list[Path]:
    """Return the Python files of packages as paths below the root, without the front end and its node_modules."""
    found: list[Path] = []
    for package in packages:
        found += [path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]
    return sorted(found)


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file below the root."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """Return the names of all modules that a file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its lines."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def attributes(path: Path) -> set[str]:
    """Return every dotted name a file uses, such as `time.time` or `os.environ.get`."""
    return {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
