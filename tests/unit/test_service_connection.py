"""The way to the service: TLS, proxies, netrc, cookies, keep-alive, and the moment of sending."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from typing import Any

import pytest
import requests
import trustme

from gimp_bridge.errors import AddressRefused, MaybeSent, NotReached, SettingsError
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Broken, Timeouts
from gimp_bridge.service.waiting import wait_for
from tests.faults.elsewhere import Elsewhere, closed_port
from tests.faults.hostile import Hostile, Script
from tests.service_peer import KEY, hole, png, quadrants

REQUEST = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()), size_px=(64, 48))
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
QUICK = Timeouts(connect_s=2, answer_s=5, retry_s=0.01)


def client_for(address: str, **more) -> PicWish:
    client = PicWish(address, KEY, pace=Pace(1000), timeouts=QUICK, **more)
    client.expected_s = 0.05
    return client


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch):
    for name in (*PROXY_VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def secure(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Hostile(tls=context) as server:
        yield server


@pytest.fixture
def authority_file(authority, tmp_path):
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_named_in_the_environment_is_trusted(
    secure, authority_file, variable, monkeypatch, tmp_path
):
    monkeypatch.setenv(variable, authority_file)
    paid = run_task(client_for(secure.address), Journal(tmp_path / "j"), REQUEST)
    assert paid.data[:4] == b"\x89PNG"


def trust_in_the_system(monkeypatch, authority):
    """Stands for the system's own store, which a test must not change."""
    pem = authority.cert_pem.bytes().decode()

    def load(context, purpose=ssl.Purpose.SERVER_AUTH):
        context.load_verify_locations(cadata=pem)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", load)


def test_an_authority_that_the_system_trusts_is_trusted(secure, authority, monkeypatch, tmp_path):
    trust_in_the_system(monkeypatch, authority)
    paid = run_task(client_for(secure.address), Journal(tmp_path / "j"), REQUEST)
    assert paid.data[:4] == b"\x89PNG"


def test_who_names_a_certificate_file_trusts_nothing_else(secure, authority, monkeypatch, tmp_path):
    trust_in_the_system(monkeypatch, authority)
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with pytest.raises(NotReached, match="not trusted by this computer"):
        client_for(secure.address).create(REQUEST)


def test_no_other_certificate_is_trusted(secure):
    with pytest.raises(NotReached, match="not trusted by this computer"):
        client_for(secure.address).create(REQUEST)
    assert bytes(secure.received) == b""


def test_a_certificate_for_another_name_is_not_trusted(authority, authority_file, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("service.example").configure_cert(context)
    with Hostile(tls=context) as server:
        with pytest.raises(NotReached):
            client_for(server.address).create(REQUEST)
        assert bytes(server.received) == b""


def test_a_certificate_file_that_does_not_exist_is_said(secure, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at-all.pem")
    with pytest.raises(SettingsError, match="REQUESTS_CA_BUNDLE"):
        client_for(secure.address).create(REQUEST)


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch):
    with Elsewhere() as proxy, Hostile() as server:
        for name in PROXY_VARIABLES[:3]:
            monkeypatch.setenv(name, proxy.address)
        for chosen in (None, proxy.address):
            client_for(server.address, proxy=chosen).create(REQUEST)
        assert bytes(proxy.received) == b""
        assert server.count("create") == 2


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_service_elsewhere_is_reached_through_the_proxy_and_the_key_not_shown(
    by_hand, monkeypatch
):
    seen = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    seen.extend(connection.recv(4096))
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    seen.extend(connection.recv(4096))

        threading.Thread(target=serve, daemon=True).start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if by_hand:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
        else:
            monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(NotReached):
            client_for("https://service.invalid", proxy=proxy if by_hand else None).create(REQUEST)
    assert seen.startswith(b"CONNECT service.invalid:443 HTTP/1.")
    assert KEY.encode() not in seen


def test_a_proxy_address_that_is_none_is_said():
    client = client_for("https://service.invalid", proxy="carrier-pigeon://loft")
    with pytest.raises(SettingsError, match="proxy"):
        client.create(REQUEST)


def test_netrc_is_not_sent_to_anybody(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-password\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert requests.utils.get_netrc_auth("http://127.0.0.1/")[0] == "me"
    with Hostile() as server:
        run_task(client_for(server.address), Journal(tmp_path / "j"), REQUEST)
        assert server.count("result") == 1
        assert b"authorization" not in bytes(server.received).lower()


def test_downloads_never_carry_the_key(tmp_path):
    with Hostile() as server:
        run_task(client_for(server.address), Journal(tmp_path / "j"), REQUEST)
    by_kind = {request.kind: "X-API-KEY" in request.headers for request in server.requests}
    assert by_kind == {"create": True, "query": True, "result": False}


def resolve(monkeypatch, **names):
    """Let these names resolve to lists of addresses, one list after the other."""
    real = socket.getaddrinfo

    def look_up(host, port, *more):
        if host not in names:
            return real(host, port, *more)
        found = names[host].pop(0) if len(names[host]) > 1 else names[host][0]
        return [place for address in found for place in real(address, port, *more)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["0.0.0.0"], ["::ffff:127.0.0.1"], ["8.8.8.8", "127.0.0.1"]],
)
def test_a_name_that_leads_to_this_machine_is_not_even_connected_to(addresses, monkeypatch):
    resolve(monkeypatch, **{"store.example": [addresses]})
    with Elsewhere() as other:
        connected = []
        monkeypatch.setattr(socket.socket, "connect", lambda *_: connected.append(1))
        for scheme in ("http", "https"):
            url = f"{scheme}://store.example:{other.address.rsplit(':', 1)[1]}/r.png"
            with pytest.raises(AddressRefused, match=r"store\.example lies in a private network"):
                client_for("https://service.example").fetch(url, max_bytes=100)
    assert not connected


def test_what_was_judged_is_what_is_connected_to(authority, authority_file, monkeypatch):
    """The second answer of a name server does not count, and TLS holds the name to its word."""
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    resolve(
        monkeypatch,
        **{"store.example": [["127.0.0.1"], ["127.6.6.6"]], "other.example": [["127.0.0.1"]]},
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("store.example").configure_cert(context)
    judged = []

    def judge(host, address):
        judged.append((host, address))
        return True

    with Hostile(tls=context) as server:
        port = server.address.rsplit(":", 1)[1]
        fetch = client_for("https://service.example")._transport.download
        more: dict[str, Any] = {
            "max_bytes": 9999,
            "cancel": lambda: False,
            "watch": print,
            "judge": judge,
        }
        fetch(f"https://store.example:{port}/none", **more)
        with pytest.raises(Broken, match="certificate"):
            fetch(f"https://other.example:{port}/none", **more)
    assert judged == [("store.example", "127.0.0.1"), ("other.example", "127.0.0.1")]


def test_a_redirect_to_this_machine_is_not_followed(authority, authority_file, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    resolve(monkeypatch, **{"store.example": [["127.0.0.1"]], "inside.example": [["127.0.0.1"]]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("store.example").configure_cert(context)

    def redirect(link):
        link.reply(302, {"Location": f"http://inside.example:{closed_port()}/"}, b"")

    with Hostile(Script(result=[redirect]), tls=context) as server:
        url = f"https://store.example:{server.address.rsplit(':', 1)[1]}/results/x.png"
        with pytest.raises(AddressRefused, match=r"inside\.example"):
            client_for("https://service.example")._transport.download(
                url, max_bytes=9999, cancel=lambda: False, watch=print,
                judge=lambda host, _: host == "store.example",
            )  # fmt: skip
        assert server.count("result") == 1


def test_the_second_address_serves_where_the_first_does_not_answer(monkeypatch):
    with Elsewhere() as other:
        other.files["/r"] = b"result"
        resolve(monkeypatch, localhost=[["127.1.1.1", "127.0.0.1"]])
        url = f"http://localhost:{other.address.rsplit(':', 1)[1]}/r"
        answer = client_for("http://127.0.0.1:1").fetch(url, max_bytes=100)
    assert answer.body == b"result"


def test_polls_share_a_connection_and_creates_have_their_own():
    connections = []
    with Hostile(Script(connect=[connections.append] * 9)) as server:
        client = client_for(server.address)
        for _ in range(2):
            task = client.create(REQUEST)
            for _ in range(3):
                client.query(task.task_id)
    assert (server.count("create"), server.count("query"), len(connections)) == (2, 6, 3)


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_error():
    def hang_up_after(link):
        link.reply(*link.honest())
        link.keep = False

    with Hostile(Script(query=[hang_up_after])) as server:
        client = client_for(server.address)
        task = client.create(REQUEST)
        client.query(task.task_id)
        assert wait_for(client, task.task_id, max_bytes=1 << 20).task_id == task.task_id


def test_only_what_never_left_is_sent_again():
    tries = []

    def refuse(connection):
        tries.append(1)
        while b"IEND" not in connection.recv(1 << 16):
            pass
        raise OSError

    with Hostile(Script(connect=[refuse])) as server, pytest.raises(MaybeSent):
        client_for(server.address).create(REQUEST)
    assert len(tries) == 1


def test_a_service_that_comes_up_late_is_reached(monkeypatch):
    with Hostile() as server:
        late = client_for(server.address)
        real = socket.socket.connect
        refusals = [ConnectionRefusedError(111, "Connection refused")] * 2

        def connect(this, address):
            if refusals:
                raise refusals.pop()
            return real(this, address)

        monkeypatch.setattr(socket.socket, "connect", connect)
        assert late.create(REQUEST).task_id
        assert server.count("create") == 1


def test_nothing_that_is_logged_holds_the_key_or_a_signed_address(caplog, tmp_path):
    with caplog.at_level(logging.INFO), Hostile() as server:
        run_task(client_for(server.address), Journal(tmp_path / "j"), REQUEST)
    assert "task" in caplog.text
    assert KEY not in caplog.text
    assert "/results/" not in caplog.text


def test_a_proxy_of_the_kind_socks_is_hooked_too():
    """Or its requests would go unpaced, and count as never begun."""
    begun = []
    with socket.create_server(("127.0.0.1", 0)) as listener, Hostile() as server:

        def socks5():
            connection, _ = listener.accept()
            connection.recv(3)
            connection.sendall(b"\x05\x00")
            connection.recv(300)
            connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            begun.append(connection.recv(4096))
            connection.close()

        threading.Thread(target=socks5, daemon=True).start()
        port = listener.getsockname()[1]
        client = client_for(server.address)
        client._transport._proxies = lambda url: {"http": f"socks5h://127.0.0.1:{port}"}
        with pytest.raises(MaybeSent):
            client.create(REQUEST)
    assert begun[0].startswith(b"POST /api/tasks/visual/inpaint HTTP/1.1\r\n")
