"""Where the helper's Python and packages come from: no python3-venv, a named Python, a proxy."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.install.conftest import HOME

SNAKE = """#!/bin/sh
echo "$@" >> ~/asked
exec /usr/bin/python3 "$@"
"""
OPTIONS = ("--profile", f"{HOME}/profile", "--data", f"{HOME}/data")


@pytest.fixture
def without_venv(someone, tmp_path):
    """A user of a Debian on which python3-venv, that is ensurepip, is not installed."""
    library = next((someone.root.folder / "usr/lib").glob("python3.*"))
    bare = tmp_path / "library"
    shutil.copytree(library, bare, symlinks=True, ignore=shutil.ignore_patterns("ensurepip"))
    someone.read_only_binds[bare] = f"/usr/lib/{library.name}"
    return someone, library.name


def test_a_debian_without_python3_venv_is_told_the_very_package(without_venv):
    person, python = without_venv
    failed = person.install(*OPTIONS)
    assert failed.returncode == 1
    assert failed.stderr.strip() == (
        f"/usr/bin/python3 has no pip. Please install it with: sudo apt-get install {python}-venv"
    )
    assert list((person.home / "data").glob("env-*")) == []


def test_the_named_python_is_the_one_the_environment_is_made_with(someone):
    someone.write(
        "bin/snake", '#!/bin/sh\necho "$@" >> ~/asked\nexec /usr/bin/python3 "$@"\n', mode=0o755
    )
    shared = ("--profile", f"{HOME}/profile", "--data", f"{HOME}/data", "--inner")
    # No wheels at all: it comes as far as making the environment, which is what is looked at.
    (someone.home / "empty").mkdir()
    failed = someone.install(*shared, "--python", f"{HOME}/bin/snake", "--wheels", f"{HOME}/empty")
    assert failed.returncode == 1
    assert "-I -m venv --without-pip" in (someone.home / "asked").read_text()

    refused = someone.install(*shared, "--python", f"{HOME}/bin/none")
    assert refused.stderr.strip() == f"There is no program {HOME}/bin/none."


class Recorder(BaseHTTPRequestHandler):
    """A proxy that notes where it is asked to connect to, and refuses."""

    asked: list[str]

    def do_CONNECT(self):
        self.asked.append(self.path)
        self.send_error(502)

    def log_message(self, *_):
        return


@pytest.fixture
def proxy():
    handler = type("Recorder", (Recorder,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()


def test_the_systems_proxy_is_what_packages_and_service_are_asked_for_through(someone, proxy):
    address, asked = proxy
    someone.env |= {"https_proxy": address, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        someone.env[name] = ""
    failed = someone.install(*OPTIONS)
    assert failed.returncode == 1
    assert "could not be downloaded" in failed.stderr
    assert set(asked) == {"pypi.org:443"}

    asked.clear()
    shared = ("--profile", f"{HOME}/profile", "--data", "/opt/object-removal")
    assert someone.install(*shared, "--inner").returncode == 0
    someone.env["PICWISH_BASE_URL"] = "https://service.example"
    report = someone.install("--doctor", *shared).stdout
    assert asked == ["service.example:443"]
    assert "https://service.example cannot be reached (ProxyError)" in report
