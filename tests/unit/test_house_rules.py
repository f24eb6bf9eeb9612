"""The rules of the house that imports must keep, read from the source itself.

Every import counts, also one within a function.  What only the type checker sees may close a
circle, but keeps to the floors like any other.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BRIDGE = PROJECT / "gimp_bridge"
PLUGIN = PROJECT / "plugin" / "object-removal"
FOLDERS = [PROJECT, PLUGIN]
"""Where imports are looked for."""

BASE = {"gimp_bridge", "errors", "language", "folders", "private_files", "secret"}
FLOORS: dict[str, set[str]] = {
    "__main__": {"cli", "worker"},
    "cli": {"worker", "server", "installer", "service", "picture", "settings", "wire", *BASE},
    "worker": {
        "installer",
        "service",
        "engine",
        "picture",
        "settings",
        "credentials",
        "wire",
        *BASE,
    },
    "server": {"service.limits", "service.address", "engine", "picture", *BASE},
    "installer": {"wire", *BASE},
    "service.connect": {"service", "settings", "credentials", *BASE},
    "settings": {"service.limits", "service.address", *BASE},
    "credentials": BASE,
    "service": BASE,
    "engine": BASE,
    "picture": BASE,
    "wire": set(),
    "private_files": set(),
    "secret": set(),
    "folders": set(),
    "errors": {"language"},
    "language": set(),
    "gimp_bridge": set(),
}
"""What stands on what in gimp_bridge, from the top down: the rooms, and what each may import.

A dotted name is one module of a room; where it has a line of its own, it stands there and not
with the rest of its room.  ``gimp_bridge`` is the version.
"""

STANDARD_LIBRARY_ONLY = [
    BRIDGE / "__init__.py",
    BRIDGE / "__main__.py",
    BRIDGE / "wire.py",
    *sorted((BRIDGE / "installer").rglob("*.py")),
    PROJECT / "install.py",
]


class Arrow(NamedTuple):
    """A file's import of a module; ``late`` within a function, ``typed`` for annotations only."""

    importer: Path
    imported: str
    late: bool
    typed: bool


def arrows(path: Path) -> Iterator[Arrow]:
    """All imports of a file."""
    yield from _arrows(path, ast.parse(path.read_text(encoding="utf-8")), late=False, typed=False)


def _arrows(path: Path, node: ast.AST, *, late: bool, typed: bool) -> Iterator[Arrow]:
    if isinstance(node, ast.Import):
        yield from (Arrow(path, alias.name, late, typed) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path} imports relatively"
        names = {_module(f"{node.module}.{alias.name}") or node.module for alias in node.names}
        yield from (Arrow(path, str(name), late, typed) for name in names)
    late |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    typed |= isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    for child in ast.iter_child_nodes(node):
        yield from _arrows(path, child, late=late, typed=typed)


def _module(name: str) -> str | None:
    """``name`` if it is a module of ours, and None for what is taken from one."""
    return name if _file(name) else None


def _file(name: str) -> Path | None:
    stem = Path(*name.split("."))
    files = (folder / path for folder in FOLDERS for path in (f"{stem}.py", stem / "__init__.py"))
    return next((file for file in files if file.exists()), None)


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def name_in_bridge(path: Path) -> str:
    """The name of a module of gimp_bridge as FLOORS writes it."""
    parts = path.relative_to(BRIDGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "gimp_bridge"


def room_of(module: str) -> str:
    """The line of FLOORS that a module is on, or its folder."""
    return module if module in FLOORS else module.split(".")[0]


def is_in(module: str, places: set[str]) -> bool:
    """Whether FLOORS' ``places`` name the module, or the folder that it is in."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def top_level(found):
    return {arrow.imported.split(".")[0] for arrow in found}


def first_circle(files: list[Path]) -> list[str]:
    """The files of a circle of imports, by the names of their modules; none if there is none."""
    graph = {
        path: {_file(each.imported) for each in arrows(path) if not each.typed} for path in files
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return [str(path.relative_to(PROJECT)) for path in error.args[1]]
    return []


def test_the_rooms_stand_on_each_other():
    order = list(FLOORS)
    assert {room_of(name_in_bridge(path)) for path in sources(BRIDGE)} <= set(order)
    for room, below in FLOORS.items():
        assert all(order.index(room_of(name)) > order.index(room) for name in below), room


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_imports_only_what_it_stands_on(room):
    wrong = [
        (name_in_bridge(path), arrow.imported)
        for path in sources(BRIDGE)
        for arrow in arrows(path)
        if room_of(name_in_bridge(path)) == room and arrow.imported.startswith("gimp_bridge")
        for imported in [arrow.imported.removeprefix("gimp_bridge.")]
        if room_of(imported) != room and not is_in(imported, FLOORS[room])
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", ["gimp_bridge", "plugin"])
def test_no_imports_go_in_a_circle(folder):
    assert first_circle(sources(PROJECT / folder)) == []


def test_nothing_below_the_plug_in_imports_gi():
    for path in sources(BRIDGE):
        assert "gi" not in top_level(arrows(path)), path


def test_the_plug_in_imports_the_standard_library_gi_and_the_wire_only():
    own = {path.stem for path in PLUGIN.iterdir()}
    for path in sources(PLUGIN):
        assert top_level(arrows(path)) <= {*sys.stdlib_module_names, "gi", "gimp_bridge", *own}
        used = {arrow.imported for arrow in arrows(path)}
        bridge = {name for name in used if name.split(".")[0] == "gimp_bridge"}
        assert bridge <= {"gimp_bridge", "gimp_bridge.wire"}, path


def test_the_product_needs_nothing_of_tools_and_tests():
    for path in [*sources(BRIDGE), *sources(PROJECT / "plugin"), PROJECT / "install.py"]:
        for arrow in arrows(path):
            room = arrow.imported.split(".")[0]
            assert room != "tests", path
            assert room != "tools" or arrow.late, path


@pytest.mark.parametrize("path", STANDARD_LIBRARY_ONLY, ids=lambda path: path.name)
def test_what_must_run_on_a_bare_python_does(path):
    now = [arrow for arrow in arrows(path) if not arrow.late and not arrow.typed]
    assert top_level(now) <= {*sys.stdlib_module_names, "gimp_bridge"}


def test_every_module_opens_by_saying_what_it_is_for():
    for folder in ("gimp_bridge", "plugin", "tests", "tools"):
        for path in sources(PROJECT / folder):
            if path.read_text(encoding="utf-8").strip():
                assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
