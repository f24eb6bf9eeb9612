"""Who does the work: the service only with a key and where it was agreed to, or this computer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gimp_bridge.cli import main
from gimp_bridge.cli.commands import agreed_service
from gimp_bridge.settings import Settings
from tests.service_peer import quadrants
from tests.unit.cli.left import EXACT, OUTSIDE, pixels

REMOVE = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png", *EXACT]


@pytest.fixture
def keyless(here, monkeypatch):
    monkeypatch.delenv("PICWISH_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def test_without_a_key_the_way_out_is_named(keyless, capsys):
    assert main([*REMOVE, "--service", "picwish"]) == 1
    assert "choose “This computer”, which needs none" in capsys.readouterr().err


@pytest.mark.parametrize("service", ["auto", "this-computer"])
def test_without_a_key_this_computer_does_it(keyless, service, capsys):
    assert main([*REMOVE, "--service", service]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    assert capsys.readouterr() == ("out.png  (by this computer)\n", "")


def settings_with(consents: list[str]) -> Settings:
    return Settings(region="other", address="https://pics.example", consents=tuple(consents))


def test_nothing_is_sent_to_a_host_nobody_agreed_to(here, capsys):
    assert agreed_service("auto", settings_with(["elsewhere.example"])) == "this-computer"
    assert capsys.readouterr().err == (
        "Nobody has agreed yet to send pictures to pics.example, so this computer does it. "
        "To send them, add --service picwish.\n"
    )


@pytest.mark.parametrize(
    ("service", "consents", "chosen"),
    [
        ("auto", ["pics.example"], "picwish"),
        ("picwish", [], "picwish"),
        ("this-computer", ["pics.example"], "this-computer"),
    ],
)
def test_who_is_named_or_agreed_to_does_it(here, service, consents, chosen, capsys):
    assert agreed_service(service, settings_with(consents)) == chosen
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["remove photo.png", "batch in"])
def test_the_commands_send_nothing_unless_it_was_agreed_to(here, command, monkeypatch, capsys):
    monkeypatch.setenv("PICWISH_BASE_URL", "https://pics.invalid")
    Path("in").mkdir()
    shutil.copy("photo.png", "in/out.png")
    output = "out.png" if "remove" in command else "."
    assert main([*command.split(), "--mask", "mask.png", *EXACT, "-o", output]) == 0
    assert capsys.readouterr().err.startswith("Nobody has agreed yet to send pictures to pics.inv")
    assert np.array_equal(pixels("out.png")[OUTSIDE], quadrants()[OUTSIDE])
