"""The requests of the settings dialog: show, keep, and try out what it holds.

The key arrives as a frame's payload and goes to the key store or into one request header; it is
in no field, no argument, no log and no answer.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gimp_bridge import wire
from gimp_bridge.credentials import KEY_VARIABLE, Credentials
from gimp_bridge.errors import AddressRefused, KeyStoreSilent, SettingsError
from gimp_bridge.language import N_, _
from gimp_bridge.secret import Secret
from gimp_bridge.service.limits import API_PAGE
from gimp_bridge.settings import ADDRESS_VARIABLE, REGIONS, Settings
from gimp_bridge.worker.logs import log_file
from gimp_bridge.worker.pipe import Pipe

NOT_FORGOTTEN = N_(
    "The key for {host} is not used any more, but the system's key store did not respond, so it "
    "may still be in there: unlock it and remove the key once more."
)
RULES = N_(
    "PicWish is not for unlawful pictures, nor for removing a mark of ownership without its "
    "owner's consent. Its rules: {page}"
)
"""Told before a first key is kept; who runs a server of one's own makes the rules."""


def show(pipe: Pipe, _frame: wire.Frame) -> None:
    """Serve ``settings``: one frame with all that the dialog shows."""
    settings = Settings.load(environ={})
    effective = settings.with_environment(os.environ)
    host = _host_or_nothing(effective)
    pipe.send(
        "settings",
        {
            "values": settings.values(),
            "regions": REGIONS,
            "host": host,
            "key": _where_the_key_is(host),
            "rules": _(RULES).format(page=API_PAGE),
            "overridden": os.environ.get(ADDRESS_VARIABLE, "").strip() or None,
            "log_folder": str(log_file().parent),
            "problems": list(settings.problems),
        },
    )
    pipe.finish()


def save(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``save-settings``; SettingsError, with nothing kept, when one cannot be used."""
    settings = Settings.of(frame.fields["values"])
    if settings.problems:
        raise SettingsError(settings.problems[0])
    str(settings.base_url)  # an address that nothing could be sent to is refused now
    # Consent has its own request: a dialog that was open for long must not bring one back.
    with _writing(_("The settings could not be written: {reason}.")):
        replace(settings, consents=Settings.load(environ={}).consents).save()
    pipe.finish()


def store_key(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``store-key``; its message says where the key is kept."""
    key = _key_in(frame)
    if not key.is_sendable():
        raise SettingsError(
            _("A key has no blanks and only plain letters, digits and signs: copy it once more.")
        )
    with _writing(_("The key could not be kept: {reason}.")):
        where = Credentials.of_user().save(_effective(frame.fields["values"]).host, key)
    pipe.finish(_("The key is kept in {place}.").format(place=where))


def forget_key(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``forget-key``."""
    host = _effective(frame.fields["values"]).host
    with _writing(_("The key could not be removed: {reason}.")):
        reached = Credentials.of_user().forget(host)
    said = _("The key for {host} is removed from this computer.") if reached else _(NOT_FORGOTTEN)
    pipe.finish(said.format(host=host))


def test_key(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``test-key``: ask the service, which costs nothing; its message tells the outcome."""
    settings = _effective(frame.fields["values"])
    # Late: who only reads settings does not wait for the HTTP library.
    from gimp_bridge.service.connect import connect

    client = connect(settings, _key_in(frame) or Credentials.of_user().find(settings.host))
    client.check(cancel=pipe.cancelled)
    pipe.finish(_("{host} answers and accepts the key.").format(host=settings.host))


def consent(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``consent``: remember, or forget, that pictures may be sent to a host."""
    host, given = str(frame.fields["host"]), bool(frame.fields["given"])
    with _writing(_("The settings could not be written: {reason}.")):
        Settings.load(environ={}).with_consent(host, given=given).save()
    pipe.finish()


@contextlib.contextmanager
def _writing(text: str) -> Iterator[None]:
    """Within it what cannot be written is a SettingsError of this ``text`` with the reason."""
    try:
        yield
    except OSError as error:
        raise SettingsError(text.format(reason=error.strerror)) from error


def _key_in(frame: wire.Frame) -> Secret:
    return Secret(bytes(frame.payload).decode("utf-8", errors="replace"))


def _effective(values: Mapping[str, Any]) -> Settings:
    return Settings.of(values).with_environment(os.environ)


def _host_or_nothing(settings: Settings) -> str:
    try:
        return settings.host
    except AddressRefused:
        return ""


def _where_the_key_is(host: str) -> str:
    if os.environ.get(KEY_VARIABLE, "").strip():
        return "environment"
    try:
        return "kept" if host and Credentials.of_user().find(host) else "none"
    except KeyStoreSilent:
        return "kept"
