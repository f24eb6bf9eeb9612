"""The seams' equation, settled band by band, comes out as if it were settled at once."""

import numpy as np

from gimp_bridge.engine import fill, poisson


def test_bands_leave_no_mark(monkeypatch):
    rows, columns = np.mgrid[0:200, 0:160]
    image = np.dstack([rows, columns, (rows + columns) // 2]).astype(np.uint8)
    image += np.random.default_rng(4).integers(0, 9, image.shape, np.uint8)
    mask = np.zeros((200, 160), np.uint8)
    mask[20:180, 50:100] = 255
    whole = fill(image, mask).astype(int)
    monkeypatch.setattr(poisson, "BAND", 1000)
    assert np.abs(fill(image, mask) - whole).max() <= 2
