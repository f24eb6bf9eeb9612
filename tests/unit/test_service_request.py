"""What is asked of the service: addresses as they are sent, and the bounds of rectangles."""

from __future__ import annotations

from typing import Any

import pytest

from gimp_bridge.errors import InputError
from gimp_bridge.service.request import Rectangle, RemovalRequest, as_sent
from tests.service_peer import hole, png

WHOLE = (Rectangle(0, 0, 9, 9),)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://x.example/a b/ü.png", "https://x.example/a%20b/%C3%BC.png"),
        ("https://x.example/a%20b.png?sig=a%2Fb&x=1+2", None),
        ("https://x.example/100%.png", "https://x.example/100%25.png"),
        ("https://bücher.example:8443/漢.png", "https://xn--bcher-kva.example:8443/%E6%BC%A2.png"),
        ("http://x.example", None),
        ("https://x.example/a.png?q=a b#part", "https://x.example/a.png?q=a%20b"),
        ("https://x.example/[1]{2}|^.png", "https://x.example/%5B1%5D%7B2%7D%7C%5E.png"),
        ("https://[2001:db8::1]/a.png", None),
        (" https://x.example/a.png\n", "https://x.example/a.png"),
    ],
)
def test_addresses_go_encoded(url, sent):
    expected = sent or url
    request = RemovalRequest(image_url=url, mask_url=url)
    assert request.encode()[0].count(f"\r\n\r\n{expected}\r\n".encode()) == 2
    assert as_sent(expected) == expected
    same = RemovalRequest(image_url=expected, mask_url=expected)
    assert request.fingerprint("host") == same.fingerprint("host")


@pytest.mark.parametrize("field", ["image_url", "mask_url"])
def test_an_address_has_at_most_512_letters_as_it_is_sent(field):
    file = {"image_url": "mask_file", "mask_url": "image_file"}[field]
    parts: dict[str, Any] = {file: png(hole())}
    start = "https://x.example/"
    longest = start + "ü" * ((512 - len(start)) // 6)
    RemovalRequest(**(parts | {field: longest}))
    with pytest.raises(InputError, match="516 letters as it is sent"):
        RemovalRequest(**(parts | {field: longest + "ü"}))


@pytest.mark.parametrize(
    ("rectangles", "words"),
    [
        ([(0, 0, 0, 5)], "a width and a height"),
        ([(-1, 0, 5, 5)], "lie in the picture"),
        ([(4096, 0, 1, 1)], "beyond 4096 px"),
        ([(0, 0, 1, 4097)], "beyond 4096 px"),
        ([(0, 0, 1, 1)] * 51, "51 rectangles"),
        ([], "0 rectangles"),
    ],
)
def test_rectangles_are_bounded_also_where_the_picture_is_not_known(rectangles, words):
    with pytest.raises(InputError, match=words):
        RemovalRequest(
            image_url="https://x.example/a.png",
            rectangles=tuple(Rectangle(*each) for each in rectangles),
        )


def test_the_largest_rectangles_are_taken():
    RemovalRequest(
        image_url="https://x.example/a.png", rectangles=(Rectangle(0, 0, 4096, 4096),) * 50
    )
