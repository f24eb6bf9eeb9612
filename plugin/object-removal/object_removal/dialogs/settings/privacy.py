"""The settings dialog's page about what leaves this computer and what is written down on it.

Runs in GIMP, in a dialog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gi.repository import Gtk, Pango

from object_removal.dialogs.settings.pages import Page
from object_removal.text import _

REPORT_PX = 180
"""High enough for the report's verdict and what mends the worst."""


class PrivacyPage(Page):
    """Who may be sent pictures, the log folder and the diagnostics."""

    def __init__(
        self,
        withdraw: Callable[[str], None],
        copy: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        super().__init__()
        self._withdraw = withdraw
        self._hosts = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._usual = ""
        self._folder = Gtk.Entry()
        self._folder.set_activates_default(True)
        self._told = Gtk.Label(xalign=0, wrap=True, max_width_chars=56)
        self._check = Gtk.Button.new_with_mnemonic(_("Check _Installation"))
        self._report = Gtk.TextView(editable=False, monospace=True, wrap_mode=Gtk.WrapMode.WORD)
        self._scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, no_show_all=True)
        self.add_wide(self._hosts)
        self.add_row(
            _("_Log folder:"),
            self._folder,
            _("Leave empty for the default folder; no picture, no key"),
        )
        self.add_wide(self._buttons(copy, check))
        self.add_wide(self._told)
        self.add_wide(self._report_box())

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
        self._told.set_text(_("Copied; paste it where you ask for help."))

    def show_checking(self) -> None:
        """Say that the installation is being looked at."""
        self._check.set_sensitive(False)
        self._told.set_text(_("Checking…"))

    def show_report(self, text: str, broken: int) -> None:
        """Show what the check has found; an empty ``text`` where it could not be made."""
        self._check.set_sensitive(True)
        verdict = _("Problems found:") if broken else _("The installation is in order.")
        self._told.set_text(verdict if text else "")
        self._report.get_buffer().set_text(text)
        self._scrolled.set_visible(bool(text))

    def _host(self, host: str) -> Gtk.Widget:
        row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=12, margin_start=12)
        label = Gtk.Label(label=host, xalign=0, ellipsize=Pango.EllipsizeMode.MIDDLE)
        button = Gtk.Button(label=_("Withdraw"))
        button.get_accessible().set_name(_("Withdraw consent for {host}").format(host=host))
        button.connect("clicked", lambda _button: self._withdraw(host))
        row.pack_start(label, True, True, 0)
        row.pack_start(button, False, False, 0)
        return row

    def _buttons(self, copy: Callable[[], None], check: Callable[[], None]) -> Gtk.Widget:
        row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=6)
        button = Gtk.Button.new_with_mnemonic(_("Copy _Diagnostics"))
        button.set_tooltip_text(_("Versions, paths and the last problems; no key, no names"))
        button.connect("clicked", lambda _button: copy())
        self._check.set_tooltip_text(_("Looks at every part, from GIMP's menu to the service"))
        self._check.connect("clicked", lambda _button: check())
        row.pack_start(button, False, False, 0)
        row.pack_start(self._check, False, False, 0)
        return row

    def _report_box(self) -> Gtk.Widget:
        self._report.get_accessible().set_name(_("What the check has found"))
        self._report.set_accepts_tab(False)
        self._report.show()
        self._scrolled.add(self._report)
        self._scrolled.set_size_request(-1, REPORT_PX)
        self._scrolled.set_vexpand(True)
        return self._scrolled
