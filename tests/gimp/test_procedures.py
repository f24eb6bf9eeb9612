"""The procedures' other ways in a real GIMP: what is seen, the quick action, several parts."""

from __future__ import annotations

VISIBLE = """
image = tools.new_image(160, 120)
below = tools.add_layer(image, "below", 160, 120)
above = tools.add_layer(image, "above", 60, 50, 40, 30, pixels=bytes((9, 9, 200, 255)) * 3000)
above.set_opacity(50)
image.set_selected_layers([below])
tools.select(image, 50, 40, 12, 10)
before, seen_before = tools.fingerprint(image), tools.seen(image)
images = len(Gimp.get_images())
status, values, error = tools.remove(image, [below], sample="visible")
after, seen_after = tools.fingerprint(image), tools.seen(image)
added = after["layers"].pop(0)
left, top = 50 - added["offsets"][0], 40 - added["offsets"][1]
at = 4 * (top * added["size"][0] + left)
result = {
    "status": [status, error],
    "changed": [key for key in before if before[key] != after[key]],
    "differing": tools.count_different(seen_before, seen_after, 160, (50, 40, 12, 10)),
    "stray images": len(Gimp.get_images()) - images,
}
image.delete()
"""

QUICK = """
image = tools.new_image(160, 120)
layer = tools.add_layer(image, "photo", 160, 120)
tools.select(image, 70, 50, 10, 10)
status, values, error = tools.call(
    "plug-in-object-removal-quick",
    run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer],
)
mask = values[0].get_mask()
data = tools.read(mask, "Y u8")
_, x, y = values[0].get_offsets()
row = data[(55 - y) * mask.get_width():][:mask.get_width()]
covered = [x + column for column, value in enumerate(row) if value]
result = [status, error, covered[0], covered[-1], row[75 - x]]
image.delete()
"""

PARTS = """
image = tools.new_image(1500, 300)
layer = tools.add_layer(image, "photo", 1500, 300)
tools.select(image, 40, 100, 20, 20)
image.select_rectangle(Gimp.ChannelOps.ADD, 1400, 150, 20, 20)
before = tools.seen(image)
status, values, error = tools.remove(image, [layer])
after = tools.seen(image)
first = tools.count_different(before, after, 1500, (40, 100, 20, 20))
second = tools.count_different(before, after, 1500, (1400, 150, 20, 20))
result = [status, error, len(image.get_layers()), first[1] > 0, second[1] > 0]
result.append(first[0] == second[1] and second[0] == first[1])
image.delete()
"""

CHANNEL = """
image = tools.new_image(160, 120)
layer = tools.add_layer(image, "photo", 160, 120)
tools.select(image, 10, 20, 30, 15)
Gimp.edit_copy([layer])
channel = Gimp.Channel.new(image, "marks", 160, 120, 50, Gegl.Color.new("red"))
image.insert_channel(channel, None, 0)
image.set_selected_channels([channel])
tools.select(image, 70, 50, 10, 10)

def clipboard():
    pasted = Gimp.edit_paste_as_new_image()
    digest = tools.digest(pasted.get_layers()[0])
    pasted.delete()
    return digest

before, copied = tools.fingerprint(image), clipboard()
status, values, error = tools.remove(image, [channel], sample="visible")
after = tools.fingerprint(image)
after["layers"].pop(0)
result = [status, error, tools.differing(before, after), clipboard() == copied]
image.delete()
"""

# More than there is memory for, as the first thing that the helper says.
TOO_MUCH = """
import os, queue, sys
from pathlib import Path
from types import SimpleNamespace

plug_in = Path(Gimp.directory()) / "plug-ins" / "object-removal"
sys.path.insert(0, str(plug_in))
from object_removal.worker.launch import Launched
from object_removal.worker.pipe import Worker, WorkerGone

class Full:
    def readline(self, most):
        raise MemoryError

worker = Worker(Launched(SimpleNamespace(stdin=open(os.devnull, "wb"), stdout=Full()),
                         open(os.devnull, "w+b")))
try:
    result = repr(worker.receive(5))
except WorkerGone as error:
    result = str(error)
worker.close()
"""

# As macOS ends a Python of GIMP's that anything but GIMP starts; then one that says nothing.
SET_UP = """
import sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(Gimp.directory()) / "plug-ins" / "object-removal"))
from object_removal.worker import setup
from object_removal.worker.pipe import WorkerGone

def program(does):
    path = Path(tempfile.mkdtemp()) / "python3"
    path.write_text("#!/bin/sh\\n" + does)
    path.chmod(0o755)
    return str(path)

def said(*pythons):
    setup.setup_pythons = lambda: pythons
    try:
        setup._offer(lambda _question: "yes", "gone")
    except WorkerGone as error:
        return str(error).splitlines()

killed, silent = program("kill -9 $$"), program("exit 1")
fails, works = program("echo no room >&2; exit 1"), program("")
result = [said(killed, silent), said(killed, fails, works), said(killed, works), silent,
          str(setup.INSTALLER)]
"""


def test_set_up_that_ends_without_a_word_names_the_command_to_run_by_hand(gimp):
    *told, silent, installer = gimp.run(SET_UP)
    by_hand = f'To set it up by hand, run this once: python3 "{installer}" --here'
    failed = "The helper program could not be set up: "
    assert told == [
        [f"{failed}{silent} stopped without a message.", by_hand],
        [f"{failed}no room", by_hand],
        None,
    ]


def test_an_active_channel_and_the_clipboard_stay(gimp):
    assert gimp.run(CHANNEL) == ["success", "", [], True]


def test_a_pipe_that_cannot_be_read_ends_the_run(gimp):
    assert gimp.run(TOO_MUCH).startswith("The helper program stopped unexpectedly")


def test_what_is_seen_is_repaired_on_top_of_all(gimp):
    result = gimp.run(VISIBLE)
    outside, inside = result.pop("differing")
    assert result == {"status": ["success", ""], "changed": [], "stray images": 0}
    assert outside == 0
    assert inside > 0


def test_the_quick_action_uses_the_defaults_where_nobody_is_there(gimp):
    # Grown by the 2 px of so small a selection, then fading out over 2 px more around 70..79.
    assert gimp.run(QUICK) == ["success", "", 66, 83, 255]


def test_parts_far_apart_are_repaired_in_one_layer(gimp):
    assert gimp.run(PARTS) == ["success", "", 2, True, True, True]
