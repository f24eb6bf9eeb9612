"""The rules of the house that imports must keep, read from the source itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from gimp_bridge.installer.environment import MODULES

PROJECT = Path(__file__).resolve().parents[2]
BRIDGE = PROJECT / "gimp_bridge"
PLUGIN = PROJECT / "plugin" / "object-removal"

# What each room may know of the others; errors are for all, and what is not here is free.
ROOMS = {
    "picture": {"picture", "errors", "language"},
    "service": {"service", "errors", "language", "secret", "private_files"},
    "engine": {"engine", "errors", "language"},
}
STANDARD_LIBRARY_ONLY = [
    BRIDGE / "__init__.py",
    BRIDGE / "__main__.py",
    BRIDGE / "wire.py",
    *sorted((BRIDGE / "installer").rglob("*.py")),
    PROJECT / "install.py",
]


def imports(path, *, at_import_time=False):
    """The dotted names that a file imports, anywhere or only at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if at_import_time else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_used(path):
    return {name.split(".")[1] for name in imports(path) if name.startswith("gimp_bridge.")}


def top_level(names):
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_do_not_know_each_other(room):
    for path in (BRIDGE / room).rglob("*.py"):
        assert rooms_used(path) <= ROOMS[room], path


def test_nothing_below_the_plug_in_imports_gi():
    for path in BRIDGE.rglob("*.py"):
        assert "gi" not in top_level(imports(path)), path


def test_the_plug_in_imports_the_standard_library_gi_and_the_wire_only():
    own = {path.stem for path in PLUGIN.glob("*.py")}
    for path in PLUGIN.glob("*.py"):
        names = set(imports(path))
        assert top_level(names) <= {*sys.stdlib_module_names, "gi", "gimp_bridge", *own}, path
        used = {name for name in names if name.startswith("gimp_bridge")}
        assert used <= {"gimp_bridge", "gimp_bridge.__version__", "gimp_bridge.wire"}, path


def test_the_helper_imports_only_what_users_install():
    server = {"flask", "waitress", "werkzeug", "itsdangerous"}
    known = {*sys.stdlib_module_names, "gimp_bridge", *MODULES, "filelock", "urllib3", *server}
    for path in BRIDGE.rglob("*.py"):
        assert top_level(imports(path)) <= known, path


@pytest.mark.parametrize("path", STANDARD_LIBRARY_ONLY, ids=lambda path: path.name)
def test_what_must_run_on_a_bare_python_does(path):
    names = imports(path, at_import_time=True)
    assert top_level(names) <= {*sys.stdlib_module_names, "gimp_bridge"}


def test_every_module_opens_by_saying_what_it_is_for():
    for folder in ("gimp_bridge", "plugin", "tests"):
        for path in (PROJECT / folder).rglob("*.py"):
            if path.read_text(encoding="utf-8").strip():
                assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
