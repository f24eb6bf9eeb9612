"""A running GIMP of each version for the tests of this folder, with the plug-in installed."""

from __future__ import annotations

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.debian_root import SUITES, ensure_root
from gimp_bridge.installer.in_root import data_binds, install_in_root
from tests.gimp.session import HOME, GimpSession
from tests.service_peer import KEY, local_service


@pytest.fixture(scope="session")
def service():
    """The local server, at whose address every GIMP here looks for PicWish."""
    with local_service() as address:
        yield address


@pytest.fixture(scope="session", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def gimp(request, tmp_path_factory, service):
    try:
        root = ensure_root(request.param, say=print)
    except InstallError as error:
        pytest.skip(f"no GIMP {SUITES[request.param]} here: {error}")
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    profile = f"{HOME}/.config/GIMP/{root.gimp_version}"
    install_in_root(root, profile, binds={home: HOME}, say=print)
    environment = {"PICWISH_BASE_URL": service, "PICWISH_API_KEY": KEY}
    session = GimpSession(root, home, data_binds(root), environment)
    yield session
    session.close()
