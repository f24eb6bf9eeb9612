"""The service's HTTP interface answered by this machine: for tests, demos and self-hosting.

``create_app`` makes the Flask application, ``running`` serves it on a port of this machine.
Same routes, fields, states, status codes, limits, pace and one-hour life as the real service;
the work is done by the embedded engine or whatever ``fill`` is given.
"""

from gimp_bridge.server.app import create_app
from gimp_bridge.server.running import running, serve

__all__ = ["create_app", "running", "serve"]
