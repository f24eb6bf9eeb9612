"""A private Debian with a GIMP 3 in it, for machines whose own Debian has none.

``ensure_root`` gives one that is made once under the user's cache folder and reused;
``DebianRoot.command`` runs programs in it, in mount, process and IPC namespaces of their own:
nothing stays mounted or running afterwards, however they end.  Needs root rights and a Debian.
Standard library only; how a root is made is in ``build``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import cache_folder
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.processes import Say, need
from tools.private_debian import build
from tools.private_debian.build import ORDINARY_USER as ORDINARY_USER
from tools.private_debian.build import SUITES as SUITES
from tools.private_debian.namespaces import enter, name_service


class DebianRoot(NamedTuple):
    """A finished root: its ``suite`` and ``folder``; read-only to what runs in it."""

    suite: str
    folder: Path

    @property
    def gimp_version(self) -> str:
        """The minor version of its GIMP, "3.0" or "3.2"."""
        return SUITES[self.suite]

    @property
    def gimp_console(self) -> str:
        """The path, inside, of its GIMP without windows."""
        return f"/usr/bin/gimp-console-{self.gimp_version}"

    def command(
        self,
        argv: Sequence[str],
        *,
        binds: Mapping[Path, str] | None = None,
        read_only_binds: Mapping[Path, str] | None = None,
        env: Mapping[str, str] | None = None,
        user: int = 0,
        network: bool = True,
    ) -> list[str]:
        """The argv to run on the host so that ``argv`` runs inside.

        ``binds`` maps files or folders of the host to the absolute paths where they appear
        inside (writable; ``read_only_binds`` are not).  ``env`` is the whole environment besides
        PATH, LANG and a HOME on the tmpfs that /tmp is.  ``user`` is a numeric user id.  Without
        ``network`` not even the loopback interface is up.  What it prints and its exit code come
        through; ``kill -9`` on it ends everything inside (SIGTERM waits for the program).
        """
        return enter(
            self.folder,
            argv,
            binds=binds or {},
            read_only_binds={**(read_only_binds or {}), **name_service()},
            env=env or {},
            user=user,
            network=network,
        )


def roots_folder() -> Path:
    """Where roots are kept."""
    return cache_folder() / "roots"


def ensure_root(suite: str, *, say: Say) -> DebianRoot:
    """The root for ``suite``, made now (about two minutes) unless it is there already.

    Raises InstallError where none can be made: not root, not a Debian, no namespaces, or a
    mirror that cannot be reached.
    """
    root = DebianRoot(suite, roots_folder() / suite)
    if build.is_complete(root.folder):
        check_machine()
        return root
    check_machine()
    with only_one(roots_folder() / f"{suite}.lock", waiting_for=f"maker of {suite}", say=say):
        if not build.is_complete(root.folder):
            build.build(suite, root.folder, say=say)
    return root


def check_machine() -> None:
    """Raise InstallError, with the reason, on a machine where no root can be made or entered."""
    if not sys.platform.startswith("linux"):
        raise InstallError("A private Debian can only be made on Linux.")
    if os.geteuid() != 0:
        raise InstallError("A private Debian with GIMP can only be made by root (try sudo).")
    need("apt-get", because="a private Debian can only be made on a Debian")
    need("chroot", because="a private Debian is entered through it")
    unshare = need("unshare", because="it keeps what runs in a private Debian apart")
    tried = subprocess.run(
        [unshare, "--mount", "--pid", "--ipc", "--fork", "true"], capture_output=True, check=False
    )
    if tried.returncode != 0:
        raise InstallError(
            "This machine does not let root make namespaces (a container without CAP_SYS_ADMIN?),"
            " so no private Debian with GIMP can be run here."
        )
