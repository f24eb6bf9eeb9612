"""What is copied into a GIMP's profile: every module that is imported there, and no other."""

import ast
from pathlib import Path

from gimp_bridge.installer.plugin_folder import contents, find_source

BRIDGE = Path(__file__).resolve().parents[2] / "gimp_bridge"
MODULES = {
    path.relative_to(BRIDGE.parent).with_suffix("").as_posix().replace("/", "."): path
    for path in BRIDGE.rglob("*.py")
}
BEGINNINGS = {"gimp_bridge.__main__", "gimp_bridge.installer.__main__", "gimp_bridge.wire"}
NOT_IN_GIMP = "gimp_bridge.cli"  # __main__ says what to install where it is missing


def named(path):
    """What a module imports, and what it may import by a name it has as a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.value, f"gimp_bridge.worker.{node.value}")


def imported_from(names):
    found, new = set(), set(names)
    while new:
        name = new.pop()
        modules = {name, f"{name}.__init__"} & MODULES.keys() - found
        if name.startswith("gimp_bridge.") and "." in name.removeprefix("gimp_bridge."):
            modules |= {f"{name.rpartition('.')[0]}.__init__"} & MODULES.keys() - found
        found |= modules
        for module in modules:
            new |= {each for each in named(MODULES[module]) if not each.startswith(NOT_IN_GIMP)}
    return found


def test_it_is_what_is_imported_in_a_gimp_and_in_set_up_run_from_there():
    copied = {
        name.removesuffix(".py").replace("/", ".")
        for name, _content in contents(find_source(), {})
        if name.startswith("gimp_bridge/") and name.endswith(".py")
    }
    assert copied == imported_from(BEGINNINGS) | {"gimp_bridge.__init__"}
