"""What pip is told inside the Flatpak's sandbox, whose /etc is not the machine's."""

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import environment
from gimp_bridge.installer.pip_settings import NO_NETWORK, pip_environment

RETRYING = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'NewConnectionError('...: Failed to establish a new connection')': /simple/certifi/\n"
    "ERROR: No matching distribution found for certifi==1"
)
UNTRUSTED = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'SSLError(SSLCertVerificationError(1, 'self-signed certificate'))': /simple/certifi/"
)


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def settings(tmp_path, **env):
    told = pip_environment({"FLATPAK_ID": "a", "HOME": str(tmp_path), **env}, tmp_path / "host")
    return told.get("PIP_CONFIG_FILE"), told.get("PIP_CERT")


def test_outside_nothing_is_changed(tmp_path):
    write(tmp_path / ".config/pip/pip.conf")
    told = pip_environment({"HOME": str(tmp_path), "PIP_CERT": "/etc/x"}, tmp_path)
    assert told == {"HOME": str(tmp_path), "PIP_CERT": "/etc/x", "PYTHONIOENCODING": "utf-8"}


def test_the_machines_certificates_and_the_users_settings_hold_inside(tmp_path):
    assert settings(tmp_path) == (None, None)
    bundle = write(tmp_path / "host/etc/ssl/certs/ca-certificates.crt")
    systems = write(tmp_path / "host/etc/pip.conf")
    assert settings(tmp_path) == (str(systems), str(bundle))
    users = write(tmp_path / ".config/pip/pip.conf", "[global]\ncert = /etc/company.pem\n")
    company = write(tmp_path / "host/etc/company.pem")
    assert settings(tmp_path) == (str(users), str(company))


def test_what_the_environment_names_is_found_inside_under_the_machines_root(tmp_path):
    write(tmp_path / "host/etc/ssl/certs/ca-certificates.crt")
    named = {name: write(tmp_path / f"host/etc/{name}") for name in ("mine.conf", "mine.pem")}
    told = settings(tmp_path, PIP_CONFIG_FILE="/etc/mine.conf", PIP_CERT="/etc/mine.pem")
    assert told == (str(named["mine.conf"]), str(named["mine.pem"]))
    seen = write(tmp_path / "seen.pem")
    assert settings(tmp_path, PIP_CERT=str(seen))[1] == str(seen)


@pytest.mark.parametrize(
    ("printed", "told"), [(RETRYING, NO_NETWORK), (UNTRUSTED, "self-signed certificate")]
)
def test_without_a_network_it_is_one_sentence(tmp_path, monkeypatch, printed, told):
    program = write(tmp_path / "pip", f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(environment, "_filler", lambda *_: [program])
    with pytest.raises(InstallError) as error:
        environment._install(tmp_path, None, tmp_path / "lock", wheels=None, say=print)
    assert told in str(error.value)
    assert (str(error.value) == NO_NETWORK) is (told == NO_NETWORK)
