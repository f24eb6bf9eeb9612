"""What --doctor says of an environment, from the files alone."""

import json
import sys
from pathlib import Path

import pytest

from gimp_bridge.installer import doctor
from gimp_bridge.installer.environment import interpreter_of, packages_digest
from gimp_bridge.installer.plugin_folder import setup_command
from gimp_bridge.installer.records import Noted
from gimp_bridge.packages import STATEMENT


@pytest.fixture
def environment(tmp_path):
    folder = tmp_path / "env-0123"
    interpreter_of(folder).parent.mkdir(parents=True)
    interpreter_of(folder).symlink_to(sys.executable)
    (folder / STATEMENT).write_text(json.dumps({"packages": packages_digest()}))
    (folder / "pyvenv.cfg").write_text("")
    return folder


def examined(environment: Path):
    finding = doctor._environment(Noted(interpreter_of(environment), "0.1.0"))
    return finding.verdict, finding.text


def test_a_whole_environment_is_well_and_its_age_is_said(environment):
    verdict, text = examined(environment)
    assert verdict == "ok"
    assert text.startswith("The helper's environment, made on 20")


def test_one_that_lost_its_pyvenv_cfg_is_broken(environment):
    (environment / "pyvenv.cfg").unlink()
    verdict, text = examined(environment)
    assert verdict == "broken"
    assert text.startswith(f"The helper's environment {environment} is damaged (")


@pytest.mark.parametrize(("platform", "python"), [("win32", "py"), ("linux", "python3")])
def test_the_cure_is_a_command_that_this_system_has(monkeypatch, platform, python):
    monkeypatch.setattr(sys, "platform", platform)
    broken = [doctor.Finding("files", "broken", "1 file is missing", doctor.REPAIR)]
    report = doctor.as_text(broken, setup_command())
    assert f"-> {python} install.py --repair\n" in report
