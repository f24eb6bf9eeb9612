"""What --doctor says of the way to the service, with real servers on this machine."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

BRIDGE = Path(__file__).resolve().parents[2] / "gimp_bridge"


class Answer(BaseHTTPRequestHandler):
    """Answers 404 to everything, as the service does to what it does not know."""

    def do_HEAD(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_):
        return


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    """A server on TLS whose certificate only those know who trust ``authority``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HTTPServer(("localhost", 0), Answer) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"https://localhost:{listening.server_port}"
        listening.shutdown()


def findings(tmp_path, address, **variables):
    """What the checks find, by name of the link, for a person whose service is at ``address``."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PICWISH_BASE_URL": address}
    asked = subprocess.run(
        [sys.executable, str(BRIDGE), "check", "--online"],
        env={**kept, **variables},
        capture_output=True,
        check=True,
    )
    return {link: (verdict, text) for link, verdict, text, _ in json.loads(asked.stdout)}


def test_a_service_that_does_not_prove_who_it_is_is_broken(server, tmp_path):
    found = findings(tmp_path, server)
    assert found["tls"][0] == "broken"
    assert found["tls"][1].startswith(f"{server} does not prove who it is (TLS)")
    assert "service" not in found


def test_one_that_proves_it_to_a_certificate_of_the_network_is_well(server, authority, tmp_path):
    certificates = tmp_path / "network.pem"
    authority.cert_pem.write_to_path(str(certificates))
    found = findings(tmp_path, server, SSL_CERT_FILE=str(certificates))
    assert found["service"] == ("ok", f"{server} can be reached")
    assert found["tls"] == (
        "ok",
        "It proves who it is, and what is sent is encrypted (TLS)",
    )


def test_one_that_is_not_there_is_a_note_for_this_computer_works_without(tmp_path):
    with socket.socket() as unused:
        unused.bind(("localhost", 0))
        address = f"https://localhost:{unused.getsockname()[1]}"
        found = findings(tmp_path, address)
    assert found["service"] == (
        "warning",
        f"{address} cannot be reached (ConnectionError); this computer still works",
    )
    assert "tls" not in found


def test_whether_there_is_a_key_is_said_and_not_which(server, tmp_path):
    secret = "very-secret-0123456789"
    without = findings(tmp_path, server)
    assert without["key"][0] == "warning"
    found = findings(tmp_path, server, PICWISH_API_KEY=secret)
    assert found["key"][0] == "ok"
    assert secret not in str(found)
