"""Running a program inside another Debian's folder, apart from everything else on the machine.

Mount, process and IPC namespaces of its own: nothing stays mounted or running afterwards, however
it ends.  Needs root rights.  Standard library only; this only builds the argv, it starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp/home",  # noqa: S108 - the root's own tmpfs, gone with the program
    "LANG": "C.UTF-8",
}

# The shell that prepares the namespaces: $1 root, $2 ro|rw, then triples
# (ro|rw, source, target) up to --, then env's arguments and the program.  The root is bound
# onto itself so that it can be made read-only without touching what is mounted below it.
# The last sh stays as process 1: it reaps orphans, and its end ends everything in there.  It
# stays root, too: a change of user would make the kernel forget that it is to die with unshare.
ENTER = r"""
set -eu
root=$1 access=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
for folder in tmp run var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"; done
mkdir -m 1777 "$root/tmp/home"
while [ "$1" != -- ]; do
    if [ -d "$2" ]; then mkdir -p "$root$3"
    elif [ ! -e "$root$3" ]; then mkdir -p "$(dirname "$root$3")"; : > "$root$3"; fi
    mount --rbind "$2" "$root$3"
    [ "$1" = rw ] || mount -o remount,bind,ro "$root$3"
    shift 3
done
shift
[ "$access" = rw ] || mount -o remount,bind,ro "$root"
exec chroot "$root" /usr/bin/env -i "$@"
"""
AS_FIRST_PROCESS = '"$@"; exit $?'


def enter(
    folder: Path,
    argv: Sequence[str],
    *,
    binds: Mapping[Path, str],
    read_only_binds: Mapping[Path, str],
    env: Mapping[str, str],
    user: int = 0,
    writable: bool = False,
    network: bool = True,
) -> list[str]:
    """The host's argv that runs ``argv`` in the Debian at ``folder``; see DebianRoot.command."""
    triples = [("ro", *bind) for bind in read_only_binds.items()]
    triples += [("rw", *bind) for bind in binds.items()]
    variables = {**BASE_ENVIRONMENT, **env}
    as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")
    return [
        *("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"),
        *(("--",) if network else ("--net", "--")),
        *("/bin/sh", "-c", ENTER, "enter-root", str(folder), "rw" if writable else "ro"),
        *(str(part) for triple in triples for part in triple),
        "--",
        *(f"{name}={value}" for name, value in variables.items()),
        *("/bin/sh", "-c", AS_FIRST_PROCESS, "sh"),
        *(as_user if user else ()),
        *argv,
    ]


def name_service() -> dict[Path, str]:
    """The host's files that a program inside needs to look up names, as read-only binds."""
    files = [Path("/etc/resolv.conf"), Path("/etc/hosts")]
    return {file.resolve(): str(file) for file in files if file.exists()}
