"""Making a private Debian root with GIMP 3, from nothing but the machine's own apt.

debootstrap is fetched through apt and unpacked, not installed.  It and everything else is
downloaded by apt, so that proxies, certificates and credentials configured for apt hold, and the
mirror is the one the machine itself uses.  A root is built in a side folder and moved into place.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.processes import Say, need, run
from tools.private_debian.namespaces import enter, name_service

SUITES = {"trixie": "3.0", "forky": "3.2"}
"""Debian release to the minor version of the GIMP it carries."""

ORDINARY_USER = 1000
"""User and group id of the account ``person`` that every root has."""

PACKAGES = (
    "gimp",
    "python3-venv",  # the worker's environment
    "python3-gi",
    # what the window tests drive GIMP with
    *("xvfb", "xauth", "xdotool", "openbox", "dbus-x11", "at-spi2-core", "python3-pyatspi"),
    *("adwaita-icon-theme", "fonts-dejavu-core", "imagemagick"),
)
ATTEMPTS = 3
STATEMENT = "etc/gimp-object-removal-root.json"
"""Written last into a root, with what it was made of: a root without it is half-made."""

APT_HELPER = Path("/usr/lib/apt/apt-helper")
# debootstrap downloads with wget, which a small Debian lacks; apt's own downloader stands in.
WGET = f"""#!/bin/sh
while [ "$1" != -O ]; do shift; done
exec {APT_HELPER} -o Acquire::Retries=3 download-file "$3" "$2"
"""
HOST_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CERTIFICATES_INSIDE = "/run/host-certificates.crt"


def recipe() -> str:
    """What a root is made of; a root of another recipe is made again."""
    text = json.dumps([PACKAGES, ORDINARY_USER])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` holds a finished root of the present recipe."""
    try:
        statement = json.loads((folder / STATEMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(statement.get("recipe") == recipe())


def build(suite: str, folder: Path, *, say: Say) -> None:
    """Make the root for ``suite`` at ``folder``; raises InstallError; nothing half-made stays."""
    say(f"Making a private Debian ({suite}) with GIMP {SUITES[suite]}: 1.2 GB, 2 min")
    began = time.monotonic()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Only the holder of the lock builds: what is left here is from one that was killed.
    for left in folder.parent.glob(f".{suite}.*"):
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(prefix=f".{suite}.", dir=folder.parent))
    try:
        root = work / "root"
        mirror = find_mirror(say=say)
        unpack_base(suite, root, work, mirror, say=say)
        install_packages(root, say=say)
        finish(suite, root)
        put_in_place(root, folder, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"  The private Debian is ready ({time.monotonic() - began:.0f} s): {folder}")


def find_mirror(*, say: Say) -> str:
    """The address of the Debian archive this machine's own apt uses."""
    mirror = _mirror_of_lists()
    if mirror is None:
        say("  Updating apt's lists")
        _again(lambda: run(["apt-get", "update"], doing="update apt's lists", say=say), say)
        mirror = _mirror_of_lists()
    if mirror is None:
        raise InstallError(
            "apt on this machine knows no Debian archive, so no private Debian can be made."
        )
    return mirror


def _mirror_of_lists() -> str | None:
    listed = run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(REPO_URI)"],
        doing="ask apt for its package sources",
    )
    for line in listed.splitlines():
        origin, _, rest = line.partition("|")
        codename, _, address = rest.partition("|")
        # bookworm-security and bookworm-updates live elsewhere than the release itself.
        if origin == "Debian" and "-" not in codename and address:
            return address
    return None


def unpack_base(suite: str, root: Path, work: Path, mirror: str, *, say: Say) -> None:
    """A minimal Debian of ``suite`` at ``root``, from packages whose signatures were checked."""
    say("  Unpacking the base system")
    tools = fetch_debootstrap(work, say=say)
    scripts = tools / "usr/share/debootstrap/scripts"
    if not (scripts / suite).exists():
        # A release newer than this debootstrap is unpacked like every one since 2012: as sid.
        (scripts / suite).symlink_to("sid")
    wget = tools / "bin" / "wget"
    wget.parent.mkdir()
    wget.write_text(WGET, encoding="ascii")
    wget.chmod(0o755)
    environment = {
        **os.environ,
        "DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap"),
        "PATH": f"{wget.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    debootstrap = ["/bin/sh", str(tools / "usr/sbin/debootstrap"), "--variant=minbase"]

    def unpack() -> None:
        run(
            [*debootstrap, suite, root, mirror],
            doing=f"unpack a minimal Debian ({suite})",
            say=say,
            env=environment,
        )

    _again(unpack, say)


def fetch_debootstrap(work: Path, *, say: Say) -> Path:
    """The folder in which the package debootstrap was unpacked; nothing is installed."""
    need("dpkg", because="a private Debian can only be made on a Debian")

    def download() -> None:
        doing = "download debootstrap"
        try:
            # As root apt would rather download as the user _apt, who may not write here.
            run(
                ["apt-get", "-o", "APT::Sandbox::User=root", "download", "debootstrap"],
                doing=doing,
                cwd=work,
            )
        except InstallError:
            # Lists older than the mirror name a version that is gone.
            run(["apt-get", "update"], doing="update apt's lists")
            raise

    _again(download, say)
    package = next(work.glob("debootstrap_*.deb"))
    tools = work / "tools"
    run(["dpkg", "-x", package, tools], doing="unpack debootstrap")
    return tools


def install_packages(root: Path, *, say: Say) -> None:
    """GIMP and what set-up and tests need, through the root's own apt."""
    say("  Installing GIMP in it")
    options = root / "etc/dpkg/dpkg.cfg.d/private-root"
    # Nobody reads manuals here, and a root that lost power is made again.
    options.write_text("force-unsafe-io\npath-exclude=/usr/share/man/*\n", encoding="ascii")
    (root / "etc/apt/apt.conf.d/90host").write_text(_host_apt_settings(), encoding="utf-8")
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]
    certificates = {HOST_CERTIFICATES: CERTIFICATES_INSIDE} if HOST_CERTIFICATES.exists() else {}

    def inside(argv: list[str], doing: str) -> None:
        command = enter(
            root,
            argv,
            binds={},
            read_only_binds={**name_service(), **certificates},
            env={"DEBIAN_FRONTEND": "noninteractive", **_proxies()},
            writable=True,
        )
        run(command, doing=doing, say=say)

    _again(lambda: inside(install, "install GIMP in the private Debian"), say)
    inside(["apt-get", "clean"], "tidy up the private Debian")
    user = str(ORDINARY_USER)
    inside(["useradd", "--create-home", "--uid", user, "person"], "add an ordinary user")


def _host_apt_settings() -> str:
    """Proxies and such that the host's apt uses, for the root's; certificates where they appear."""
    settings = run(
        ["apt-config", "dump", "--format", '%f "%v";%n', "Acquire::http", "Acquire::https"],
        doing="ask apt for its settings",
    )
    kept = [line for line in settings.splitlines() if line and "CaInfo" not in line]
    if HOST_CERTIFICATES.exists():
        kept.append(f'Acquire::https::CaInfo "{CERTIFICATES_INSIDE}";')
    return "\n".join(["Acquire::Retries 3;", 'APT::Sandbox::User "root";', *kept, ""])


def _proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def finish(suite: str, root: Path) -> None:
    """Write the statement that makes a root complete."""
    statement = {"suite": suite, "recipe": recipe(), "packages": PACKAGES}
    (root / STATEMENT).write_text(json.dumps(statement, indent=1) + "\n", encoding="utf-8")


def put_in_place(root: Path, folder: Path, work: Path) -> None:
    """Move a finished root to ``folder``; an older one there ends in ``work``, to be deleted."""
    if folder.exists():
        folder.rename(work / "replaced")
    root.rename(folder)


def _again(step: Callable[[], object], say: Say) -> None:
    """Run a step that downloads, up to three times: mirrors drop connections."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            step()
        except InstallError as error:
            if attempt == ATTEMPTS:
                raise
            say(f"  {str(error).splitlines()[0]} Trying again.")
            time.sleep(2 * attempt)
        else:
            return
