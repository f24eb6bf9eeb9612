"""A string that must not be seen: the service key, and a filter that keeps it out of logs.

``reveal()`` is the only way to the text, so that every place that uses the key can be found by
that word.  Nothing here reads or stores a key; that is ``gimp_bridge.credentials``.
"""

from __future__ import annotations

import logging
from typing import NoReturn
from urllib.parse import quote

HIDDEN = "[key hidden]"
SHORTEST_HIDDEN = 6


class Secret:
    """Holds a key and shows ``[key hidden]`` to repr, str, format and every log."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.strip()

    def reveal(self) -> str:
        """The text itself: for the request header, and for nothing else."""
        return self._text

    def redact(self, text: str) -> str:
        """The same text with every occurrence of the key, also percent-encoded, hidden."""
        if not self._text:
            return text
        for shape in {self._text, quote(self._text, safe=""), repr(self._text)[1:-1]}:
            text = text.replace(shape, HIDDEN)
        return text

    def is_sendable(self) -> bool:
        """Whether the text can be the value of an HTTP header: printable ASCII, no blank."""
        return bool(self._text) and all("!" <= letter <= "~" for letter in self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not to be pickled or copied to another process")


class HideSecret(logging.Filter):
    """Replaces the key in every record, its arguments and its traceback, before it is written.

    Put it on a handler, not on a logger: only a handler sees the records of child loggers.
    """

    def __init__(self, secret: Secret) -> None:
        super().__init__()
        self.secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; every record passes."""
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.secret.redact(record.exc_text)
        record.msg = self.secret.redact(record.getMessage())
        record.args = None
        return True


def hide_in_logs(secret: Secret) -> None:
    """Put the filter on every handler of the root logger that does not have it yet.

    Not for keys below 6 letters, as somebody's own server may have: they are parts of words.
    """
    if len(secret.reveal()) < SHORTEST_HIDDEN:
        return
    for handler in logging.getLogger().handlers:
        present = [each.secret for each in handler.filters if isinstance(each, HideSecret)]
        if secret not in present:
            handler.addFilter(HideSecret(secret))
