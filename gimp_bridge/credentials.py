"""Where the service key comes from: the environment, a 0600 file, or the system's key store.

Keys are filed by service host; only that in ``PICWISH_API_KEY`` is for whatever host is set.  A
key store that is missing, locked or broken is survived: the file serves then (a Flatpak, for one,
has no way to the Secret Service), and what it says of a host goes before the key store, which may
still hold an older key.  The key itself is only ever handed on as a ``Secret``.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, Literal, TypeVar

from gimp_bridge.errors import KeyStoreSilent
from gimp_bridge.folders import config_folder
from gimp_bridge.language import N_, _
from gimp_bridge.private_files import write_private
from gimp_bridge.secret import Secret

log = logging.getLogger(__name__)

APP = "gimp-object-removal"
KEY_VARIABLE = "PICWISH_API_KEY"

STORE_WAIT_S = 3.0 if sys.platform == "win32" else 10.0
"""A key store that asks a person who is not there must not stop everything; Windows' never asks."""

IN_STORE: Final = True
"""What the file says of a host whose key is in the key store."""

SILENT = N_(
    "The system's key store, which keeps the key for {host}, did not respond: unlock it and try "
    "again, enter the key again in Settings, or choose “This computer”."
)

Noted = str | Literal[True]
"""A key ("" = one that was removed), or that it is in the key store."""

T = TypeVar("T")


def key_file() -> Path:
    """The file that serves where there is no key store."""
    return config_folder() / "keys.json"


@dataclass(frozen=True)
class Credentials:
    """Access to the keys: ``path`` is the file, ``environ`` the environment to look into.

    The key store is asked for a host's key once: it may put a question to the person, or take
    its time.
    """

    path: Path
    environ: Mapping[str, str]
    _asked: dict[str, _Question[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of_user(cls) -> Credentials:
        """The keys of the user who runs this; always the same in one process."""
        return _of_user(key_file())

    def find(self, host: str) -> Secret:
        """The key for a service host; an empty Secret when there is none.

        Raises KeyStoreSilent where one is kept in the key store and does not come out.
        """
        if from_environment := self.environ.get(KEY_VARIABLE, "").strip():
            return Secret(from_environment)
        noted = self._in_file().get(host)
        if isinstance(noted, str):
            return Secret(noted)
        try:
            return Secret(self._in_store(host))
        except StoreSilent as silent:
            if noted is IN_STORE:
                raise KeyStoreSilent(_(SILENT).format(host=host)) from silent
            return Secret("")

    def save(self, host: str, key: Secret) -> str:
        """Keep the key; returns where, in words: "the system's key store" or a file's path."""
        self._asked.pop(host, None)
        if _to_store(host, key):
            self._write_file(host, IN_STORE)
            return _("the system's key store")
        self._write_file(host, key.reveal())
        return str(self.path)

    def forget(self, host: str) -> bool:
        """Remove the key from the key store and from the file.

        False where the key store could not be asked: what it may hold is not used any more.
        """
        self._asked.pop(host, None)
        reached = _forget_in_store(host)
        self._write_file(host, None if reached else "")
        return reached

    def _in_store(self, host: str) -> str:
        if host not in self._asked:
            self._asked[host] = _Question(functools.partial(_read_store, host))
        return self._asked[host].answer()

    def _in_file(self) -> dict[str, Noted]:
        try:
            kept = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the key file cannot be read: %s", type(error).__name__)
            return {}
        if not isinstance(kept, dict):
            return {}
        return {host: key for host, key in kept.items() if isinstance(key, str) or key is IN_STORE}

    def _write_file(self, host: str, key: Noted | None) -> None:
        kept = self._in_file()
        if key is None and host not in kept:
            return
        kept.pop(host, None)
        if key is not None:
            kept[host] = key
        write_private(self.path, json.dumps(kept, indent=1).encode())


class StoreSilent(Exception):
    """The key store failed, or did not answer in time."""


class _Question(Generic[T]):
    """Something asked of the key store, in a thread of its own; waited for once."""

    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self._answers: list[T] = []
        self._wait_s = STORE_WAIT_S
        self._asking = threading.Thread(target=self._ask, daemon=True)
        self._asking.start()

    def answer(self) -> T:
        """The answer, also where it came after the first wait; raises StoreSilent."""
        self._asking.join(self._wait_s)
        self._wait_s = 0.0
        if not self._answers:
            raise StoreSilent
        return self._answers[0]

    def _ask(self) -> None:
        try:
            self._answers.append(self._question())
        except Exception as error:  # noqa: BLE001 - each backend raises its own kinds
            # Only the kind: a backend's text may quote what it was given.
            log.info("no key store: %s", type(error).__name__)


@functools.cache
def _of_user(path: Path) -> Credentials:
    return Credentials(path, os.environ)


def _read_store(host: str) -> str:
    import keyring  # late: it looks for backends, which takes time and may fail

    return keyring.get_password(APP, host) or ""


def _to_store(host: str, key: Secret) -> bool:
    def write() -> bool:
        import keyring

        keyring.set_password(APP, host, key.reveal())
        return keyring.get_password(APP, host) == key.reveal()  # the null backend keeps nothing

    try:
        return _Question(write).answer()
    except StoreSilent:
        return False


def _forget_in_store(host: str) -> bool:
    """Whether the key store holds no key of the host now."""

    def remove() -> None:
        import keyring
        from keyring.errors import NoKeyringError

        try:
            if keyring.get_password(APP, host) is not None:
                keyring.delete_password(APP, host)
        except NoKeyringError:
            log.info("there is no key store")

    try:
        _Question(remove).answer()
    except StoreSilent:
        return False
    return True
