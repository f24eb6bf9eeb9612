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
SYSTEM_FLATPAK = Path("/var/lib/flatpak/app/org.gimp.GIMP/current/active/files/bin")
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
        "the Flatpak that was never started",
        "linux",
        [SYSTEM_FLATPAK / "gimp-console-3.2", SYSTEM_FLATPAK / "gimp"],
        {"PATH": "/usr/bin"},
        [Gimp("flatpak", "3.2", CONFIG / "3.2", False, SYSTEM_FLATPAK / "gimp-console-3.2")],
    ),
    (
        "the Flatpak that was never started, and does not show its programs",
        "linux",
        ["/var/lib/flatpak/app/org.gimp.GIMP/current"],
        {"PATH": "/usr/bin"},
        [Gimp("flatpak", "3", CONFIG, False)],
    ),
    (
        "the Flatpak in a folder of the user's choice, and a profile of its 3.0",
        "linux",
        [
            "/flat/app/org.gimp.GIMP/current/active/files/bin/gimp-3.2",
            CONFIG / "3.0/gimprc",
            CONFIG / "3.2/gimprc",
        ],
        {"PATH": "/usr/bin", "FLATPAK_USER_DIR": "/flat"},
        [
            Gimp(
                *("flatpak", "3.2", CONFIG / "3.2", True),
                Path("/flat/app/org.gimp.GIMP/current/active/files/bin/gimp-3.2"),
            )
        ],
    ),
    (
        "the Flatpak of all users, in another folder of the system's",
        "linux",
        ["/srv/flatpak/app/org.gimp.GIMP/current", CONFIG / "3.2/gimprc"],
        {"FLATPAK_SYSTEM_DIR": "/srv/flatpak"},
        [Gimp("flatpak", "3.2", CONFIG / "3.2", True)],
    ),
    (
        "a distribution's 3.0 and the Flatpak's 3.2, each with its profile",
        "linux",
        [
            "/usr/bin/gimp-3.0",
            SYSTEM_FLATPAK / "gimp-3.2",
            CONFIG / "3.0/gimprc",
            CONFIG / "3.2/gimprc",
        ],
        {"PATH": "/usr/bin"},
        [
            Gimp("system", "3.0", CONFIG / "3.0", True, Path("/usr/bin/gimp-3.0")),
            Gimp("flatpak", "3.2", CONFIG / "3.2", True, SYSTEM_FLATPAK / "gimp-3.2"),
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
        ["/Applications/GIMP.app/Contents/MacOS/gimp-console", LIBRARY / "3.0/gimprc"],
        {},
        [
            Gimp(
                *("macos", "3.0", LIBRARY / "3.0", True),
                Path("/Applications/GIMP.app/Contents/MacOS/gimp-console"),
            )
        ],
    ),
    (
        "a bundle that was never started, beside a GIMP 2",
        "darwin",
        [
            *(f"/Applications/GIMP-2.10.app/Contents/MacOS/gimp{n}" for n in ("", "-console-2.10")),
            *(f"{HOME}/Applications/GIMP.app/Contents/MacOS/gimp{n}" for n in ("", "-3.2")),
            LIBRARY / "2.10/gimprc",
        ],
        {},
        [
            Gimp(
                *("macos", "3.2", LIBRARY / "3.2", False),
                HOME / "Applications/GIMP.app/Contents/MacOS/gimp-3.2",
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
        "the installer's GIMP that was never started, and a 2.10 that was",
        "win32",
        [
            "D:/Programs/GIMP 3/bin/gimp-3.2.exe",
            "D:/Programs/GIMP 3/bin/gimp-console-3.2.exe",
            ROAMING / "2.10/gimprc",
        ],
        {"PROGRAMFILES": "D:/Programs"},
        [
            Gimp(
                *("windows", "3.2", ROAMING / "3.2", False),
                Path("D:/Programs/GIMP 3/bin/gimp-console-3.2.exe"),
            )
        ],
    ),
    (
        "a GIMP for this user alone, never started, whose programs do not say which it is",
        "win32",
        [f"{HOME}/AppData/Local/Programs/GIMP 3/bin/{name}.exe" for name in ("gimp", "gimp-3")],
        {},
        [
            Gimp(
                *("windows", "3", ROAMING, False),
                HOME / "AppData/Local/Programs/GIMP 3/bin/gimp-3.exe",
            )
        ],
    ),
    (
        "a 3.2 that took the place of a 3.0 and was not started yet",
        "win32",
        ["C:/Program Files/GIMP 3/bin/gimp-console-3.2.exe", ROAMING / "3.0/gimprc"],
        {},
        [
            Gimp("windows", "3.0", ROAMING / "3.0", True),
            Gimp(
                *("windows", "3.2", ROAMING / "3.2", False),
                Path("C:/Program Files/GIMP 3/bin/gimp-console-3.2.exe"),
            ),
        ],
    ),
    (
        "the Store's GIMPs, which have a copy of AppData each: one stable, one never started",
        "win32",
        [
            PACKAGES / "GIMP.43237F745459_nq49gba4h4mx8/LocalCache/Roaming/GIMP/3.2/gimprc",
            PACKAGES / "GIMP.GIMPPreview_nq49gba4h4mx8/Settings/settings.dat",
            PACKAGES / "Gimpel.Letters_x/LocalCache/Roaming/GIMP/3.0/gimprc",
        ],
        {},
        [
            Gimp(
                *("store", "3.2"),
                PACKAGES / "GIMP.43237F745459_nq49gba4h4mx8/LocalCache/Roaming/GIMP/3.2",
                started=True,
            ),
            Gimp(
                *("store", "3"),
                PACKAGES / "GIMP.GIMPPreview_nq49gba4h4mx8/LocalCache/Roaming/GIMP",
                started=False,
            ),
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
