"""One fault tried: the client and the journal against it, and then whether anything was lost."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import trustme

from gimp_bridge.errors import RemovalError
from gimp_bridge.picture.codec import decode_answer
from gimp_bridge.service.attempt import Attempt
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.progress import Progress
from gimp_bridge.service.recovery import recover
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Timeouts
from tests.faults import elsewhere, hostile, special
from tests.faults.catalogue import Fault
from tests.faults.elsewhere import Elsewhere
from tests.faults.hostile import Hostile
from tests.moving_clock import MovingClock
from tests.service_peer import KEY, hole, pixels_of, place_fill, png, quadrants

EXPECTED = place_fill(quadrants(), hole())
PATIENCE = {"refused_s": 20.0, "retry_s": 0.05}
"""Long enough for the slowest machine; a fault that ends by a time-out has its own."""

LARGE = b"\x89PNG\r\n\x1a\n" + bytes(12_000_000)
YEAR_S = 365 * 86400.0


@dataclass
class Outcome:
    """What came of a fault."""

    ends: str = "picture"
    reads: str = ""
    posts: int = 0
    tasks: int = 0
    lost: str = "no"
    handed_over: str = "the right picture"
    kept: bytearray = field(default_factory=bytearray)  # all that was written to disk
    elsewhere: bytes = b""
    service: bytes = b""


def try_fault(fault: Fault, folder: Path) -> Outcome:
    """Run the removal into the fault, then recover with an honest service."""
    with serving(fault) as server:
        outcome = Outcome()
        journal = _journal(fault, folder / "journal")
        with reaching(fault, server) as way:
            client = _made(**way)
            _prepare(fault, server, journal)
            _run(fault, server, client, journal, outcome)
        outcome.kept += _all_files(folder)
        _await(lambda: server.tasks_created >= fault.tasks)
        outcome.tasks = server.tasks_created
        outcome.lost = _lost(outcome, server, Journal(folder / "journal"))
        outcome.elsewhere = bytes(server.elsewhere.received)
        outcome.service = bytes(server.received)
        outcome.reads = normal(outcome.reads, folder)
    return outcome


def _run(
    fault: Fault, server: Hostile, client: PicWish, journal: Journal, outcome: Outcome
) -> None:
    posts = _count_posts(client)
    server.has_arrived = lambda text: any(text in attempt.body for attempt in posts)
    cancel = Cancelling(fault.local, server)
    _be_impatient(fault, client)
    client.expected_s = 0.02
    try:
        paid = run_task(
            client,
            journal,
            _request(fault),
            metadata={"window": [0, 0, 64, 48]},
            blobs={"mask": png(hole())},
            check=_check,
            progress=cancel.hear,
            cancel=cancel,
        )
    except RemovalError as error:
        outcome.ends, outcome.reads = type(error).__name__, str(error)
        outcome.handed_over = "none"
    else:
        if not np.array_equal(pixels_of(paid.data), EXPECTED):
            outcome.handed_over = "a WRONG picture"
        if fault.local.startswith("clock"):
            paid.release()
            journal.clean()
            paid = run_task(client, journal, _request(fault))
        paid.claim()
    outcome.posts = sum(attempt.began for attempt in posts)


def _request(fault: Fault) -> RemovalRequest:
    options = dict(fault.options)
    image = LARGE if options.pop("large", False) else png(quadrants())
    return RemovalRequest(image_file=image, mask_file=png(hole()), size_px=(64, 48), **options)


def _check(data: bytes) -> None:
    decode_answer(data, width=64, height=48)


def _lost(outcome: Outcome, server: Hostile, journal: Journal) -> str:
    """What has become of the tasks that the service made."""
    if outcome.ends == "picture" or not server.tasks_created:
        return "no"
    if outcome.ends == "TaskFailed":
        return "no (not billed)"
    server.be_honest.set()
    client = PicWish(server.address, KEY, pace=Pace(1000), timeouts=Timeouts(**PATIENCE))
    client.expected_s = 0.02
    for recovered in recover(lambda: client, journal):
        if recovered.data and np.array_equal(pixels_of(recovered.data), EXPECTED):
            recovered.claim()
            return "no (recovered later)"
    return "its id never arrived, and the error says so" if outcome.ends == "MaybeSent" else "YES"


def _await(holds: Callable[[], bool]) -> None:
    """Wait until it holds, for as long as the server answers; whether it does is seen later."""
    until = time.monotonic() + hostile.LIMIT_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)


def _be_impatient(fault: Fault, client: PicWish) -> None:
    """Give the client the fault's patience, for a fault of polls or downloads once there is a task.

    The honest answer to the create request then has all the time it takes.
    """

    def change() -> None:
        client.timeouts = replace(client.timeouts, **fault.patience)
        client._transport._timeouts = client.timeouts

    def create_first(*arguments: Any, **keywords: Any) -> Any:
        task = create(*arguments, **keywords)
        change()
        return task

    if not fault.patience:
        return
    if fault.script().create or fault.script().connect:
        change()
    else:
        create, client.create = client.create, create_first


class Cancelling:
    """A person who cancels when the fault's ``local`` says so; never for other faults.

    "uploading" is the stage of that name; "create", "query" and "result" are such a request's
    having arrived, whose answer is then outstanding.
    """

    def __init__(self, local: str, server: Hostile) -> None:
        kind, _, when = local.partition(": ")
        self._when = when if kind == "cancel" else "never"
        self._server = server
        self._uploads = False

    def hear(self, progress: Progress) -> None:
        """Note that the upload has begun."""
        self._uploads |= progress.stage == "uploading"

    def __call__(self) -> bool:
        if self._when == "uploading":
            return self._uploads
        return self._when == "at once" or self._server.count(self._when) > 0


def _count_posts(client: PicWish) -> list[Attempt]:
    """The attempts to create a task, as they are made."""
    attempts: list[Attempt] = []
    transport: Any = client._transport
    post, attempt = transport.post, transport._attempt
    posting = False

    def counted_post(*arguments: Any, **keywords: Any) -> Any:
        nonlocal posting
        posting = True
        try:
            return post(*arguments, **keywords)
        finally:
            posting = False

    def counted_attempt(cancel: Callable[[], bool]) -> Attempt:
        made: Attempt = attempt(cancel)
        if posting:
            attempts.append(made)
        return made

    transport.post, transport._attempt = counted_post, counted_attempt
    return attempts


@contextmanager
def serving(fault: Fault) -> Iterator[Hostile]:
    """The service that has the fault, and the other host beside it."""
    tls = None
    script = fault.script()
    if fault.local == "untrusted tls":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    if fault.local == "no tls":
        script = hostile.Script(connect=hostile.Forever(special.plain_refusal))
    if fault.local == "cut tls":
        script = hostile.Script(connect=hostile.Forever(hostile.reset))
    with Elsewhere() as other, Hostile(script, tls=tls) as server:
        server.elsewhere = other
        yield server


@contextmanager
def reaching(fault: Fault, server: Hostile) -> Iterator[dict[str, Any]]:
    """How a client is to reach it: its ``address`` and ``proxy``."""
    keywords: dict[str, Any] = {"address": server.address, "proxy": None, **fault.client}
    nowhere = "https://object-removal.invalid"
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with elsewhere.proxy(refusal if fault.local == "proxy 407" else b"") as proxy:
        keywords |= {
            "closed port": {"address": f"http://127.0.0.1:{elsewhere.closed_port()}"},
            "dead proxy": {
                "address": nowhere,
                "proxy": f"http://127.0.0.1:{elsewhere.closed_port()}",
            },
            "dead socks": {
                "address": nowhere,
                "proxy": f"socks5h://127.0.0.1:{elsewhere.closed_port()}",
            },
            "proxy 407": {"address": nowhere, "proxy": proxy},
            "proxy hangs up": {"address": nowhere, "proxy": proxy},
            "no tls": {"address": server.address.replace("http:", "https:")},
            "cut tls": {"address": server.address.replace("http:", "https:")},
        }.get(fault.local, {})
        yield keywords


def _made(*, address: str, proxy: str | None) -> PicWish:
    timeouts = Timeouts(**PATIENCE)
    try:
        return PicWish(address, KEY, pace=Pace(1000), timeouts=timeouts, proxy=proxy)
    except RemovalError as error:
        return _Refused(error)  # type: ignore[return-value]


class _Refused:
    """A client that could not even be made."""

    service = ""
    timeouts = Timeouts()
    _transport: Any = type("NoTransport", (), {"post": None, "_attempt": None})()

    def __init__(self, error: RemovalError) -> None:
        self._error = error

    def create(self, *_: Any, **__: Any) -> Any:
        raise self._error


def _journal(fault: Fault, folder: Path) -> Journal:
    if fault.local.startswith("full: "):
        return FullDisk(folder, fault.local.removeprefix("full: "))
    if fault.local.startswith("clock "):
        return JumpingClock(folder, YEAR_S if fault.local.endswith("+") else -YEAR_S)
    return Journal(folder)


class FullDisk(Journal):
    """A journal whose disk is full from one step on."""

    def __init__(self, folder: Path, step: str) -> None:
        super().__init__(folder)
        self._step = step

    def begin(self, *arguments: Any, **keywords: Any) -> Entry:
        if self._step == "intent":
            raise OSError(28, "No space left on device")
        entry: Any = super().begin(*arguments, **keywords)
        if self._step == "id":
            (entry.folder / "task-id").unlink()
            (entry.folder / "task-id").mkdir()  # cannot be written
        else:
            entry.store = self._fail
        return entry

    def _fail(self, *_: object) -> None:
        raise OSError(28, "No space left on device")


class JumpingClock(Journal):
    """A journal whose wall clock jumps as soon as an entry is made."""

    def __init__(self, folder: Path, by_s: float) -> None:
        self._wall = MovingClock(time.time())
        self._by_s = by_s
        super().__init__(folder, clock=self._wall)

    def begin(self, *arguments: Any, **keywords: Any) -> Entry:
        entry = super().begin(*arguments, **keywords)
        self._wall.now += self._by_s
        return entry


def _prepare(fault: Fault, server: Hostile, journal: Journal) -> None:
    """Leave in the journal what a process leaves that was killed at this moment."""
    if not fault.local.startswith("killed: "):
        return
    client = PicWish(server.address, KEY, pace=Pace(1000))
    client.expected_s = 0.02
    request = _request(fault)
    if fault.local == "killed: stored":
        run_task(client, journal, request).release()
        return
    fingerprint = request.fingerprint(client.service)
    entry = journal.begin(client.service, fingerprint, max_result_bytes=request.max_result_bytes)
    if fault.local == "killed: running":
        task_id = client.create(request).task_id
        assert task_id is not None
        entry.started(task_id)
    entry.release()


def _all_files(folder: Path) -> bytes:
    pieces = []
    for path in folder.rglob("*"):
        pieces.append(str(path.relative_to(folder)).encode())
        with suppress(OSError):
            pieces.append(path.read_bytes())
    return b"\n".join(pieces)


def normal(text: str, folder: Path) -> str:
    """The sentence without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "service.example", text.replace(str(folder), "…"))
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)
