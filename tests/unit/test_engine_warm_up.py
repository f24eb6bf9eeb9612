"""The first use of an installation compiles and says so; the next does not."""

import subprocess
import sys

CODE = """
import sys
from pathlib import Path
from gimp_bridge import engine
engine.use_cache(Path(sys.argv[1]))
for _ in range(2):
    engine.warm_up(compiling=lambda: print("compiling"), cancel=lambda: False)
print("ready")
"""


def words(folder):
    answer = subprocess.run(
        [sys.executable, "-c", CODE, folder], capture_output=True, text=True, check=True
    )
    return answer.stdout.split()


def test_only_the_first_use_says_that_it_compiles(tmp_path):
    assert words(tmp_path) == ["compiling", "ready"]
    assert words(tmp_path) == ["ready"]
