"""The window of a batch: options, images, what it takes, a bar for all, news, and the buttons.

Runs in GIMP, only where there is a screen: imports Gtk.  Shows what it is told; what a button
does is the dialog's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gi.repository import Gimp, GimpUi, Gtk

from object_removal.batch import Member
from object_removal.dialogs.batch.images import ImageList
from object_removal.dialogs.batch.words import how_many
from object_removal.dialogs.options import add_option
from object_removal.text import N_, _

SHOWN = ("selection-from", "alignment", "service", "sample", "extent", "grow", "feather", "palette")
RUN, STOP, AGAIN, SAVE = range(1, 5)
CLOSE, HELP = Gtk.ResponseType.CLOSE, Gtk.ResponseType.HELP
HEIGHT_PX = 660
BUTTONS = (
    (HELP, N_("_Help")),
    (SAVE, N_("_Save Report…")),
    (AGAIN, N_("Try Faile_d Again")),
    (STOP, N_("S_top")),
    (CLOSE, N_("_Close")),
    (RUN, N_("_Remove")),
)


class BatchWindow:
    """The widgets; ``ticked`` is called when a tick was changed by the person."""

    def __init__(
        self,
        config: Gimp.ProcedureConfig,
        members: Sequence[Member],
        ticked: Callable[[], None],
    ) -> None:
        self.dialog = GimpUi.Dialog(
            title=_("Remove in All Open Images"), role="object-removal-batch"
        )
        for response, label in BUTTONS:
            self.dialog.add_button(_(label), response)
        self._options = Gtk.Grid(column_spacing=9, row_spacing=6)
        self._pairs = self._add_options(config)
        self.images = ImageList(members, ticked)
        self._cost, self._news = _label(), _label()
        self._bar = Gtk.ProgressBar(show_text=True)
        self._arrange()

    def tell_cost(self, sentence: str) -> None:
        """Show what pressing Remove would take."""
        self._cost.set_text(sentence)

    def tell(self, sentence: str) -> None:
        """Show what has happened."""
        self._news.set_text(sentence)
        self._news.set_visible(bool(sentence))

    def show_bar(self, part: int, whole: int) -> None:
        """Show how many of the images have ended."""
        self._bar.set_fraction(part / max(1, whole))
        self._bar.set_text(how_many(part, whole))
        self._bar.show()

    def allow(self, able: Mapping[int, bool], *, options: bool) -> None:
        """Which buttons may be pressed, and whether options and ticks may be changed."""
        for response, sensitive in able.items():
            self.dialog.set_response_sensitive(response, sensitive)
        self._options.set_sensitive(options)
        self.images.set_ticks_sensitive(options)

    def ask_of_palettes(self, there: bool) -> None:
        """Ask what becomes of indexed images, where there are any."""
        for each in self._pairs["palette"]:
            each.set_visible(there)

    def suggest(self, response: int) -> None:
        """Give the keyboard to the button that comes next."""
        self.dialog.set_default_response(response)
        self.dialog.get_widget_for_response(response).grab_focus()

    def _add_options(self, config: Gimp.ProcedureConfig) -> dict[str, tuple[Gtk.Label, Gtk.Widget]]:
        """The options in two columns; the label and widget of each."""
        pairs = {}
        for number, name in enumerate(SHOWN):
            row, right = divmod(number, 2)
            pairs[name] = add_option(self._options, (2 * right, row), config, name)
            pairs[name][0].set_margin_start(9 * right)
        _follow_selection(config, pairs["alignment"])
        return pairs

    def _arrange(self) -> None:
        box = self.dialog.get_content_area()
        box.set_spacing(9)
        box.set_border_width(12)
        box.pack_start(self._options, False, False, 0)
        box.pack_start(self.images, True, True, 0)
        for each in (self._cost, self._bar, self._news):
            box.pack_start(each, False, False, 0)
        box.show_all()
        self.ask_of_palettes(False)
        self._bar.hide()
        self._news.hide()
        # The images give way when bar and news appear, and the window stays as it is.
        self.dialog.set_default_size(-1, HEIGHT_PX)
        self.suggest(RUN)


def _follow_selection(config: Gimp.ProcedureConfig, widgets: Sequence[Gtk.Widget]) -> None:
    """Keep ``widgets`` greyed while every image has its own selection: nothing is carried over."""

    def follow(*_event: object) -> None:
        for widget in widgets:
            widget.set_sensitive(config.get_property("selection-from") == "active")

    config.connect("notify::selection-from", follow)
    follow()


def _label() -> Gtk.Label:
    return Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True, can_focus=False)
