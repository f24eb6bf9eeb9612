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
    ],
)
def test_a_service_elsewhere_cannot_send_us_to_ourselves_or_nowhere(url):
    with pytest.raises(AddressRefused):
        checked_download(url, from_loopback=False)


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
    with pytest.raises(AddressRefused, match="from outside of this network"):
        checked_original(url, from_loopback=False)
    assert checked_original(url, from_loopback=True) == url


@pytest.mark.parametrize("host", ["photos.example", "internal.example", "8.8.8.8"])
def test_a_picture_on_the_web_is_named_to_it(host):
    url = f"http://{host}/photo.png"
    assert checked_original(url, from_loopback=False) == url
