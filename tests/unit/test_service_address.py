"""Which addresses are talked to: for the service, and for a result that it points to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.errors import AddressRefused
from gimp_bridge.service.address import (
    checked_address,
    checked_download,
    checked_original,
    host_of,
    is_loopback,
    judge_for,
)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8765", True),
        ("http://127.9.9.9", True),
        ("http://LOCALHOST/", True),
        ("http://localhost.:80", True),
        ("https://[::1]:1", True),
        ("http://127.0.0.1.example.org", False),
        ("http://localhost.example.org", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("http://2130706433", False),
        ("http://127.1", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://[", False),
        ("", False),
        (r"http://192.0.2.2:80\@127.0.0.1/a", False),
        (r"http://127.0.0.1\.example.com/a", False),
        ("http://me@127.0.0.1/", False),
    ],
)
def test_only_the_plain_names_of_this_machine_are_this_machine(url, loopback):
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (" https://techhk.aoscdn.com/ ", "https://techhk.aoscdn.com"),
        ("https://example.org:8443/base//", "https://example.org:8443/base"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
    ],
)
def test_a_service_address_loses_its_last_slash(url, kept):
    assert checked_address(url) == kept


def test_a_result_over_plain_http_is_fetched_over_https():
    assert (
        checked_download("HTTP://store.example/r.png?sign=1&b=2", from_loopback=False)
        == "https://store.example/r.png?sign=1&b=2"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:631/admin",
        "https://localhost/x",
        "ftp://store/r",
        "//store/r",
        "",
        "http:",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://017700000001/x",
        "https://0.0.0.0/x",
        "https://127.0.0.1./x",
        "https://[::1]/x",
        "https://[::]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[::127.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://[2001:0:1::1]/x",
        "https://[fe80::1]/x",
        "https://[fd00::1]/x",
        "https://[fec0::1]/x",
        "https://[ff02::1]/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://172.16.5.5/x",
        "https://192.168.1.1/x",
        "https://192.168.257/x",
        "https://100.64.0.1/x",
        "https://198.18.0.1/x",
        "https://224.0.0.1/x",
        "https://255.255.255.255/x",
        "https://localhost./x",
        "https://foo.localhost/x",
        "https://FOO.LocalHost./x",
        "https://printer.local/x",
        "https://printer/x",
        r"https://127.0.0.1\.example.com/x",
        r"https://store.example\@127.0.0.1/x",
        "https://store.example%00/x",
        "https://store.example /x",
        "https://a@store.example/x",
    ],
)
def test_a_service_elsewhere_cannot_send_us_to_ourselves_or_nowhere(url):
    for checked in (checked_download, checked_original):
        with pytest.raises(AddressRefused):
            checked(url, from_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://store.example/r.png",
        "https://store.example:8443/a%20b/r.png?x=[1]&y=1\u00e9",
        "https://8.8.8.8/r.png",
        "https://[2606:4700::1111]/r.png",
        "https://[64:ff9b::808:808]/r.png",
        "https://b\u00fccher.example/r.png",
    ],
)
def test_what_is_public_is_fetched(url):
    assert checked_download(url, from_loopback=False) == url


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("store.example", "8.8.8.8", True),
        ("store.example", "2606:4700::1111", True),
        ("store.example", "::ffff:8.8.8.8", True),
        ("store.example", "64:ff9b::8.8.8.8", True),
        ("store.example", "198.18.3.4", True),
        ("store.example", "127.0.0.1", False),
        ("store.example", "::ffff:127.0.0.1", False),
        ("store.example", "64:ff9b::127.0.0.1", False),
        ("store.example", "2002:a00:1::", False),
        ("store.example", "10.0.0.1", False),
        ("store.example", "169.254.169.254", False),
        ("store.example", "fe80::1%eth0", False),
        ("store.example", "64:ff9b:1::8.8.8.8", False),
        ("service.example", "10.0.0.1", True),
        ("service.example", "127.0.0.1", False),
        ("service.example", "::ffff:127.0.0.1", False),
        ("service.example", "0.0.0.0", False),
        ("service.example", "169.254.169.254", False),
    ],
)
def test_every_address_that_a_name_resolves_to_is_judged(host, address, allowed):
    assert judge_for("https://service.example")(host, address) is allowed
    assert judge_for("http://127.0.0.1:8765")(host, address)


def test_a_service_on_this_machine_may_point_to_this_machine():
    url = "http://127.0.0.1:8765/results/x.png"
    assert checked_download(url, from_loopback=True) == url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://TechHK.aoscdn.com/x", "techhk.aoscdn.com"),
        ("http://127.0.0.1:8765", "127.0.0.1:8765"),
    ],
)
def test_keys_are_filed_under_the_host(url, host):
    assert host_of(url) == host


@given(st.text())
def test_no_text_raises_anything_else(text):
    for check in (checked_address, lambda url: checked_download(url, from_loopback=False)):
        try:
            allowed = check(text)
        except AddressRefused:
            continue
        assert allowed.lower().startswith(("https://", "http://"))


@pytest.mark.parametrize(
    "host",
    [
        "nas.internal",
        "NAS.Internal.",
        "nas.lan",
        "nas.home.arpa",
        "nas.local",
        "a.localhost",
        "nas",
        "192.168.1.7",
        "10.0.0.9",
        "172.16.0.1",
        "169.254.169.254",
        "[fd00::7]",
        "[fe80::1]",
    ],
)
def test_a_picture_that_only_this_network_has_is_not_named_to_a_service_elsewhere(host):
    url = f"http://{host}/photo.png"
    with pytest.raises(AddressRefused, match="lies in a private network"):
        checked_original(url, from_loopback=False)
    assert checked_original(url, from_loopback=True) == url


@pytest.mark.parametrize("host", ["photos.example", "internal.example", "8.8.8.8"])
def test_a_picture_on_the_web_is_named_to_it(host):
    url = f"http://{host}/photo.png"
    assert checked_original(url, from_loopback=False) == url
