"""Comparing versions of this project, without a library: set-up runs before any is installed."""

from __future__ import annotations

import re


def is_newer(version: str, than: str) -> bool:
    """Whether ``version`` comes after ``than``; a pre-release comes before its release."""
    return _key(version) > _key(than)


def _key(version: str) -> tuple[tuple[int, ...], bool, str]:
    found = re.match(r"v?(\d+(?:\.\d+)*)(.*)", version.strip())
    if found is None:
        return (), False, version
    numbers = [int(number) for number in found.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), found.group(2) == "", found.group(2)
