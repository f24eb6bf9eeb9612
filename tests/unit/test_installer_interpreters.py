"""Which Pythons may run the helper, and what is said of those that may not."""

import json
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import front, interpreters, pythons_here
from gimp_bridge.installer.interpreters import Interpreter, objection

GOOD = Interpreter(
    path=Path("/usr/bin/python3"),
    version=(3, 13, 5),
    implementation="CPython",
    platform="linux-x86_64",
    base="/usr",
    venv=True,
    ensurepip=False,
    pip="25.1.1",
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"version": (3, 10, 0)}, None),
        ({"version": (3, 9, 21)}, "it is Python 3.9, and 3.10 or newer is needed"),
        ({"implementation": "PyPy"}, "it is PyPy, and the packages are built for CPython"),
        (
            {"platform": "mingw_x86_64_ucrt_gnu"},
            "it is an MSYS2 Python (GIMP's own?), for which there are no packages",
        ),
        ({"version": (3, 14, 1)}, None),
        ({"version": (3, 15, 0)}, "it is Python 3.15, for which there are no packages"),
        ({"bits": 32}, "it is a 32-bit Python, for which there are no packages"),
        ({"free_threaded": True}, "it is a free-threaded Python, for which there are no packages"),
        ({"musl": True}, "it is a Python for musl, for which there are no packages"),
        ({"platform": "macosx-11.0-universal2", "machine": "arm64"}, None),
        ({"platform": "macosx-11.0-universal2", "machine": "x86_64"}, None),
        (
            {"platform": "macosx-11.0-universal2", "machine": "x86_64", "version": (3, 14, 0)},
            "it is Python 3.14 for Intel Macs, for which there are no packages",
        ),
        ({"platform": "win-arm64", "machine": "arm64"}, None),
        (
            {"platform": "win-arm64", "machine": "arm64", "version": (3, 11, 9)},
            "it is Python 3.11 for Windows on ARM, for which there are no packages",
        ),
    ],
)
def test_what_is_wrong_with_a_python(change, reason):
    assert objection(GOOD._replace(**change)) == reason


@pytest.mark.parametrize(
    ("base", "goes"),
    [
        ("/usr", False),
        ("/home/ann/.pyenv/versions/3.12.4", False),
        (
            "/Applications/GIMP.app/Contents/Resources/Library/Frameworks/Python.framework"
            "/Versions/3.10",
            True,
        ),
        ("/Users/ann/Applications/GIMP-3.2.app/Contents/Resources", True),
        ("/Library/Frameworks/Python.framework/Versions/3.13", False),
        ("/tmp/.mount_GIMP-3aBcD12/usr", True),
        ("/tmp/appimage_extracted_0a1b2c3d/usr", True),
        ("/home/ann/Downloads/squashfs-root/usr", True),
        ("/snap/gimp/512/usr", True),
        ("/snap/astral-uv/1/python", False),
    ],
)
def test_a_python_inside_gimps_own_package_is_not_for_the_helper(base, goes):
    assert interpreters.goes_with_gimp(base) is goes


def looked_at(platform, files, **env):
    """Which of the files (a whole machine's) are tried as Pythons, in order."""

    def glob(folder, pattern):
        for file in map(Path, files):
            if folder in file.parents and fnmatch(str(file.relative_to(folder)), pattern):
                yield file

    found = pythons_here.elsewhere(platform, env, Path("/people/ann"), glob)
    return [path.as_posix() for path in found]


def test_on_macos_pythons_are_found_that_path_does_not_name():
    framework = "/Library/Frameworks/Python.framework/Versions"
    files = [
        "/opt/homebrew/bin/python3.9",
        "/opt/homebrew/bin/python3.12",
        "/opt/homebrew/bin/python3.13",
        "/opt/homebrew/bin/python3.13-config",
        f"{framework}/3.11/bin/python3",
        f"{framework}/3.14/bin/python3",
    ]
    assert looked_at("darwin", files) == [
        "/opt/homebrew/bin/python3.13",
        "/opt/homebrew/bin/python3.12",
        f"{framework}/3.14/bin/python3",
        f"{framework}/3.11/bin/python3",
    ]


def test_on_windows_pythons_are_found_that_path_does_not_name():
    own = "/people/ann/AppData/Local/Programs/Python"
    files = [
        f"{own}/Python39/python.exe",
        f"{own}/Python310/python.exe",
        f"{own}/Python313/python.exe",
        "D:/Programs/Python312/python.exe",
        "/people/ann/AppData/Local/Microsoft/WindowsApps/python.exe",
        "/people/ann/AppData/Local/Python/pythoncore-3.14-64/python.exe",
        "/people/ann/AppData/Local/Python/pythoncore-3.12-arm64/python.exe",
        "/people/ann/AppData/Local/Python/pythoncore-3.14t-64/python.exe",
        "/people/ann/AppData/Local/Python/bin/python.exe",
    ]
    assert looked_at("win32", files, PROGRAMFILES="D:/Programs") == [
        f"{own}/Python313/python.exe",
        f"{own}/Python310/python.exe",
        "/people/ann/AppData/Local/Python/pythoncore-3.14-64/python.exe",
        "/people/ann/AppData/Local/Python/pythoncore-3.12-arm64/python.exe",
        "D:/Programs/Python312/python.exe",
    ]


def test_on_windows_pythons_are_found_that_are_registered():
    keys = {
        r"Software\Python": ["PythonCore", "Anaconda", "PyLauncher"],
        r"Software\Python\PythonCore": ["3.13", "3.9-32"],
        r"Software\Python\Anaconda": ["py312"],
    }
    values = {
        (r"Software\Python\PythonCore\3.13\InstallPath", "ExecutablePath"): r"E:\py\python.exe",
        (r"Software\Python\PythonCore\3.13\InstallPath", ""): "E:\\py",
        (r"Software\Python\Anaconda\py312\InstallPath", ""): r"C:\conda",
    }
    found = pythons_here.registered(
        lambda key: keys.get(key, ()), lambda key, name: values.get((key, name))
    )
    assert list(map(str, found)) == [r"E:\py\python.exe", r"C:\conda\python.exe"]


STORES = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.13_3.13.25.0_x64__qbz5n2"
ALIAS = Path("/people/ann/AppData/Local/Microsoft/WindowsApps/python3.13.exe")


def test_a_python_from_the_store_is_not_its_placeholder():
    told = objection(GOOD._replace(path=ALIAS, base=STORES))
    assert told == "it is from the Microsoft Store, and writes where GIMP does not see it"


def test_a_python_that_the_stores_python_manager_starts_will_do():
    base = r"C:\Users\ann\AppData\Local\Python\pythoncore-3.14-64"
    assert objection(GOOD._replace(path=ALIAS, base=base)) is None


def test_the_stores_placeholder_is_said_to_be_one(tmp_path):
    folder = tmp_path / "WindowsApps"
    folder.mkdir()
    empty = program(folder, "#!/bin/sh\necho Python was not found >&2; exit 9\n")
    with pytest.raises(InstallError) as told:
        interpreters.choose(empty)
    assert str(told.value) == (
        f"{empty} is the Microsoft Store's placeholder (Python was not found)."
    )


def test_set_up_run_by_the_stores_python_says_to_use_another(monkeypatch, capsys):
    monkeypatch.setattr(front.sys, "base_prefix", STORES)
    assert front.main(["--dry-run"]) == 1
    assert "This is the Microsoft Store's Python, and what it writes" in capsys.readouterr().err


def test_behind_an_appimages_python_the_systems_is_found(tmp_path, monkeypatch):
    inside, outside = tmp_path / ".mount_GIMPab/usr/bin", tmp_path / "usr/bin"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    own = subprocess.run(
        [sys.executable, "-c", interpreters.PROBE], capture_output=True, text=True, check=True
    ).stdout
    in_mount = json.loads(own) | {"base": str(inside.parent)}
    program(inside, f"#!/bin/sh\necho '{json.dumps(in_mount)}'\n")
    (outside / "python3").symlink_to(sys.executable)
    (tmp_path / "bin").symlink_to(outside)
    monkeypatch.setenv("PATH", f"{inside}:{tmp_path / 'bin'}:{outside}")
    monkeypatch.setattr(interpreters.sys, "executable", str(inside / "python3"))
    assert list(pythons_here.candidates()) == [
        inside / "python3",
        inside / "python3",
        tmp_path / "bin" / "python3",
    ]
    assert interpreters.choose().path == tmp_path / "bin" / "python3"


def test_on_linux_path_names_them_all():
    assert looked_at("linux", ["/usr/local/bin/python3.13", "/opt/homebrew/bin/python3.13"]) == []


@pytest.mark.parametrize(
    ("pip", "can"), [(None, False), ("22.2.2", False), ("22.3", True), ("23.0.1", True)]
)
def test_pip_can_fill_another_environment_since_22_3(pip, can):
    assert GOOD._replace(pip=pip).installs_elsewhere is can


def test_the_running_python_is_taken_when_none_is_named():
    chosen = interpreters.choose()
    assert chosen.path == Path(sys.executable)
    assert chosen.version == sys.version_info[:3]


def program(folder, text):
    path = folder / "python3"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_named_python_that_is_none_is_refused(tmp_path):
    impostor = program(tmp_path, "#!/bin/sh\necho Python is not here; exit 1\n")
    with pytest.raises(InstallError, match="is not a Python that works"):
        interpreters.choose(impostor)


def test_a_named_python_that_is_too_old_is_refused(tmp_path):
    answer = (
        '{"version": [3, 8, 1], "implementation": "CPython", "platform": "linux", "base": "/",'
        ' "venv": true, "ensurepip": true, "pip": null}'
    )
    old = program(tmp_path, f"#!/bin/sh\necho '{answer}'\n")
    with pytest.raises(InstallError, match=r"cannot be used: it is Python 3\.8, and 3\.10"):
        interpreters.choose(old)


def test_the_next_python_is_taken_where_the_first_is_too_new(tmp_path, monkeypatch):
    answer = (
        '{"version": [3, 15, 0], "implementation": "CPython", "platform": "linux", "base": "/",'
        ' "venv": true, "ensurepip": true, "pip": null}'
    )
    new = program(tmp_path, f"#!/bin/sh\necho '{answer}'\n")
    monkeypatch.setattr(interpreters, "candidates", lambda: iter([new, Path(sys.executable)]))
    assert interpreters.choose().path == Path(sys.executable)


def test_a_python_says_what_it_is_built_for():
    asked = interpreters.probe(Path(sys.executable))
    assert (asked.bits, asked.machine) == (64, "")
    assert (asked.free_threaded, asked.musl) == (False, False)


def test_a_name_that_leads_nowhere_is_refused():
    with pytest.raises(InstallError, match="There is no program /nowhere/python"):
        interpreters.choose(Path("/nowhere/python"))


def test_a_uv_brings_a_python_where_there_is_none(tmp_path, monkeypatch):
    uv = program(
        tmp_path,
        f"""#!/bin/sh
if [ "$2" = install ]; then touch {tmp_path}/fetched; fi
if [ -e {tmp_path}/fetched ] && [ "$2" = find ]; then echo {sys.executable}; else exit 2; fi
""",
    ).rename(tmp_path / "uv")
    monkeypatch.setattr(interpreters, "candidates", lambda: iter([]))
    monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
    assert interpreters.choose().path == Path(sys.executable)


def test_without_any_python_it_is_said_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(interpreters, "candidates", lambda: iter([tmp_path / "python3"]))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="No Python was found that Object Removal's helper can"):
        interpreters.choose()


def test_settings_of_another_python_are_not_handed_on():
    inherited = {"PYTHONHOME": "/gimp", "PYTHONPATH": "/gimp/lib", "HOME": "/people/ann"}
    assert interpreters.python_environment(inherited) == {
        "HOME": "/people/ann",
        "PYTHONIOENCODING": "utf-8",
    }
