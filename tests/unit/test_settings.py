"""Settings survive every broken file and say what they did not understand."""

from __future__ import annotations

import io
import json
import logging
import stat

import pytest

from gimp_bridge.errors import AddressRefused, KeyMissing
from gimp_bridge.secret import Secret
from gimp_bridge.service.connect import connect
from gimp_bridge.settings import Settings

DEFAULTS = Settings()


def load(tmp_path, content, environ=None):
    path = tmp_path / "settings.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return Settings.load(path, environ or {})


def test_without_a_file_the_defaults_hold(tmp_path):
    settings = Settings.load(tmp_path / "none.json", {})
    assert (settings, settings.problems) == (DEFAULTS, ())
    assert settings.base_url == "https://techhk.aoscdn.com"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN', b"12"]
)
def test_a_broken_file_gives_the_defaults_and_a_sentence(tmp_path, content):
    settings = load(tmp_path, content)
    assert settings == DEFAULTS
    assert len(settings.problems) == 1
    assert "defaults are used" in settings.problems[0]


def test_a_folder_in_the_files_place_gives_the_defaults(tmp_path):
    assert len(Settings.load(tmp_path, {}).problems) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "moon"),
        ("region", ["mainland"]),
        ("per_second", 0),
        ("per_second", "2"),
        ("per_second", True),
        ("per_second", 1e400),
        ("task_s", -1),
        ("proxy", ""),
        ("consents", [1]),
        ("grain", 1),
        ("log_folder", {}),
    ],
)
def test_a_bad_value_is_replaced_and_the_others_stay(tmp_path, name, value):
    settings = load(tmp_path, {name: value, "connect_s": 7})
    assert settings == Settings(connect_s=7)
    assert settings.problems[0].startswith(f"The setting “{name}” must be ")


def test_an_unknown_setting_is_named_and_ignored(tmp_path):
    settings = load(tmp_path, {"problems": ["x"], "api_key": "k"})
    assert settings == DEFAULTS
    assert len(settings.problems) == 2


def test_a_file_of_an_older_version_is_read_without_complaint(tmp_path):
    settings = load(tmp_path, {"grow_px": 7, "feather_px": "wide", "connect_s": 7})
    assert settings == Settings(connect_s=7)
    assert settings.problems == ()


def test_what_was_saved_comes_back(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(region="mainland", per_second=1.5, consents=("a", "b"), grain=False)
    settings.save(path)
    assert Settings.load(path, {}) == settings
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("cn", "mainland"),
        ("mainland", "mainland"),
        ("global", "international"),
        ("international", "international"),
    ],
)
def test_a_region_can_be_named_in_the_environment_and_in_the_file(tmp_path, name, region):
    by_variable = load(tmp_path, {"region": "other"}, {"PICWISH_BASE_URL": name})
    by_file = load(tmp_path, {"region": name})
    host = {"mainland": "techsz.aoscdn.com", "international": "techhk.aoscdn.com"}[region]
    for settings in (by_variable, by_file):
        assert (settings.region, settings.host, settings.problems) == (region, host, ())


def test_the_environment_goes_first(tmp_path):
    environ = {"PICWISH_BASE_URL": "http://127.0.0.1:8765/"}
    settings = load(tmp_path, {"region": "mainland"}, environ)
    assert settings.base_url == "http://127.0.0.1:8765"
    assert settings.host == "127.0.0.1:8765"


@pytest.mark.parametrize("address", ["http://example.org", "example.org", "", "https://h/?a=1"])
def test_an_address_that_is_not_safe_is_refused_when_used(address):
    with pytest.raises(AddressRefused):
        _ = Settings(region="other", address=address).base_url


def test_consent_is_for_one_service_only():
    settings = Settings().with_consent(Settings().host, given=True)
    assert settings.consents == ("techhk.aoscdn.com",)
    assert settings.has_consent
    assert not Settings(region="mainland", consents=settings.consents).has_consent
    assert settings.with_consent(settings.host, given=False).consents == ()


def test_a_client_is_made_as_set(tmp_path):
    client = connect(Settings(region="mainland", per_second=4, task_s=33), Secret("k"))
    assert client.base_url == "https://techsz.aoscdn.com"
    assert client.pace.gap_s == pytest.approx(0.25875)
    assert client.timeouts.task_s == 33


def test_from_the_first_client_on_no_handler_shows_the_key():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        for _ in range(2):
            connect(Settings(), Secret("k3y-of-a-client"))
        logging.getLogger("urllib3").warning("headers %s", {"X-API-KEY": "k3y-of-a-client"})
        assert len(handler.filters) == 1
    finally:
        logging.getLogger().removeHandler(handler)
    assert stream.getvalue() == "headers {'X-API-KEY': '[key hidden]'}\n"


def test_a_client_without_a_key_says_so():
    with pytest.raises(KeyMissing, match="needs a key"):
        connect(Settings(), Secret(""))


@pytest.mark.parametrize("content", [b'{"region": "mainland",', b"\xff", b"[]"])
def test_a_file_that_cannot_be_read_is_set_aside_before_another_is_written(tmp_path, content):
    file = tmp_path / "settings.json"
    file.write_bytes(content)
    settings = Settings.load(file, environ={})
    settings.with_consent(settings.host, given=True).save(file)
    assert (tmp_path / "settings.json.unreadable").read_bytes() == content
    assert Settings.load(file, environ={}).has_consent
