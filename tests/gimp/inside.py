"""Runs inside GIMP (python-fu-eval): executes what the tests send and answers with JSON.

Connects back to the test over loopback, so that one GIMP serves many tests.  Each request is a
line ``{"code": ...}``; the code may assign ``result``.  Arrays travel base64-encoded, as bytes.
"""

import base64
import json
import os
import socket
import sys
import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib  # noqa: E402

Gegl.init(None)
sys.path.insert(0, os.environ["TEST_TOOLS"])

import tools  # noqa: E402

NAMESPACE = {"Gimp": Gimp, "Gegl": Gegl, "Gio": Gio, "GLib": GLib, "tools": tools}


def encode(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return repr(value)


def serve(stream):
    for line in stream:
        namespace = dict(NAMESPACE, **json.loads(line)["values"])
        try:
            exec(json.loads(line)["code"], namespace)
            answer = {"result": namespace.get("result")}
        except Exception:  # noqa: BLE001 - the test gets whatever it was
            answer = {"error": traceback.format_exc()}
        stream.write(json.dumps(answer, default=encode).encode() + b"\n")
        stream.flush()


with socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))) as connection:
    serve(connection.makefile("rwb"))
