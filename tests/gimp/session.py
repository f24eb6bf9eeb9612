"""A real GIMP kept running for many tests: starts it in a private root and sends it code.

Runs on the host.  ``inside.py`` runs in GIMP, connects back over loopback and executes what
``GimpSession.run`` sends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.private_debian.root import DebianRoot

HERE = Path(__file__).resolve().parent
TOOLS = "/mnt/tools"
HOME = "/mnt/home"
START_SECONDS = 180
ANSWER_SECONDS = 300


class GimpError(AssertionError):
    """The code sent to GIMP raised; the text is its traceback."""


class GimpSession:
    """One GIMP process of one version, with the plug-in installed in its own profile.

    ``gone`` once it has crashed or hung; nothing more can be asked of it then.
    """

    def __init__(
        self,
        root: DebianRoot,
        home: Path,
        binds: Mapping[Path, str],
        environment: Mapping[str, str],
        patience_s: float | None = None,
    ) -> None:
        """``patience_s``: how long one answer is waited for, if not as usual."""
        self.root = root
        self.version = root.gimp_version
        self.home = home
        self.log = home / "gimp.log"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(START_SECONDS)
        variables = {
            **environment,
            "HOME": HOME,
            "TEST_PORT": str(self._listener.getsockname()[1]),
            "TEST_TOOLS": TOOLS,
        }
        batch = f'exec(open("{TOOLS}/inside.py").read())'
        argv = root.command(
            ["/bin/sh", f"{TOOLS}/windowed.sh", self.version, batch],
            binds={**binds, home: HOME},
            read_only_binds={HERE: TOOLS},
            env=variables,
        )
        self._output = self.log.open("wb")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
        )
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            self._end(patience_seconds=0)
            raise GimpError(f"GIMP did not start:\n{self.log.read_text()[-3000:]}") from None
        connection.settimeout(patience_s or ANSWER_SECONDS)
        self._stream = connection.makefile("rwb")
        self.gone = False

    @property
    def profile(self) -> Path:
        """The GIMP profile's folder as the host sees it."""
        return self.home / ".config" / "GIMP" / self.version

    def run(self, code: str, **values: Any) -> Any:
        """Execute ``code`` inside GIMP with ``values`` as variables; returns its ``result``."""
        try:
            self._stream.write(json.dumps({"code": code, "values": values}).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
        except (ConnectionError, TimeoutError):
            line = b""
        if not line:
            self.gone = True
            raise GimpError(f"GIMP is gone or hangs:\n{self.log.read_text()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise GimpError(f"{answer['error']}\n(log: {self.log})")
        return answer["result"]

    def close(self) -> None:
        """End GIMP and wait for it."""
        with contextlib.suppress(OSError):
            self._stream.close()
        self._end(patience_seconds=0 if self.gone else 20)

    def _end(self, patience_seconds: int) -> None:
        self._listener.close()
        try:
            self.process.wait(timeout=patience_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._output.close()
