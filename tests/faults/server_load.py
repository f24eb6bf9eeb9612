"""The local server among hostile clients: ``python -m tests.faults.server_load [REQUESTS]``.

``serve`` runs in a process of its own.  Of 16 clients every third does what it should not (see
``hostile``); the others create tasks, poll them and fetch their results.  Prints what came of it,
the slowest poll, and the most memory that the server took.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
from PIL import Image

from tests.service_peer import hole, png, quadrants

ROOT = Path(__file__).parents[2]
KEY = "load-0123456789"
PATH = "/api/tasks/visual/inpaint"
CLIENTS = 16
PATIENCE_S = 120.0
"""No answer in this time counts as none; it bounds nothing else."""

IMAGE, MASK = png(quadrants()), png(hole())


@dataclass
class Outcome:
    """What the clients saw; times in seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    polls_s: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    rest_mb: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of these, from any thread."""
        with self.lock:
            self.statuses[what] += 1


def large_png() -> bytes:
    """4096 x 4096 px in 50 kB: 50 MB once decoded."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((4096, 4096, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def run(requests_in_all: int) -> Outcome:
    """Start a server, let all clients loose on it, and look at what it took."""
    outcome = Outcome()
    with serving() as (address, process), dripping() as drip:
        share = requests_in_all // CLIENTS
        work = [
            threading.Thread(
                target=hostile if number % 3 == 2 else honest,
                args=(address, drip, share, random.Random(number), outcome),
            )
            for number in range(CLIENTS)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        outcome.peak_mb = memory_mb(process.pid, "VmHWM")
        outcome.rest_mb = memory_mb(process.pid, "VmRSS")
    return outcome


@contextmanager
def serving() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``serve`` in a process of its own, without a limit of requests per second."""
    command = [sys.executable, "-m", "gimp_bridge", "serve", "--port", "0", "--qps", "0"]
    environment = {**os.environ, "PICWISH_SERVER_KEY": KEY}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().decode().strip(), process
        finally:
            process.terminate()


@contextmanager
def dripping() -> Iterator[str]:
    """An address on this machine whose picture comes byte by byte."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
                while not stopped.wait(0.2):
                    connection.sendall(b"x")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/i.png"
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)


def honest(address: str, _drip: str, share: int, _random: random.Random, outcome: Outcome) -> None:
    """Create, poll and download, until the share of requests is used up and the task has ended."""
    left = share
    task = ""
    with requests.Session() as session:
        session.headers["X-API-KEY"] = KEY
        while left > 0 or task:
            left -= 1
            if not task:
                task = _create(session, address, outcome)
                continue
            data = _poll(session, f"{address}{PATH}/{task}", outcome)
            if data.get("image"):
                left -= 1
                result = session.get(data["image"], timeout=PATIENCE_S)
                outcome.count(f"result {result.status_code}")
            if data.get("state", -1) == 1 or data.get("state", -1) < 0:
                task = ""


def _create(session: requests.Session, address: str, outcome: Outcome) -> str:
    files = {"image_file": ("i.png", IMAGE), "mask_file": ("m.png", MASK)}
    try:
        answer = session.post(address + PATH, files=files, timeout=PATIENCE_S)
    except requests.RequestException:
        outcome.count("unanswered")
        return ""
    outcome.count(f"create {answer.status_code}")
    if answer.status_code == 429:
        time.sleep(0.5)
    return str(answer.json().get("data", {}).get("task_id", ""))


def _poll(session: requests.Session, url: str, outcome: Outcome) -> dict[str, Any]:
    began = time.monotonic()
    try:
        answer = session.get(url, timeout=PATIENCE_S)
    except requests.RequestException:
        outcome.count("unanswered")
        return {}
    outcome.polls_s.append(time.monotonic() - began)
    outcome.count(f"poll {answer.status_code}")
    time.sleep(0.5)
    return dict(answer.json()["data"])


def hostile(address: str, drip: str, share: int, chance: random.Random, outcome: Outcome) -> None:
    """One bad request after the other; what was begun is left open until the end."""
    place = urlsplit(address)
    kept: list[socket.socket] = []
    large = large_png()

    def unfinished(size_bytes: int) -> None:
        client = socket.create_connection((place.hostname, place.port), PATIENCE_S)
        kept.append(client)
        client.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {KEY}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 40000000\r\n\r\n".encode()
            + bytes(size_bytes)
        )

    def post(**more: object) -> None:
        parts = {"headers": {"X-API-KEY": KEY}, "timeout": PATIENCE_S, **more}
        answer = requests.post(address + PATH, **parts)  # type: ignore[arg-type]
        outcome.count(f"hostile {answer.status_code}")

    rectangles = json.dumps([{"x": 0, "y": 0, "width": 90, "height": 90}])
    fields = {"rectangles": rectangles}
    ways: list[Callable[[], None]] = [
        lambda: unfinished(0),
        lambda: unfinished(1_000_000),
        lambda: post(files={"image_file": ("i.png", large)}, data=fields),
        lambda: post(files={"image_file": ("i.png", large)}, data={**fields, "sync": 1}),
        lambda: post(data={"image_url": drip, **fields}),
        lambda: post(data={"image_url": r"http://192.0.2.2:1\@127.0.0.1/a", **fields}),
        lambda: post(files={"image_file": ("i.png", IMAGE)}, data={"rectangles": "[1e400]"}),
        lambda: post(files={"image_file": ("i.png", bytes(21_000_000)), "mask_file": MASK}),
        lambda: post(headers={"X-API-KEY": KEY, "Host": "evil.example"}),
        lambda: post(headers={"X-API-KEY": KEY, "Origin": "https://evil.example"}),
        lambda: post(headers={"X-API-KEY": "guess"}),
    ]
    for _ in range(share):
        with suppress(requests.RequestException, OSError):
            chance.choice(ways)()
    for client in kept:
        client.close()


def memory_mb(pid: int, line: str) -> float:
    """A line of /proc/PID/status in MB; 0 where there is no such file."""
    with suppress(OSError):
        found = re.search(rf"{line}:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def main() -> None:
    """Run it and print the figures."""
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    began = time.monotonic()
    outcome = run(asked)
    polls = sorted(outcome.polls_s)
    print(f"{asked} requests of {CLIENTS} clients in {time.monotonic() - began:.0f} s")
    print(", ".join(f"{name}: {count}" for name, count in sorted(outcome.statuses.items())))
    print(f"polls: median {polls[len(polls) // 2]:.3f} s, slowest {polls[-1]:.2f} s")
    print(f"memory: at most {outcome.peak_mb:.0f} MB, at the end {outcome.rest_mb:.0f} MB")


if __name__ == "__main__":
    main()
