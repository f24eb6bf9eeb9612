"""The routes: create, query, and the download that needs no key but a signed address."""

from __future__ import annotations

import base64
import io
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import HTTPException

from gimp_bridge.server.fetching import Fetcher
from gimp_bridge.server.form import Form, Pixels, Refused
from gimp_bridge.server.gate import Gate, is_this_machine
from gimp_bridge.server.tasks import DONE, Fill, Job, Tasks
from gimp_bridge.service import limits

RESULTS_PATH = "/results"
FORM_BYTES = 2 * limits.MAX_UPLOAD_BYTES + 100_000
"""A whole request: two files of 20 MB and the other fields."""

CREATES = 8
"""Create requests taken at once, those that wait for a ``sync`` result among them: fewer than the
threads of ``running``, so that one is always free for polls."""

PIECE_BYTES = 3 << 16
"""So much of a result is turned into base64 at a time."""


def create_app(
    fill: Fill | None = None,
    *,
    key: str | None = None,
    qps: int | None = 2,
    clock: Callable[[], float] = time.time,
    ticks: Callable[[], float] = time.monotonic,
    task_seconds: float = 0.0,
    workers: int = 2,
    answer_format: str = "PNG",
    data_prefix: bool = False,
    fetch_anywhere: bool = False,
    host: str = "127.0.0.1",
) -> Flask:
    """Make the application.

    fill : fills the hole; None for the embedded engine
    key : the key that clients must send; None lets everybody in
    qps : requests per second and key above which the answer is 429; None for no limit
    clock, ticks : epoch seconds for the tasks' hour, and steady seconds for ``qps``
    task_seconds : the least time a task takes
    workers : tasks that run at once; others are queued
    answer_format : "PNG" or "JPEG", which the real service often answers
    data_prefix : whether base64 results begin with ``data:image/...;base64,``
    fetch_anywhere : fetch ``image_url`` and ``mask_url`` from public hosts, not only this machine
    host : where it listens; requests by another name, but for this machine's own, are refused
    """
    app = Flask("gimp_bridge.server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    tasks = Tasks(
        fill or _embedded,
        Fetcher(anywhere=fetch_anywhere),
        clock=clock,
        task_seconds=task_seconds,
        workers=workers,
        answer_format=answer_format,
    )
    app.extensions["tasks"] = tasks
    gate = Gate(key, qps, ticks, host)
    creating = threading.BoundedSemaphore(CREATES)
    signer = URLSafeSerializer(secrets.token_bytes(32), salt="result")
    kind = answer_format.lower()

    @app.post(limits.TASKS_PATH)
    def create() -> ResponseReturnValue:
        gate.check()
        if not creating.acquire(blocking=False):
            raise Refused(429, "too many requests are being taken at once")
        try:
            return taken(
                Form.read(
                    request.form, request.files, for_here=is_this_machine(request.remote_addr)
                )
            )
        finally:
            creating.release()

    def taken(form: Form) -> Response:
        job = tasks.add(form)
        if not form.sync:
            return _answer({"task_id": job.task_id})
        del form
        job.ended.wait(limits.TASK_CUT_S + 5)
        return describe(job)

    @app.get(f"{limits.TASKS_PATH}/<task_id>")
    def query(task_id: str) -> ResponseReturnValue:
        gate.check()
        job = tasks.find(task_id)
        if job is None:
            raise Refused(404, "no such task")
        return describe(job)

    @app.get(f"{RESULTS_PATH}/<token>.{kind}")
    def result(token: str) -> ResponseReturnValue:
        try:
            job = tasks.find(signer.loads(token))
        except BadSignature as error:
            raise Refused(403, "the signature does not match") from error
        if job is None or job.state != DONE:
            raise Refused(404, "the result has expired")
        return send_file(io.BytesIO(job.result), mimetype=f"image/{kind}")

    def describe(job: Job) -> Response:
        data = {
            "task_id": job.task_id,
            "created_at": str(int(job.created_at)),
            "processed_at": str(int(job.processed_at)),
            "completed_at": str(int(job.completed_at)),
            "state": job.state,
            "state_detail": job.detail,
            "progress": job.progress,
            "return_type": job.return_type,
            "image": "",
        }
        if data["state"] == DONE and job.return_type == 2:
            return _with_picture(data, f"data:image/{kind};base64," * data_prefix, job.result)
        if data["state"] == DONE:
            site = request.host_url.rstrip("/")  # of a Host that was checked
            data["image"] = f"{site}{RESULTS_PATH}/{signer.dumps(job.task_id)}.{kind}"
        return _answer(data)

    app.before_request(gate.check_site)
    app.register_error_handler(Refused, _refusal)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _answer(data: dict[str, Any], status: int = 200, message: str = "success") -> Response:
    response = jsonify(status=status, message=message, data=data)
    response.status_code = status
    if status == 429:
        response.headers["Retry-After"] = "1"
    return response


def _refusal(error: Refused) -> Response:
    return _answer({}, error.status, str(error))


def _http_error(error: HTTPException) -> Response:
    return _answer({}, error.code or 500, error.name)


def _with_picture(data: dict[str, Any], start: str, result: bytes) -> Response:
    """An answer with ``result`` in base64 as its image, made while it is sent, not in memory."""
    whole = {"status": 200, "message": "success", "data": {**data, "image": "<picture>"}}
    head, tail = json.dumps(whole).encode().split(b"<picture>")
    head += start.encode()

    def pieces() -> Iterator[bytes]:
        yield head
        for at in range(0, len(result), PIECE_BYTES):
            yield base64.b64encode(result[at : at + PIECE_BYTES])
        yield tail

    response = Response(pieces(), mimetype="application/json")
    response.content_length = len(head) + (len(result) + 2) // 3 * 4 + len(tail)
    return response


def _embedded(
    image: Pixels,
    mask: Pixels,
    *,
    seed: int,
    progress: Callable[[float], None],
    cancel: Callable[[], bool],
) -> Pixels:
    from gimp_bridge.engine import fill  # late: it compiles

    return fill(image, mask, seed=seed, progress=progress, cancel=cancel)
