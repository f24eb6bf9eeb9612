"""The routes: create, query, and the download that needs no key but a signed address."""

from __future__ import annotations

import base64
import hmac
import io
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import requests
from flask import Flask, Response, jsonify, request, send_file
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from urllib3.exceptions import HTTPError
from werkzeug.exceptions import HTTPException

from gimp_bridge.server.form import Form, Pixels, Refused, Unusable
from gimp_bridge.server.tasks import DONE, Fill, Job, Tasks
from gimp_bridge.service import limits
from gimp_bridge.service.address import is_loopback

RESULTS_PATH = "/results"
FORM_BYTES = 2 * limits.MAX_UPLOAD_BYTES + 100_000
"""A whole request: two files of 20 MB and the other fields."""


class Gate:
    """Who may ask and how often: one key, and at most ``qps`` requests in any one second."""

    def __init__(self, key: str | None, qps: int | None, ticks: Callable[[], float]) -> None:
        self._key = key
        self._qps = qps
        self._ticks = ticks
        self._accepted: deque[float] = deque()
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise Refused 401 or 429."""
        given = request.headers.get("X-API-KEY", "")
        if self._key is not None and not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused(401, "the key is wrong")
        if self._qps is None:
            return
        with self._lock:
            now = self._ticks()
            while self._accepted and now - self._accepted[0] >= 1.0:
                self._accepted.popleft()
            if len(self._accepted) >= self._qps:
                raise Refused(429, f"more than {self._qps} requests per second")
            self._accepted.append(now)


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
    fetch_anywhere : fetch ``image_url`` and ``mask_url`` from any host, not only this machine
    """
    app = Flask("gimp_bridge.server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    tasks = Tasks(
        fill or _embedded,
        _fetcher(fetch_anywhere),
        clock=clock,
        task_seconds=task_seconds,
        workers=workers,
        answer_format=answer_format,
    )
    app.extensions["tasks"] = tasks
    gate = Gate(key, qps, ticks)
    signer = URLSafeSerializer(secrets.token_bytes(32), salt="result")
    kind = answer_format.lower()

    @app.post(limits.TASKS_PATH)
    def create() -> ResponseReturnValue:
        gate.check()
        files = {name: file.read() for name, file in request.files.items()}
        form = Form.read(request.form, files)
        job = tasks.add(form)
        if not form.sync:
            return _answer({"task_id": job.task_id})
        job.ended.wait(limits.TASK_CUT_S + 5)
        return _answer(describe(job))

    @app.get(f"{limits.TASKS_PATH}/<task_id>")
    def query(task_id: str) -> ResponseReturnValue:
        gate.check()
        job = tasks.find(task_id)
        if job is None:
            raise Refused(404, "no such task")
        return _answer(describe(job))

    @app.get(f"{RESULTS_PATH}/<token>.{kind}")
    def result(token: str) -> ResponseReturnValue:
        try:
            job = tasks.find(signer.loads(token))
        except BadSignature as error:
            raise Refused(403, "the signature does not match") from error
        if job is None or job.state != DONE:
            raise Refused(404, "the result has expired")
        return send_file(io.BytesIO(job.result), mimetype=f"image/{kind}")

    def describe(job: Job) -> dict[str, Any]:
        return {
            "task_id": job.task_id,
            "created_at": int(job.created_at),
            "processed_at": int(job.processed_at),
            "completed_at": int(job.completed_at),
            "state": job.state,
            "state_detail": job.detail,
            "progress": job.progress,
            "return_type": job.return_type,
            "image": picture(job) if job.state == DONE else "",
        }

    def picture(job: Job) -> str:
        if job.return_type == 1:
            return (
                f"{request.host_url.rstrip('/')}{RESULTS_PATH}/{signer.dumps(job.task_id)}.{kind}"
            )
        encoded = base64.b64encode(job.result).decode("ascii")
        return f"data:image/{kind};base64,{encoded}" if data_prefix else encoded

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


def _fetcher(anywhere: bool) -> Callable[[str], bytes]:
    """Fetch a picture by its address as the service does; loopback only unless ``anywhere``."""

    def fetch(url: str) -> bytes:
        web = url.lower().startswith(("http://", "https://"))
        if not web or not (anywhere or is_loopback(url)):
            raise Unusable(-3, "the address is not one this server fetches from")
        try:
            with requests.get(url, timeout=10, stream=True, allow_redirects=False) as response:
                data = response.raw.read(limits.MAX_UPLOAD_BYTES + 1, decode_content=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unusable(-3, "the address could not be fetched") from error
        if response.status_code != 200:
            raise Unusable(-3, f"the address answered {response.status_code}")
        if len(data) > limits.MAX_UPLOAD_BYTES:
            raise Unusable(-5, "larger than 20 MB")
        return bytes(data)

    return fetch


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
