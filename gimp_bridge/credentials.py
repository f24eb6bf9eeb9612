"""Where the service key comes from: the environment, the system's key store, or a 0600 file.

Keys are filed by service host, so that a key for one service is never sent to another.  A key
store that is missing, locked or broken is survived: the file serves then (a Flatpak, for one,
has no way to the Secret Service).  The key itself is only ever handed on as a ``Secret``.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gimp_bridge.installer.folders import config_folder
from gimp_bridge.language import _
from gimp_bridge.private_files import write_private
from gimp_bridge.secret import Secret

log = logging.getLogger(__name__)

APP = "gimp-object-removal"
KEY_VARIABLE = "PICWISH_API_KEY"

STORE_WAIT_S = 10.0
"""A key store that asks a person who is not there must not stop everything."""

T = TypeVar("T")


def key_file() -> Path:
    """The file that serves where there is no key store."""
    return config_folder() / "keys.json"


@dataclass(frozen=True)
class Credentials:
    """Access to the keys: ``path`` is the file, ``environ`` the environment to look into."""

    path: Path
    environ: Mapping[str, str]

    @classmethod
    def of_user(cls) -> Credentials:
        """The keys of the user who runs this."""
        return cls(key_file(), os.environ)

    def find(self, host: str) -> Secret:
        """The key for a service host; an empty Secret when there is none."""
        if from_environment := self.environ.get(KEY_VARIABLE, "").strip():
            return Secret(from_environment)
        return Secret(_from_store(host) or self._in_file().get(host, ""))

    def save(self, host: str, key: Secret) -> str:
        """Keep the key; returns where, in words: "the system's key store" or a file's path."""
        if _to_store(host, key):
            self._write_file(host, None)
            return _("the system's key store")
        self._write_file(host, key.reveal())
        return str(self.path)

    def forget(self, host: str) -> None:
        """Remove the key from the key store and from the file."""
        _forget_in_store(host)
        self._write_file(host, None)

    def _in_file(self) -> dict[str, str]:
        try:
            kept = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the key file cannot be read: %s", type(error).__name__)
            return {}
        if not isinstance(kept, dict):
            return {}
        return {host: key for host, key in kept.items() if isinstance(key, str)}

    def _write_file(self, host: str, key: str | None) -> None:
        kept = self._in_file()
        if key is None and host not in kept:
            return
        kept.pop(host, None)
        if key is not None:
            kept[host] = key
        write_private(self.path, json.dumps(kept, indent=1).encode())


def _from_store(host: str) -> str:
    def read() -> str:
        import keyring  # late: it looks for backends, which takes time and may fail

        return keyring.get_password(APP, host) or ""

    return _ask_store(read) or ""


def _to_store(host: str, key: Secret) -> bool:
    def write() -> bool:
        import keyring

        keyring.set_password(APP, host, key.reveal())
        return keyring.get_password(APP, host) == key.reveal()  # the null backend keeps nothing

    return _ask_store(write) or False


def _forget_in_store(host: str) -> None:
    def remove() -> None:
        import keyring

        if keyring.get_password(APP, host) is not None:
            keyring.delete_password(APP, host)

    _ask_store(remove)


def _ask_store(question: Callable[[], T]) -> T | None:
    """The answer, or None when the key store fails or does not answer in time."""
    answers: list[T] = []

    def ask() -> None:
        try:
            answers.append(question())
        except Exception as error:  # noqa: BLE001 - each backend raises its own kinds
            # Only the kind: a backend's text may quote what it was given.
            log.info("no key store: %s", type(error).__name__)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(STORE_WAIT_S)
    return answers[0] if answers else None
