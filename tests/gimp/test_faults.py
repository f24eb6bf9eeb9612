"""Faults of the service met in a real GIMP: one sentence, and an image exactly as it was."""

from __future__ import annotations

import json

import flask
import pytest

RUN = """
image = tools.new_image(500, 400)
layer = tools.add_layer(image, "photo", 480, 390, 11, 7, pixels=tools.flat_quadrants(480, 390))
tools.select(image, 200, 150, 16, 12)
image.clean_all()
before = tools.fingerprint(image)
status, values, error = tools.remove(image, [layer], service="picwish")
result = [status, error, tools.fingerprint(image) == before, image.is_dirty()]
# What may have been billed is told by the next recovery, not by the next test.
tools.call("plug-in-object-removal-recover", run_mode=Gimp.RunMode.NONINTERACTIVE,
           image=image, drawables=[layer])
image.delete()
"""


def answer(status, body, kind="application/json"):
    return lambda: flask.Response(body, status, content_type=kind)


def task(**data):
    def of_the_task_asked_for():
        task_id = flask.request.path.rsplit("/", 1)[-1]
        body = {"status": 200, "message": "success", "data": {"task_id": task_id, **data}}
        return flask.Response(json.dumps(body), 200, content_type="application/json")

    return of_the_task_asked_for


# (create's answer or None for an honest one, query's likewise, what the sentence must say)
FAULTS = {
    "key refused": (answer(401, '{"status":401,"message":"key"}'), None, "key"),
    "wrong parameter": (answer(400, '{"status":400,"message":"no"}'), None, "400"),
    "too large": (answer(413, ""), None, "large"),
    "their fault": (answer(500, "oops", "text/plain"), None, "may have been"),
    "a proxy's page": (answer(502, "<html>bad gateway</html>", "text/html"), None, "may have been"),
    "no task id": (answer(200, '{"status":200,"data":{}}'), None, "may have been"),
    "not JSON": (answer(200, "welcome", "text/html"), None, "may have been"),
    "a redirect": (answer(302, ""), None, "redirect"),
    "failed": (None, task(state=-1, progress=0), "(state -1). It is not billed"),
    "prohibited": (None, task(state=-10, progress=0), "prohibited"),
    "out of resources": (None, task(state=-15, progress=0), "resources"),
    "an unknown failure": (None, task(state=-99, progress=0), "-99"),
    "not a picture": (
        None,
        task(state=1, progress=100, image="aGVsbG8gd29ybGQ="),
        "result is not a picture",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_and_changes_nothing(gimp, service, fault):
    create, query, words = FAULTS[fault]
    with service.answering(create, query):
        status, error, unchanged, dirty = gimp.run(RUN)
    assert status == "execution-error"
    assert words
    assert words in error
    assert len(error) > 20
    assert "Traceback" not in error
    assert unchanged
    assert not dirty
