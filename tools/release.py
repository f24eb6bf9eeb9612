"""What a release consists of: ``.venv/bin/python -m tools.release [DIR]`` makes it (in ``dist``).

The wheel and the source distribution, the plug-in's folder as a zip for those who copy it into
GIMP's folder by hand, and the checksums of all three.  The same files give the same bytes.  What
the zip lacks, the helper's environment, is made in GIMP once the folder lies where it is to stay.
"""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge import __version__
from gimp_bridge.installer.plugin_folder import NAME, contents, find_source, mode
from gimp_bridge.installer.records import WORKER_FILE

CHECKOUT = Path(__file__).resolve().parent.parent
CHECKSUMS = "SHA256SUMS"
UNIX = 3
"""The system named in a zip's entries whose permissions are to be kept (APPNOTE 4.4.2)."""
DATE = (2026, 1, 1, 0, 0, 0)


def main(arguments: Sequence[str]) -> int:
    """Make a release in the folder named; status 1 where CHANGELOG.md does not know it."""
    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    if f"\n## [{__version__}]" not in changes:
        print(f"CHANGELOG.md has no section for {__version__}.", file=sys.stderr)
        return 1
    out = Path(arguments[0] if arguments else "dist")
    out.mkdir(parents=True, exist_ok=True)
    made = [write_zip(out / f"{NAME}-{__version__}.zip"), *build(out)]
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (out / CHECKSUMS).write_text("".join(sums), encoding="ascii", newline="\n")
    print("".join(sums), end="")
    return 0


def build(out: Path) -> list[Path]:
    """Build wheel and source distribution with the backend that is installed here."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(CHECKOUT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sorted([*out.glob(f"*-{__version__}-*.whl"), *out.glob(f"*-{__version__}.tar.gz")])


def write_zip(path: Path) -> Path:
    """Write the plug-in's files to the zip ``path``, which is returned."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(find_source(), {}):
            if name != WORKER_FILE:
                archive.writestr(_entry(name), content, compresslevel=9)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = UNIX
    entry.external_attr = (stat.S_IFREG | mode(name)) << 16
    return entry


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
