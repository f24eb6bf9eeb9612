"""A running GIMP of each version for the tests of this folder, with the plug-in installed."""

from __future__ import annotations

import contextlib

import pytest

from gimp_bridge.errors import InstallError
from tests.gimp.session import HOME, GimpSession
from tests.service_peer import KEY, local_service, place_fill
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import SUITES, ensure_root


class Service:
    """The local server: its address, the tasks it was billed for, and a hook on its polls.

    ``sent`` has the names of each create request's fields.
    """

    def __init__(self):
        self.address = ""
        self.tasks = 0
        self.sent = []
        self.fill = place_fill
        self._hook = None
        self._answers = {}

    @contextlib.contextmanager
    def answering(self, create, query):
        """Have creates or queries (where not None) answered by these functions for a while."""
        self._answers = {"POST": create, "GET": query}
        try:
            yield
        finally:
            self._answers = {}

    def answer(self, image, mask, **options):
        return self.fill(image, mask, **options)

    @contextlib.contextmanager
    def filling(self, fill):
        """Have the holes filled by another function for a while."""
        self.fill = fill
        try:
            yield
        finally:
            self.fill = place_fill

    def observe(self, request):
        if request.method == "POST":
            self.tasks += 1
            self.sent.append(sorted([*request.form, *request.files]))
        elif self._hook and "/tasks/" in request.path:
            self._hook()
        instead = self._answers.get(request.method) if "/tasks/" in request.path else None
        return instead() if instead else None

    @contextlib.contextmanager
    def on_poll(self, hook):
        self._hook = hook
        try:
            yield
        finally:
            self._hook = None


@pytest.fixture(scope="session")
def service():
    """The service at whose address every GIMP here looks for PicWish; a task takes 0.7 s."""
    service = Service()
    with local_service(service.observe, fill=service.answer, task_seconds=0.7) as service.address:
        yield service


def start_gimp(suite, tmp_path_factory, service, extend=None):
    """A running GIMP of ``suite`` with the plug-in, looking for PicWish at ``service``.

    ``extend(root)`` may give (binds, variables) that it gets besides.
    """
    try:
        root = ensure_root(suite, say=print)
    except InstallError as error:
        pytest.skip(f"no GIMP {SUITES[suite]} here: {error}")
    binds, variables = extend(root) if extend else ({}, {})
    home = tmp_path_factory.mktemp(f"home-{suite}")
    profile = f"{HOME}/.config/GIMP/{root.gimp_version}"
    install_in_root(root, profile, binds={home: HOME}, say=print)
    environment = {"PICWISH_BASE_URL": service.address, "PICWISH_API_KEY": KEY, **variables}
    return GimpSession(root, home, {**data_binds(root), **binds}, environment)


@pytest.fixture(scope="session", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def gimp(request, tmp_path_factory, service):
    session = start_gimp(request.param, tmp_path_factory, service)
    yield session
    session.close()
