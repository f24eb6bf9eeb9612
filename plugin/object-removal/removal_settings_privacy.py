"""The settings dialog's page about what leaves this computer and what is written down on it.

Runs in GIMP, in a dialog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, Pango  # noqa: E402
from removal_settings_pages import Page  # noqa: E402
from removal_text import _  # noqa: E402


class PrivacyPage(Page):
    """Who may be sent pictures, the log folder and the diagnostics."""

    def __init__(self, withdraw: Callable[[str], None], copy: Callable[[], None]) -> None:
        super().__init__()
        self._withdraw = withdraw
        self._hosts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._usual = ""
        self._folder = Gtk.Entry()
        self._folder.set_activates_default(True)
        self._copied = Gtk.Label(xalign=0)
        self.add_wide(self._hosts)
        self.add_row(
            _("_Log folder:"), self._folder, _("Empty for the usual place; no picture, no key")
        )
        self.add_wide(self._diagnostics(copy))

    def show(self, facts: Mapping[str, Any]) -> None:
        """Show the page's settings."""
        self._folder.set_text(facts["values"]["log_folder"])
        self._folder.set_placeholder_text(facts["log_folder"])
        self.show_hosts(facts["values"]["consents"])

    def show_hosts(self, hosts: list[str]) -> None:
        """List the services that may be sent pictures, each with a button to end that."""
        for child in self._hosts.get_children():
            self._hosts.remove(child)
        words = (
            _("Parts of pictures may be sent to:")
            if hosts
            else _("No service may be sent pictures; you are asked before it happens.")
        )
        self._hosts.pack_start(Gtk.Label(label=words, xalign=0), False, False, 0)
        for host in hosts:
            self._hosts.pack_start(self._host(host), False, False, 0)
        self._hosts.show_all()

    def values(self) -> dict[str, Any]:
        """The page's settings as they stand."""
        return {"log_folder": self._folder.get_text().strip()}

    def show_copied(self, text: str) -> None:
        """Put the diagnostics on the clipboard and say so."""
        clipboard = Gtk.Clipboard.get_default(self.grid.get_display())
        clipboard.set_text(text, -1)
        clipboard.store()
        self._copied.set_text(_("Copied; paste it where you ask for help."))

    def _host(self, host: str) -> Gtk.Widget:
        row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=12, margin_start=12)
        label = Gtk.Label(label=host, xalign=0, ellipsize=Pango.EllipsizeMode.MIDDLE)
        button = Gtk.Button(label=_("Withdraw"))
        button.get_accessible().set_name(_("Withdraw consent for {host}").format(host=host))
        button.connect("clicked", lambda _button: self._withdraw(host))
        row.pack_start(label, True, True, 0)
        row.pack_start(button, False, False, 0)
        return row

    def _diagnostics(self, copy: Callable[[], None]) -> Gtk.Widget:
        row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=12)
        button = Gtk.Button.new_with_mnemonic(_("_Copy Diagnostics"))
        button.set_tooltip_text(_("Versions, paths and the last problems; no key, no names"))
        button.connect("clicked", lambda _button: copy())
        row.pack_start(button, False, False, 0)
        row.pack_start(self._copied, True, True, 0)
        return row
