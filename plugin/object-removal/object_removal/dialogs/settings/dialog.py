"""The settings dialog: shows what the worker keeps, and has it kept, tested and removed.

Runs in GIMP.  Settings are the worker's (one file for GIMP and the command line), not GIMP's
last values; every request is answered while the dialog stays alive.
"""

from __future__ import annotations

from typing import Any

from gi.repository import Gimp, GimpUi, GLib, Gtk

from gimp_bridge.wire import Frame
from object_removal.dialogs.settings.pages import ConnectionPage, RemovalPage
from object_removal.dialogs.settings.privacy import PrivacyPage
from object_removal.dialogs.settings.service import ServicePage
from object_removal.names import SETTINGS
from object_removal.text import _
from object_removal.worker.conversation import Conversation


def show(role: str, conversation: Conversation) -> None:
    """Show the dialog on its own, until it is closed."""
    GimpUi.init(role)
    conversation.listen()
    SettingsDialog(conversation).run()


class SettingsDialog:
    """Four pages; OK keeps them all, Cancel keeps none, buttons on a page act at once."""

    def __init__(self, conversation: Conversation, parent: Gtk.Window | None = None) -> None:
        self._conversation = conversation
        self._values: dict[str, Any] = {}
        self._service = ServicePage(self._act_on_key)
        self._removal = RemovalPage()
        self._connection = ConnectionPage()
        self._privacy = PrivacyPage(
            self._withdraw, self._copy_diagnostics, self._check_installation
        )
        self._message = Gtk.Label(
            xalign=0, wrap=True, max_width_chars=60, margin=12, no_show_all=True
        )
        self.dialog = GimpUi.Dialog(
            title=_("Object Removal Settings"), role="object-removal-settings", modal=True
        )
        self.dialog.add_button(_("_Help"), Gtk.ResponseType.HELP)
        self.dialog.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        self.dialog.add_button(_("_OK"), Gtk.ResponseType.OK)
        self.dialog.set_default_response(Gtk.ResponseType.OK)
        self._arrange()
        if parent:
            self.dialog.set_transient_for(parent)
        else:
            GimpUi.window_set_transient(self.dialog)

    def run(self) -> None:
        """Show the dialog until it is closed."""
        self.dialog.set_response_sensitive(Gtk.ResponseType.OK, False)
        self._conversation.request("settings", {}, self._shown)
        self.dialog.present()
        while True:
            response = self.dialog.run()
            if response == Gtk.ResponseType.HELP:
                Gimp.help(None, SETTINGS)
            elif response != Gtk.ResponseType.OK or self._keep():
                break
        self.dialog.destroy()

    def tell(self, message: str) -> None:
        """Show a sentence under the pages."""
        self._message.set_text(message)
        self._message.set_visible(bool(message))

    def _arrange(self) -> None:
        book = Gtk.Notebook(border_width=6)
        for page, title in (
            (self._service, _("Service")),
            (self._removal, _("Removal")),
            (self._connection, _("Connection")),
            (self._privacy, _("Privacy and Help")),
        ):
            book.append_page(page.grid, Gtk.Label(label=title))
        content = self.dialog.get_content_area()
        content.pack_start(book, True, True, 0)
        content.pack_start(self._message, False, False, 0)
        content.show_all()

    def _shown(self, last: Frame, answer: Frame | None) -> None:
        if answer is None:
            self.tell(last.fields["message"] or "")
            return
        facts = answer.fields
        self._values = facts["values"]
        self._service.show(facts)
        self._removal.show(self._values)
        self._connection.show(self._values)
        self._privacy.show(facts)
        self.tell("\n".join(facts["problems"]))
        self.dialog.set_response_sensitive(Gtk.ResponseType.OK, True)

    def _now(self) -> dict[str, Any]:
        pages = (self._service, self._removal, self._connection, self._privacy)
        return {name: value for page in pages for name, value in page.values().items()}

    def _keep(self) -> bool:
        """Have everything kept; False, with the reason shown, where it was not."""
        values = {"values": {**self._values, **self._now()}}
        key = self._service.key
        # The key first: it may be refused, and then nothing is kept.
        return (not key or self._done("store-key", values, key)) and self._done(
            "save-settings", values
        )

    def _done(self, kind: str, fields: dict[str, Any], payload: bytes = b"") -> bool:
        """Wait for a request while the dialog is drawn; False, with the reason shown, if not."""
        ends: list[Frame] = []
        loop = GLib.MainLoop()

        def ended(last: Frame, _answer: Frame | None) -> None:
            ends.append(last)
            loop.quit()

        self.dialog.set_sensitive(False)
        self._conversation.request(kind, fields, ended, payload)
        if not ends:
            loop.run()
        self.dialog.set_sensitive(True)
        if ends[0].kind == "failed":
            self.tell(ends[0].fields["message"])
        return ends[0].kind == "finished"

    def _act_on_key(self, kind: str) -> None:
        """Test the key typed, or else the kept one; or remove the kept one."""
        self._service.status.set_text(_("Asking…") if kind == "test-key" else "")

        def ended(last: Frame, _answer: Frame | None) -> None:
            self._service.status.set_text(last.fields["message"] or "")
            if kind == "forget-key" and last.kind == "finished":
                self._service.show_key("none")

        values = {**self._values, **self._now()}
        payload = self._service.key if kind == "test-key" else b""
        self._conversation.request(kind, {"values": values}, ended, payload)

    def _withdraw(self, host: str) -> None:
        def ended(last: Frame, _answer: Frame | None) -> None:
            if last.kind == "failed":
                self.tell(last.fields["message"])
                return
            hosts = [known for known in self._values["consents"] if known != host]
            self._values["consents"] = hosts
            self._privacy.show_hosts(hosts)

        self._conversation.request("consent", {"host": host, "given": False}, ended)

    def _copy_diagnostics(self) -> None:
        def ended(last: Frame, answer: Frame | None) -> None:
            if answer is None:
                self.tell(last.fields["message"] or "")
            else:
                gimp = f"GIMP {Gimp.version()}"
                self._privacy.show_copied(f"{gimp}\n{answer.fields['text']}\n")

        self._conversation.request("diagnostics", {}, ended)

    def _check_installation(self) -> None:
        def ended(last: Frame, answer: Frame | None) -> None:
            if answer is None:
                self._privacy.show_report("", 0)
                self.tell(last.fields["message"] or "")
            else:
                self._privacy.show_report(answer.fields["text"], answer.fields["broken"])

        self._privacy.show_checking()
        self._conversation.request("doctor", {"profile": Gimp.directory()}, ended)
