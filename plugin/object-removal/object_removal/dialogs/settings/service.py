"""The settings dialog's page about the service: which one, and the key for it.

Runs in GIMP, in a dialog.  The key lives in the entry and in one frame to the worker, nowhere
else: it is no procedure argument, which GIMP would write to the disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gi.repository import Gtk

from object_removal.dialogs.settings.pages import Page
from object_removal.text import _

LINK = re.compile(r"https://[\w./#-]*[\w/]")

Act = Callable[[str], None]
"""Called with ``test-key`` or ``forget-key`` when its button is pressed."""


class ServicePage(Page):
    """Service, address and key, with buttons to test and to remove."""

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._regions: dict[str, str] = {}
        self._own_address = ""
        self._key_known = "none"
        self._region = Gtk.ComboBoxText()
        for nick, title in (
            ("international", _("PicWish, international")),
            ("mainland", _("PicWish, mainland China")),
            ("other", _("Another service of the same kind")),
        ):
            self._region.append(nick, title)
        self._region.connect("changed", lambda _combo: self._region_chosen())
        self._address = Gtk.Entry(placeholder_text="https://", width_chars=38)
        self._key = Gtk.Entry(visibility=False, input_purpose=Gtk.InputPurpose.PASSWORD)
        for entry in (self._address, self._key):
            entry.set_activates_default(True)
        self.add_row(_("_Service:"), self._region)
        self.add_row(_("_Address:"), self._address, _("https://, or http:// on this computer"))
        self._rules = Gtk.Label(xalign=0, wrap=True, max_width_chars=56)
        self.add_wide(self._rules)
        self.add_row(_("_Key:"), self._key, _("Kept in the system's key store, never in GIMP"))
        self.add_wide(self._show_key())
        self.add_wide(self._buttons(act))
        self.status = Gtk.Label(xalign=0, wrap=True, max_width_chars=56)
        self.status.set_selectable(True)
        self.add_wide(self.status)

    @property
    def key(self) -> bytes:
        """What was typed as key, UTF-8."""
        return self._key.get_text().strip().encode()

    def show(self, facts: Mapping[str, Any]) -> None:
        """Show the service's settings and whether there is a key."""
        values, self._regions = facts["values"], facts["regions"]
        self._own_address = values["address"]
        self._region.set_active_id(values["region"])
        if facts["overridden"]:
            self._region.set_sensitive(False)
            self._address.set_sensitive(False)
            self._address.set_text(facts["overridden"])
            self._address.set_tooltip_text(_("Set by the variable PICWISH_BASE_URL"))
        self._rules.set_markup(LINK.sub(r'<a href="\g<0>">\g<0></a>', facts["rules"]))
        self.show_key(facts["key"])

    def show_key(self, known: str) -> None:
        """Say where a key is known from: "environment", "kept" or "none"."""
        self._key_known = known
        self._show_rules()
        self._forget.set_sensitive(known == "kept")
        self._key.set_placeholder_text(
            {
                "environment": _("The variable PICWISH_API_KEY is used"),
                "kept": _("A key is kept; type another to replace it"),
                "none": _("No key is kept"),
            }[known]
        )

    def values(self) -> dict[str, Any]:
        """The service's settings as they stand."""
        region = self._region.get_active_id()
        if region == "other" and self._region.get_sensitive():
            self._own_address = self._address.get_text().strip()
        return {"region": region, "address": self._own_address}

    def _region_chosen(self) -> None:
        region = self._region.get_active_id()
        self._address.set_sensitive(region == "other")
        self._address.set_text(self._regions.get(region, self._own_address))
        self._show_rules()

    def _show_rules(self) -> None:
        """Before a first key for PicWish; who runs a server of one's own makes its rules."""
        of_picwish = self._region.get_active_id() != "other"
        self._rules.set_visible(of_picwish and self._key_known == "none")

    def _show_key(self) -> Gtk.Widget:
        shown = Gtk.CheckButton.new_with_mnemonic(_("Sho_w the key while it is typed"))
        shown.connect("toggled", lambda button: self._key.set_visibility(button.get_active()))
        return shown

    def _buttons(self, act: Act) -> Gtk.Widget:
        row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=6)
        test = Gtk.Button.new_with_mnemonic(_("_Test Key and Connection"))
        test.set_tooltip_text(_("Contacts the service; this is free"))
        test.connect("clicked", lambda _button: act("test-key"))
        self._forget = Gtk.Button.new_with_mnemonic(_("_Remove Key"))
        self._forget.connect("clicked", lambda _button: act("forget-key"))
        row.pack_start(test, False, False, 0)
        row.pack_start(self._forget, False, False, 0)
        return row
