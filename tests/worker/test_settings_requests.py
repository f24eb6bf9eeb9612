"""What the settings dialog asks for: kept, tested, removed; the key in no answer and no file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.service_peer import KEY, local_service
from tests.worker.conftest import consent_to
from tests.worker.peer import MAIN, Peer, Picture, quadrants


@pytest.fixture
def service():
    with local_service() as address:
        yield address


@pytest.fixture
def worker(folders, service):
    # No key store of this machine's user may be touched: the null backend keeps nothing.
    quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    peer = Peer(**folders, **quiet, PICWISH_BASE_URL=service)
    peer.greet()
    yield peer
    peer.close()


def settings_of(peer):
    last, answer = peer.call("settings")
    assert last.kind == "finished"
    return answer.fields


def config(folders, name):
    return Path(folders["XDG_CONFIG_HOME"]) / "gimp-object-removal" / name


def test_the_first_settings_are_the_defaults(worker, service):
    facts = settings_of(worker)
    assert facts["values"]["region"] == "international"
    assert facts["key"] == "none"
    assert facts["overridden"] == service
    assert facts["rules"].startswith(
        "PicWish is not for unlawful pictures, nor for removing a mark"
    )
    assert "https://picwish.com/" in facts["rules"]


def test_what_is_saved_is_shown_again(worker):
    values = settings_of(worker)["values"] | {"per_second": 1.5, "proxy": "none"}
    assert worker.call("save-settings", {"values": values})[0].kind == "finished"
    assert settings_of(worker)["values"] == values


def test_what_cannot_be_used_is_refused_and_nothing_is_kept(worker, folders):
    values = settings_of(worker)["values"] | {"per_second": -1}
    last, _ = worker.call("save-settings", {"values": values})
    assert (last.kind, last.fields["code"]) == ("failed", "settings")
    assert not config(folders, "settings.json").exists()


def test_an_address_without_encryption_is_refused(worker):
    values = settings_of(worker)["values"] | {"region": "other", "address": "http://example.org"}
    last, _ = worker.call("save-settings", {"values": values})
    assert last.fields["code"] == "address-refused"


def test_saving_brings_no_withdrawn_consent_back(worker, folders, service):
    consent_to(folders, service)
    values = settings_of(worker)["values"]
    host = values["consents"][0]
    assert worker.call("consent", {"host": host, "given": False})[0].kind == "finished"
    worker.call("save-settings", {"values": values})
    assert settings_of(worker)["values"]["consents"] == []


def test_a_key_is_kept_tested_and_removed(worker, folders, service):
    values = {"values": settings_of(worker)["values"]}
    last, _ = worker.call("store-key", values, KEY.encode())
    assert (last.kind, KEY in str(last.fields)) == ("finished", False)
    assert list(json.loads(config(folders, "keys.json").read_text()).values()) == [KEY]
    assert settings_of(worker)["key"] == "kept"
    assert worker.call("test-key", values)[0].kind == "finished"
    assert worker.call("forget-key", values)[0].kind == "finished"
    assert settings_of(worker)["key"] == "none"


def test_a_typed_key_is_tested_without_being_kept(worker, folders):
    values = {"values": settings_of(worker)["values"]}
    assert worker.call("test-key", values, KEY.encode())[0].kind == "finished"
    last, _ = worker.call("test-key", values, b"wrong-key")
    assert (last.kind, last.fields["code"]) == ("failed", "key-refused")
    assert "wrong-key" not in str(last.fields)
    assert not config(folders, "keys.json").exists()


@pytest.mark.parametrize("key", [b"", b"two words", "schlüssel".encode(), b"\xff\xfe"])
def test_what_is_no_key_is_not_kept(worker, folders, key):
    last, _ = worker.call("store-key", {"values": settings_of(worker)["values"]}, key)
    assert last.kind == "failed"
    assert not config(folders, "keys.json").exists()


def test_diagnostics_hold_versions_but_no_key_no_home_no_password(worker, folders):
    values = settings_of(worker)["values"] | {"proxy": "http://me:secret@proxy.example:8080"}
    worker.call("save-settings", {"values": values})
    worker.call("store-key", {"values": values}, KEY.encode())
    _, answer = worker.call("diagnostics")
    text = answer.fields["text"]
    assert "numpy 2." in text
    assert "proxy by hand" in text
    for private in (KEY, "secret", folders["HOME"]):
        assert private not in text


def test_diagnostics_tell_the_last_15_problems_of_the_log_and_all_of_the_settings(worker, folders):
    config(folders, "settings.json").parent.mkdir(parents=True, exist_ok=True)
    config(folders, "settings.json").write_text('{"per_second": -1, "colour": "red"}')
    log = Path(folders["XDG_STATE_HOME"]) / "gimp-object-removal" / "log" / "worker.log"
    problems = [f"WARNING x: no. {n} in {folders['HOME']}/photos" for n in range(1, 18)]
    lines = [f"09:00 7 {each}\n09:00 7 INFO x: went well\n" for each in problems]
    log.write_text("".join(lines) + "ValueError: no. 18\n")
    _, answer = worker.call("diagnostics")
    told = answer.fields["text"].splitlines()
    assert told[-15:] == [
        *(f"  09:00 7 WARNING x: no. {n} in ~/photos" for n in range(4, 18)),
        "  ValueError: no. 18",
    ]
    assert told[-16].startswith("Log ")
    assert any(line.startswith("  ") and "colour" in line for line in told)
    assert any(line.startswith("  ") and "per_second" in line for line in told[6:])


def test_nothing_of_the_key_is_in_the_log(worker, folders):
    values = {"values": settings_of(worker)["values"]}
    worker.call("store-key", values, KEY.encode())
    worker.call("test-key", values, KEY.encode())
    log = Path(folders["XDG_STATE_HOME"]) / "gimp-object-removal" / "log" / "worker.log"
    assert "gimp_bridge" in log.read_text()
    for path in Path(folders["HOME"]).rglob("*"):
        assert (
            path.name == "keys.json" or not path.is_file() or KEY.encode() not in path.read_bytes()
        )


def test_sentences_come_in_the_language_of_the_environment(folders):
    peer = Peer(**folders, LANGUAGE="de_AT:de")
    assert "Nichts ist ausgewählt." in peer.run(Picture(quadrants(64, 48))).fields["message"]
    peer.close()


def test_the_log_goes_where_the_settings_say(folders, tmp_path):
    config(folders, "settings.json").parent.mkdir(parents=True)
    config(folders, "settings.json").write_text(json.dumps({"log_folder": str(tmp_path / "logs")}))
    peer = Peer(**folders)
    peer.run(Picture(quadrants(64, 48)))
    peer.close()
    assert "no-selection" in (tmp_path / "logs" / "worker.log").read_text()


def test_the_doctors_report_names_what_is_wrong_and_what_mends_it(worker, folders, tmp_path):
    last, answer = worker.call("doctor", {"profile": str(tmp_path / "GIMP")})
    assert last.kind == "finished"
    assert answer.fields["broken"] == 1
    assert "BROKEN GIMP has no folder ~/GIMP" in answer.fields["text"]
    assert "-> Start GIMP once" in answer.fields["text"]


def test_the_doctor_names_the_set_up_that_lies_beside_the_plug_in(folders, tmp_path, monkeypatch):
    """Whoever installed from the zip has no ``install.py``."""
    package = tmp_path / "GIMP" / "plug-ins" / "object-removal" / "gimp_bridge"
    shutil.copytree(MAIN.parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("tests.worker.peer.MAIN", package / "__main__.py")
    peer = Peer(**folders)
    peer.greet()
    _, answer = peer.call("doctor", {"profile": str(tmp_path / "GIMP")})
    peer.close()
    command = 'python3 "$HOME/GIMP/plug-ins/object-removal/gimp_bridge/installer"'
    assert command in answer.fields["text"]
    assert "install.py" not in answer.fields["text"]
