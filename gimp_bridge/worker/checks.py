"""The part of ``--doctor`` that only the worker's own Python can see; prints findings as JSON.

Nothing is sent to the service beyond opening a connection, and no key.
"""

from __future__ import annotations

import json
import sys

from gimp_bridge.errors import RemovalError
from gimp_bridge.installer.doctor import BROKEN, OK, REPAIR, WARNING, Finding
from gimp_bridge.packages import MODULES

CONNECT_S = 10.0


def packages() -> Finding:
    """Whether every package of the worker can be imported."""
    missing = []
    for module in MODULES:
        try:
            __import__(module)
        except ImportError:
            missing.append(module)
    if missing:
        text = f"Packages of the helper are missing or broken: {', '.join(missing)}"
        return Finding("packages", BROKEN, text, REPAIR)
    return Finding("packages", OK, "The helper's packages are there")


def engine() -> Finding:
    """Whether the built-in engine fills a small hole."""
    import numpy as np

    from gimp_bridge.engine import fill
    from gimp_bridge.worker.engine_remover import warm_up

    try:
        warm_up()
        picture = np.indices((48, 48)).sum(0).astype(np.uint8)[..., None].repeat(3, axis=2)
        hole = np.zeros((48, 48), np.uint8)
        hole[20:26, 18:27] = 255
        fill(np.ascontiguousarray(picture), hole)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        text = f"The built-in engine does not work: {type(error).__name__}: {error}"
        return Finding("engine", BROKEN, text, REPAIR)
    return Finding("engine", OK, "The built-in engine works")


def settings() -> list[Finding]:
    """What in the settings could not be used, and whether there is a key."""
    from gimp_bridge.credentials import Credentials
    from gimp_bridge.settings import Settings

    loaded = Settings.load()
    findings = [Finding("settings", WARNING, problem) for problem in loaded.problems]
    try:
        host = loaded.host
    except RemovalError as error:
        cure = "Choose the service again in GIMP: Filters > Object Removal > Settings"
        return [*findings, Finding("address", BROKEN, str(error), cure)]
    try:
        key = Credentials.of_user().find(host)
    except RemovalError as error:
        return [*findings, Finding("key", WARNING, str(error))]
    if key:
        return [*findings, Finding("key", OK, f"There is a key for {host}")]
    text = f"There is no key for {host}: objects are removed by this computer"
    return [*findings, Finding("key", WARNING, text, "To use PicWish, enter one in Settings.")]


def service() -> list[Finding]:
    """Whether the service can be reached over verified TLS; nothing of the user's is sent."""
    from gimp_bridge.settings import Settings

    try:
        loaded = Settings.load()
        address = str(loaded.base_url)
    except RemovalError:
        return []  # said by ``settings``
    return connection(address, loaded.proxy_address)


def connection(address: str, proxy: str | None) -> list[Finding]:
    """Whether ``address`` can be reached, and whether it proves who it is."""
    import requests

    from gimp_bridge.service.transport import reach

    try:
        reach(address, proxy=proxy, patience_s=CONNECT_S)
    except requests.exceptions.SSLError as error:
        text = f"{address} does not prove who it is (TLS): {error}"
        cure = "Set SSL_CERT_FILE to your network's certificates, or ask who runs the network."
        return [Finding("tls", BROKEN, text, cure)]
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        text = f"{address} cannot be reached ({type(error).__name__}); this computer still works"
        return [Finding("service", WARNING, text, "Check the network, and the proxy in Settings.")]
    reached = Finding("service", OK, f"{address} can be reached")
    if not address.startswith("https:"):
        return [reached]
    return [reached, Finding("tls", OK, "It proves who it is, and what is sent is encrypted (TLS)")]


def main() -> int:
    """Print the findings; ``--online`` includes the service."""
    findings = [packages()]
    if findings[0].verdict == OK:
        findings += [engine(), *settings()]
        if "--online" in sys.argv:
            findings += service()
    print(json.dumps([finding for finding in findings if finding.text]))
    return 0
