"""Set-up prints anything anywhere, and opens no window on Windows."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / "gimp_bridge" / "installer"
ON_WINDOWS_TOO = [
    path for path in sorted(INSTALLER.glob("*.py")) if not path.name.startswith("debian_")
]


def test_a_folder_that_the_terminal_cannot_spell_stops_nothing(tmp_path):
    profile = tmp_path / "Bücher 写真"
    dry = subprocess.run(
        [sys.executable, "-m", "gimp_bridge.installer", "--dry-run", "--profile", str(profile)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "/B?cher ??" in dry.stdout


@pytest.mark.parametrize("path", ON_WINDOWS_TOO, ids=lambda path: path.name)
def test_no_program_gets_a_console_window(path):
    calls = [
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen")
    ]
    assert [call.get("creationflags") for call in calls] == ["NO_WINDOW"] * len(calls)


def test_there_are_programs_that_set_up_starts():
    started = [path for path in ON_WINDOWS_TOO if "subprocess.run(" in path.read_text("utf-8")]
    assert len(started) >= 3
