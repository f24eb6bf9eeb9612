"""The settings dialog by keys: a key kept and removed, every page, consent withdrawn."""

from __future__ import annotations

import json
import stat

from tests.gui.person import SETTINGS
from tests.service_peer import KEY


def open_settings(person):
    person.menu("s")
    person.wait_for(SETTINGS)


def test_a_key_is_tested_kept_and_removed(person):
    person.open_photo()
    open_settings(person)
    person.press("alt+k")
    person.type_text(KEY)
    person.look("settings-service")
    person.press("alt+t")
    person.look("settings-key-tested")
    person.press("Return")
    person.wait_gone(SETTINGS)
    kept = person.config("keys.json")
    assert list(json.loads(kept.read_text()).values()) == [KEY]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    open_settings(person)
    person.look("settings-key-kept")
    person.press("alt+r")
    person.look("settings-key-removed")
    assert json.loads(kept.read_text()) == {}
    person.press("Escape")


def test_a_key_typed_but_cancelled_is_not_kept(person):
    person.open_photo()
    open_settings(person)
    person.press("alt+k")
    person.type_text(KEY)
    person.press("Escape")
    person.wait_gone(SETTINGS)
    assert not person.config("keys.json").exists()


def test_a_key_that_is_refused_keeps_nothing_else_either(person):
    person.open_photo()
    open_settings(person)
    person.press("alt+k")
    person.type_text("half a key")
    person.press("Return")
    person.look("settings-key-refused")
    assert SETTINGS in person.titles()
    assert not person.config("settings.json").exists()
    person.press("Escape")


def test_every_page_and_a_consent_withdrawn(person):
    person.config("settings.json").parent.mkdir(parents=True)
    person.config("settings.json").write_text(
        json.dumps({"consents": ["one.example", "two.example"]})
    )
    person.open_photo()
    open_settings(person)
    for page in ("removal", "connection", "privacy"):
        person.press("ctrl+Next")
        person.look(f"settings-{page}")
    person.press("Tab", "space")
    person.wait_until(
        lambda: (
            json.loads(person.config("settings.json").read_text())["consents"] == ["two.example"]
        )
    )
    person.press("Escape")


def test_it_is_reachable_without_an_image(person):
    person.wait_for("GNU Image Manipulation Program")
    person.press("alt+r", "Up", "Right", "s")
    person.wait_for(SETTINGS)
    person.look("settings-without-an-image")
    person.press("Escape")
    person.wait_gone(SETTINGS)
