"""The key can be seen nowhere: not in repr, str, format, pickle, copies, or any log."""

from __future__ import annotations

import copy
import io
import logging
import pickle

import pytest

from gimp_bridge.secret import HideSecret, Secret

KEY = "wxs3cr3t/+key="


@pytest.mark.parametrize(
    "show",
    [repr, str, "{}".format, "{:>40}".format, "{!r}".format, lambda s: f"{[s]}", "%s".__mod__],
)
def test_no_way_to_print_shows_the_key(show):
    assert KEY not in show(Secret(KEY))


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_cannot_be_copied_out_of_the_process(way):
    with pytest.raises(TypeError):
        way(Secret(KEY))


def test_blanks_around_a_pasted_key_are_cut():
    assert Secret(f"  {KEY}\n").reveal() == KEY


@pytest.mark.parametrize(
    ("text", "sendable"),
    [
        ("abcDEF123-_.", True),
        ("", False),
        ("two words", False),
        ("caf\u00e9", False),
        ("a\nb", False),
    ],
)
def test_what_can_be_a_header(text, sendable):
    assert Secret(text).is_sendable() is sendable


def test_texts_are_redacted_also_where_percent_encoded():
    secret = Secret(KEY)
    assert secret.redact(f"a {KEY} b wxs3cr3t%2F%2Bkey%3D c") == "a [key hidden] b [key hidden] c"


def test_an_empty_key_redacts_nothing():
    assert Secret("").redact("text") == "text"


def test_the_log_filter_hides_it_in_messages_arguments_and_tracebacks():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(HideSecret(Secret(KEY)))
    log = logging.Logger("test")
    log.addHandler(handler)
    log.warning("key %s", KEY)
    log.warning("no arguments: 100 %")
    try:
        raise ValueError(f"bad {KEY}")
    except ValueError:
        log.exception("went wrong with %r", {"key": KEY})
    text = stream.getvalue()
    assert KEY not in text
    assert text.count("[key hidden]") == 3
    assert "no arguments: 100 %" in text
    assert "ValueError: bad [key hidden]" in text
