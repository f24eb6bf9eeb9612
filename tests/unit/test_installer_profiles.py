"""The rules by which every packaging's GIMP 3 and its profile are found, on any system."""

from pathlib import Path

import pytest

from gimp_bridge.installer.profiles import Gimp, find_gimps

HOME = Path("/people/ann")


def found(platform, files, **env):
    """What is found where the given files and folders exist."""
    known = [Path(file) for file in files]

    def children(folder):
        parts = len(folder.parts)
        return frozenset(path.parts[parts] for path in known if folder in path.parents)

    return find_gimps(platform, env, HOME, children)


CONFIG = HOME / ".config/GIMP"
LIBRARY = HOME / "Library/Application Support/GIMP"
ROAMING = HOME / "AppData/Roaming/GIMP"
PACKAGES = HOME / "AppData/Local/Packages"

CASES = [
    ("nothing at all", "linux", [], {}, []),
    (
        "a distribution's GIMP, started before",
        "linux",
        ["/usr/bin/gimp-3.0", "/usr/bin/gimp-console-3.0", CONFIG / "3.0/gimprc"],
        {"PATH": "/usr/local/bin:/usr/bin"},
        [Gimp("system", "3.0", CONFIG / "3.0", True, Path("/usr/bin/gimp-console-3.0"))],
    ),
    (
        "a distribution's GIMP that was never started",
        "linux",
        ["/usr/bin/gimp-3.2"],
        {"PATH": "/usr/bin"},
        [Gimp("system", "3.2", CONFIG / "3.2", False, Path("/usr/bin/gimp-3.2"))],
    ),
    (
        "3.0 and 3.2 side by side",
        "linux",
        ["/usr/bin/gimp-3.0", "/opt/gimp/bin/gimp-3.2", CONFIG / "3.0/gimprc", CONFIG / "3.2/x"],
        {"PATH": "/opt/gimp/bin:/usr/bin"},
        [
            Gimp("system", "3.0", CONFIG / "3.0", True, Path("/usr/bin/gimp-3.0")),
            Gimp("system", "3.2", CONFIG / "3.2", True, Path("/opt/gimp/bin/gimp-3.2")),
        ],
    ),
    (
        "GIMP 2.10 only",
        "linux",
        ["/usr/bin/gimp-2.10", CONFIG / "2.10/gimprc"],
        {"PATH": "/usr/bin"},
        [],
    ),
    (
        "an AppImage, which is not on PATH",
        "linux",
        [HOME / "Applications/GIMP-3.0.8-x86_64.AppImage", CONFIG / "3.0/gimprc"],
        {"PATH": "/usr/bin"},
        [Gimp("system", "3.0", CONFIG / "3.0", True)],
    ),
    (
        "another folder for settings",
        "linux",
        ["/settings/GIMP/3.0/gimprc", CONFIG / "3.2/gimprc"],
        {"XDG_CONFIG_HOME": "/settings"},
        [Gimp("system", "3.0", Path("/settings/GIMP/3.0"), True)],
    ),
    (
        "the Flatpak of all users",
        "linux",
        ["/var/lib/flatpak/app/org.gimp.GIMP/current", CONFIG / "3.2/gimprc"],
        {"PATH": "/usr/bin"},
        [Gimp("flatpak", "3.2", CONFIG / "3.2", True)],
    ),
    (
        "the Flatpak of this user, with a profile of before 2.10.10",
        "linux",
        [
            HOME / ".local/share/flatpak/app/org.gimp.GIMP/current",
            HOME / ".var/app/org.gimp.GIMP/config/GIMP/3.0/gimprc",
        ],
        {},
        [Gimp("flatpak", "3.0", HOME / ".var/app/org.gimp.GIMP/config/GIMP/3.0", True)],
    ),
    (
        "a distribution's GIMP and the Flatpak on one profile",
        "linux",
        ["/usr/bin/gimp-3.2", "/var/lib/flatpak/app/org.gimp.GIMP/x", CONFIG / "3.2/gimprc"],
        {"PATH": "/usr/bin"},
        [
            Gimp("system", "3.2", CONFIG / "3.2", True, Path("/usr/bin/gimp-3.2")),
            Gimp("flatpak", "3.2", CONFIG / "3.2", True),
        ],
    ),
    (
        "the Snap",
        "linux",
        [HOME / "snap/gimp/current/.config/GIMP/3.0/gimprc"],
        {},
        [Gimp("snap", "3.0", HOME / "snap/gimp/current/.config/GIMP/3.0", True)],
    ),
    (
        "the bundle for all users",
        "darwin",
        ["/Applications/GIMP.app/Contents", LIBRARY / "3.0/gimprc"],
        {},
        [
            Gimp(
                *("macos", "3.0", LIBRARY / "3.0", True),
                Path("/Applications/GIMP.app/Contents/MacOS/gimp-console"),
            )
        ],
    ),
    (
        "the installer's GIMP, two versions of it",
        "win32",
        [
            "C:/Program Files/GIMP 3/bin/gimp-console-3.exe",
            ROAMING / "3.0/gimprc",
            ROAMING / "3.2/gimprc",
        ],
        {"PROGRAMFILES": "C:/Program Files"},
        [
            Gimp(
                *("windows", version, ROAMING / version, True),
                Path("C:/Program Files/GIMP 3/bin/gimp-console-3.exe"),
            )
            for version in ("3.0", "3.2")
        ],
    ),
    (
        "the Store's GIMP, which has a copy of AppData",
        "win32",
        [PACKAGES / "GIMP.GIMP_n0123/LocalCache/Roaming/GIMP/3.0/gimprc"],
        {},
        [
            Gimp(
                *("store", "3.0"),
                PACKAGES / "GIMP.GIMP_n0123/LocalCache/Roaming/GIMP/3.0",
                started=True,
            )
        ],
    ),
    (
        "AppData moved elsewhere",
        "win32",
        ["D:/roaming/GIMP/3.2/gimprc"],
        {"APPDATA": "D:/roaming"},
        [Gimp("windows", "3.2", Path("D:/roaming/GIMP/3.2"), True)],
    ),
]


@pytest.mark.parametrize(
    ("platform", "files", "env", "expected"),
    [pytest.param(*case, id=name) for name, *case in CASES],
)
def test_each_packaging_is_found_by_its_rules(platform, files, env, expected):
    assert found(platform, files, **env) == expected
