"""Colour profiles made from what defines them: primaries, white point and tone curve."""

from __future__ import annotations

import struct

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
D65, D60, WHITE_50 = (0.3127, 0.3290), (0.32168, 0.33767), (0.3457, 0.3585)
# Bradford's cone responses, by which the ICC adapts white points.
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))

RGB = {
    "sRGB": (SRGB, D65, "sRGB"),
    "linear sRGB": (SRGB, D65, 1.0),
    "Display P3": (P3, D65, "sRGB"),
    "linear P3": (P3, D65, 1.0),
    "Adobe RGB": (((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)), D65, 2.19921875),
    "Rec2020": (REC2020, D65, "sRGB"),
    "linear Rec2020": (REC2020, D65, 1.0),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), WHITE_50, 1.8),
    "Apple RGB": (((0.625, 0.340), (0.280, 0.595), (0.155, 0.070)), D65, 1.8),
    "ACEScg": (((0.713, 0.293), (0.165, 0.830), (0.128, 0.044)), D60, 1.0),
}


def rgb_profile(name: str) -> bytes:
    """The ICC profile of one of ``RGB``."""
    primaries, white, tones = RGB[name]
    curve = _curve(tones)
    tags = {tag: _xyz(row) for tag, row in zip(COLOURS, _colorants(primaries, white), strict=True)}
    return _profile(b"RGB ", name, tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def gray_profile(gamma: float) -> bytes:
    """A gray profile with this gamma."""
    return _profile(b"GRAY", f"gray {gamma}", {b"kTRC": _curve(gamma)})


COLOURS = (b"rXYZ", b"gXYZ", b"bXYZ")


def _colorants(primaries, white):
    columns = np.array([_xy(point) for point in primaries]).T
    columns = columns * np.linalg.solve(columns, _xy(white))
    cones = (BRADFORD @ D50) / (BRADFORD @ _xy(white))
    return (np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ columns).T


def _xy(point):
    return np.array([point[0] / point[1], 1.0, (1 - sum(point)) / point[1]])


def _fixed(*values):
    return b"".join(struct.pack(">i", round(65536 * value)) for value in values)


def _xyz(values):
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _curve(tones):
    if tones == "sRGB":
        return b"para\0\0\0\0\0\3\0\0" + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    if tones == 1.0:
        return b"curv\0\0\0\0\0\0\0\0"
    return b"para\0\0\0\0\0\0\0\0" + _fixed(tones)


def _profile(space: bytes, name: str, tags: dict[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78
    tags = {b"desc": desc, b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": _xyz(D50)} | tags
    body, table = b"", struct.pack(">I", len(tags))
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = b"\0" * 4 + b"\4\x20\0\0mntr" + space + b"XYZ " + date + b"acsp"
    head = head.ljust(64, b"\0") + _fixed(*D50)
    return struct.pack(">I", 128 + len(table) + len(body)) + (head.ljust(124, b"\0") + table + body)
