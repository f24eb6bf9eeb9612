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

from gimp_bridge.packages import MODULES

PROJECT = Path(__file__).resolve().parents[2]
BRIDGE = PROJECT / "gimp_bridge"
PLUGIN = PROJECT / "plugin" / "object-removal"
FOLDERS = [PROJECT, PLUGIN]
"""Where imports are looked for."""

BASE = {"gimp_bridge", "errors", "language", "folders", "private_files", "secret"}
HOUSE: dict[str, dict[str, set[str]]] = {
    "object_removal": {
        "procedures": {"dialogs", "batch", "serving", "worker", "image", "outcome", "last_values",
                       "text", "names"},
        "dialogs": {"batch", "serving", "worker", "image", "outcome", "text", "names"},
        "batch": {"serving", "worker", "image", "outcome", "text", "names"},
        "serving": {"image", "outcome", "text"},
        "worker": {"outcome", "text", "names"},
        "image": {"outcome", "text"},
        "outcome": {"text"},
        "last_values": set(),
        "text": {"names"},
        "names": set(),
    },
    "gimp_bridge": {
        "__main__": {"cli", "worker", "packages"},
        "cli": {"worker", "server", "installer", "service", "picture", "settings", "wire", *BASE},
        "worker": {"service", "engine", "picture", "installer", "settings", "credentials",
                   "packages", "wire", *BASE},
        # It fetches image_url the way results are fetched: by the same judge of addresses.
        "server": {"service.limits", "service.address", "service.transport", "service.pace",
                   "engine", "picture", *BASE},
        "installer": {"packages", "wire", *BASE},
        "service.connect": {"service", "settings", "credentials", *BASE},
        "settings": {"service.limits", "service.address", *BASE},
        "credentials": BASE,
        "service": BASE,
        "engine": BASE,
        "picture": BASE,
        "packages": set(),
        "wire": set(),
        "private_files": set(),
        "secret": set(),
        "folders": set(),
        "errors": {"language"},
        "language": set(),
        "gimp_bridge": set(),
    },
}  # fmt: skip
"""The rooms of both packages from the top down, and what each may import besides itself.

A dotted name is one module of a room; where it has a line of its own, it stands there and not
with the rest of its room.  ``gimp_bridge`` in itself is the version.
"""

STANDARD_LIBRARY_ONLY = [
    BRIDGE / "__init__.py",
    BRIDGE / "__main__.py",
    BRIDGE / "packages.py",
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
        names = {_module(str(node.module), alias.name) for alias in node.names}
        yield from (Arrow(path, name, late, typed) for name in names)
    late |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    typed |= isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    for child in ast.iter_child_nodes(node):
        yield from _arrows(path, child, late=late, typed=typed)


def _module(module: str, name: str) -> str:
    """What ``from module import name`` imports: a module in it, or the module itself."""
    inner = f"{module}.{name}"
    return inner if module == "gi.repository" or _file(inner) else module


def _file(name: str) -> Path | None:
    stem = Path(*name.split("."))
    files = (folder / path for folder in FOLDERS for path in (f"{stem}.py", stem / "__init__.py"))
    return next((file for file in files if file.exists()), None)


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def folder_of(package: str) -> Path:
    return BRIDGE if package == "gimp_bridge" else PLUGIN / package


def modules(package: str) -> dict[str, Path]:
    """The files of a package, by the names that HOUSE has for modules."""
    folder = folder_of(package)
    parts = {path: path.relative_to(folder).with_suffix("").parts for path in sources(folder)}
    return {
        ".".join(part for part in parts[path] if part != "__init__") or package: path
        for path in parts
    }


def room_of(package: str, module: str) -> str:
    """The line of HOUSE that a module is on."""
    return module if module in HOUSE[package] else module.split(".")[0]


def is_in(module: str, places: set[str]) -> bool:
    """Whether ``places`` name the module, or the folder that it is in."""
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


@pytest.mark.parametrize("package", HOUSE)
def test_the_rooms_stand_on_each_other(package):
    order = list(HOUSE[package])
    assert {room_of(package, module) for module in modules(package)} - {package} <= set(order)
    for room, below in HOUSE[package].items():
        below_it = order[order.index(room) + 1 :]
        assert {room_of(package, name) for name in below} <= set(below_it), room


@pytest.mark.parametrize(
    ("package", "room"), [(package, room) for package in HOUSE for room in HOUSE[package]]
)
def test_a_room_imports_only_what_it_stands_on(package, room):
    wrong = [
        (module, imported)
        for module, path in modules(package).items()
        if room_of(package, module) == room
        for arrow in arrows(path)
        if arrow.imported.split(".")[0] == package
        for imported in [arrow.imported.removeprefix(f"{package}.")]
        if room_of(package, imported) != room and not is_in(imported, HOUSE[package][room])
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", ["gimp_bridge", "plugin"])
def test_no_imports_go_in_a_circle(folder):
    assert first_circle(sources(PROJECT / folder)) == []


def test_nothing_below_the_plug_in_imports_gi():
    for path in sources(BRIDGE):
        assert "gi" not in top_level(arrows(path)), path


def test_the_plug_in_imports_the_standard_library_gi_and_the_wire_only():
    for path in sources(PLUGIN):
        found = list(arrows(path))
        own = {"gi", "gimp_bridge", "object_removal"}
        assert top_level(found) <= {*sys.stdlib_module_names, *own}, path
        bridge = {arrow.imported for arrow in found if arrow.imported.startswith("gimp_bridge")}
        assert bridge <= {"gimp_bridge", "gimp_bridge.wire"}, path


@pytest.mark.parametrize(
    ("library", "room"),
    [("Gtk", "dialogs"), ("Gdk", "dialogs"), ("GimpUi", "dialogs"), ("Babl", "image")],
)
def test_only_dialogs_know_widgets_and_only_the_image_knows_pixels(library, room):
    users = {
        room_of("object_removal", module)
        for module, path in modules("object_removal").items()
        for arrow in arrows(path)
        if arrow.imported == f"gi.repository.{library}"
    }
    assert users == {room}


def test_the_product_imports_nothing_of_tools_and_tests_but_a_private_debian_to_try():
    users = [
        (path.name, arrow.imported, arrow.late)
        for path in [*sources(BRIDGE), *sources(PROJECT / "plugin"), PROJECT / "install.py"]
        for arrow in arrows(path)
        if arrow.imported.split(".")[0] in ("tools", "tests")
    ]
    assert users == [("try_run.py", "tools.private_debian.try_run", True)]


def test_the_helper_imports_only_what_users_install():
    extras = {"flask", "waitress", "werkzeug", "itsdangerous", "jpeglib"}
    known = {*sys.stdlib_module_names, "gimp_bridge", *MODULES, "filelock", "urllib3", *extras}
    known.add("tools")  # the test above says where
    for path in BRIDGE.rglob("*.py"):
        assert top_level(arrows(path)) <= known, path


@pytest.mark.parametrize("path", STANDARD_LIBRARY_ONLY, ids=lambda path: path.name)
def test_what_must_run_on_a_bare_python_does(path):
    now = [arrow for arrow in arrows(path) if not arrow.late and not arrow.typed]
    assert top_level(now) <= {*sys.stdlib_module_names, "gimp_bridge"}


def test_every_module_opens_by_saying_what_it_is_for():
    for folder in ("gimp_bridge", "plugin", "tests", "tools"):
        for path in sources(PROJECT / folder):
            if path.read_text(encoding="utf-8").strip():
                assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
