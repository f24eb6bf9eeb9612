"""A GIMP of each version in a window, driven by keys and clicks; its screenshots are kept.

Screenshots go to the folder that ``OBJECT_REMOVAL_SCREENSHOTS`` names, or to pytest's own.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from tests.gimp.session import HOME, GimpSession
from tests.gui.person import Person
from tests.service_peer import local_service, place_fill
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import SUITES, ensure_root


def pytest_collection_modifyitems(items):
    """Give a test of windows one more try, which pytest tells as a rerun.

    Keys go to whatever window has the keyboard, and on a busy machine that may come late.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


class HeldFill:
    """The server's fill, which waits while ``hold`` is set."""

    def __init__(self):
        import threading

        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()

    def __call__(self, image, mask, **options):
        self.begun.set()
        self.go_on.wait(60)
        return place_fill(image, mask)


@pytest.fixture(scope="session")
def fill():
    return HeldFill()


@pytest.fixture(scope="session")
def service(fill):
    with local_service(fill=fill) as address:
        yield address


@pytest.fixture(scope="session")
def start_gimp(tmp_path_factory, service):
    """A function that starts a GIMP of a suite with more environment and gives its Person.

    ``furnish`` is called with the home folder before GIMP starts.
    """
    sessions = []

    def start(suite, furnish=None, **environment):
        try:
            root = ensure_root(suite, say=print)
        except InstallError as error:
            pytest.skip(f"no GIMP {SUITES[suite]} here: {error}")
        home = tmp_path_factory.mktemp(f"home-{suite}")
        if furnish:
            furnish(home)
        profile = f"{HOME}/.config/GIMP/{root.gimp_version}"
        install_in_root(root, profile, binds={home: HOME}, say=print)
        environment = {"PICWISH_BASE_URL": service, **environment}
        session = GimpSession(root, home, data_binds(root), environment)
        sessions.append(session)
        folder = os.environ.get("OBJECT_REMOVAL_SCREENSHOTS")
        return Person(session, Path(folder) if folder else tmp_path_factory.mktemp("screenshots"))

    yield start
    for session in sessions:
        session.close()


class Seat:
    """A place before a GIMP of one suite; where that GIMP is gone, the next person gets a new one.

    So a crash costs the test in which it happens, and no other.
    """

    def __init__(self, start, suite, furnish=None, **environment):
        self._start = lambda: start(suite, furnish, **environment)
        self._person = None

    def person(self):
        if self._person is None or self._person.gimp.gone:
            self._person = self._start()
        return self._person


@pytest.fixture(scope="session", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def seat(request, start_gimp):
    return Seat(start_gimp, request.param)


@pytest.fixture
def person(seat, fill):
    """Somebody before a GIMP with nothing open, no key and no consent."""
    person = seat.person()
    person.forget_everything()
    fill.go_on.set()
    fill.begun.clear()
    yield person
    fill.go_on.set()
    if not person.gimp.gone:
        person.close_everything()
