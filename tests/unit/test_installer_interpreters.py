"""Which Pythons may run the helper, and what is said of those that may not."""

import sys
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import interpreters
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
    ],
)
def test_what_is_wrong_with_a_python(change, reason):
    assert objection(GOOD._replace(**change)) == reason


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
    assert interpreters.python_environment(inherited) == {"HOME": "/people/ann"}
