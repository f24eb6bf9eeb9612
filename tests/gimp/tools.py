"""Runs inside GIMP: makes pictures whose every place is known, and takes images apart to compare.

Used by the code that tests send through ``inside.py``.  Standard library and gi only.
"""

import array
import contextlib
import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
gi.require_version("Babl", "0.1")
from gi.repository import Babl, Gegl, Gimp  # noqa: E402

RGBA = "R'G'B'A u8"
# GIMP composites in 32-bit float, and the last bits depend on how it cuts its work (measured:
# 2^-24 between two composites of one image).  A step of a mask is 2^-8.
ROUNDING = 2.0**-22


def four_quadrants(width, height):
    """RGBA bytes: four different quadrants, each with its own gradient, so that no shift hides."""
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            right, low = x >= width // 2, y >= height // 2
            red = 40 + 120 * right + (x * 7) % 50
            green = 60 + 100 * low + (y * 5) % 50
            rows += bytes((red, green, (x * 3 + y * 2) % 200, 255))
    return bytes(rows)


def flat_quadrants(width, height):
    """RGBA bytes: four flat quadrants of different colours."""
    top = bytes((200, 40, 30, 255)) * (width // 2) + bytes((30, 180, 60, 255)) * (-width // -2)
    low = bytes((20, 60, 190, 255)) * (width // 2) + bytes((150, 140, 120, 255)) * (-width // -2)
    return top * (height // 2) + low * (-height // -2)


def new_image(width, height, base="RGB", precision="U8_NON_LINEAR"):
    base_type = getattr(Gimp.ImageBaseType, base)
    if base != "INDEXED":
        return Gimp.Image.new_with_precision(
            width, height, base_type, getattr(Gimp.Precision, precision)
        )
    image = Gimp.Image.new(width, height, base_type)
    palette = Gimp.Palette.new("test")
    for number in range(64):
        red, green, blue = (number & 3, number >> 2 & 3, number >> 4 & 3)
        colour = Gegl.Color.new(f"rgb({red / 3:.4f}, {green / 3:.4f}, {blue / 3:.4f})")
        palette.add_entry(str(number), colour)
    image.set_palette(palette)
    palette.delete()
    return image


def add_layer(image, name, width, height, x=0, y=0, kind="RGBA_IMAGE", pixels=None):
    layer = Gimp.Layer.new(
        image, name, width, height, getattr(Gimp.ImageType, kind), 100, Gimp.LayerMode.NORMAL
    )
    image.insert_layer(layer, None, 0)
    layer.set_offsets(x, y)
    write(layer, pixels or four_quadrants(width, height))
    return layer


def own_format(layer):
    """8-bit RGBA in the colours of the layer's own profile."""
    space = Babl.format_get_space(layer.get_format())
    return Babl.get_name(Babl.format_with_space(RGBA, space))


def write(drawable, pixels, form=RGBA):
    width, height = drawable.get_width(), drawable.get_height()
    assert len(pixels) == 4 * width * height
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), form, pixels)
    buffer.flush()
    drawable.update(0, 0, width, height)


def read(drawable, form=RGBA):
    rectangle = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(rectangle, 1.0, form, Gegl.AbyssPolicy.NONE)


def select(image, x, y, width, height):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, x, y, width, height)


def call(name, **arguments):
    """Run a PDB procedure; returns (status name, list of the other values, error text)."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    for key, value in arguments.items():
        key = key.replace("_", "-")
        if isinstance(value, list):
            config.set_core_object_array(key, value)
        else:
            config.set_property(key, value)
    result = procedure.run(config)
    values = [result.index(i) for i in range(result.length())]
    status = Gimp.PDBStatusType(values[0]).value_nick
    return status, values[1:], "" if status == "success" else Gimp.get_pdb().get_last_error()


def fingerprint(image):
    """Everything of an image that a run must not change, in comparable form."""

    def item(layer):
        kids = [item(kid) for kid in layer.get_children()] if layer.is_group() else []
        mask = layer.get_mask()
        return {
            "name": layer.get_name(),
            "offsets": list(layer.get_offsets())[1:],
            "size": [layer.get_width(), layer.get_height()],
            "visible": layer.get_visible(),
            "opacity": layer.get_opacity(),
            "pixels": digest(layer),
            "filters": [each.get_name() for each in layer.get_filters()],
            "mask": digest(mask) if mask else None,
            "children": kids,
        }

    return {
        "layers": [item(layer) for layer in image.get_layers()],
        "channels": [[c.get_name(), digest(c)] for c in image.get_channels()],
        "paths": [path.get_name() for path in image.get_paths()],
        "selection": digest(image.get_selection()),
        "selected": [layer.get_name() for layer in image.get_selected_layers()],
        "selected channels": [each.get_name() for each in image.get_selected_channels()],
        "size": [image.get_width(), image.get_height()],
        "base": image.get_base_type().value_nick,
        "precision": image.get_precision().value_nick,
        "palette": palette_of(image),
        "colours": [
            [round(part, 6) for part in colour.get_rgba()]
            for colour in (Gimp.context_get_foreground(), Gimp.context_get_background())
        ],
    }


def differing(one, other):
    """The keys in which two fingerprints differ."""
    return [key for key in one if one[key] != other[key]]


def palette_of(image):
    """The colours of an indexed image; none of others."""
    if image.get_base_type() != Gimp.ImageBaseType.INDEXED:
        return []
    return [
        [round(part, 6) for part in each.get_rgba()] for each in image.get_palette().get_colors()
    ]


def shown_box(layer):
    """What of the image the layer's mask shows: [left, top, width, height]."""
    mask = layer.get_mask()
    width, height = mask.get_width(), mask.get_height()
    values = mask.get_buffer().get(
        Gegl.Rectangle.new(0, 0, width, height), 1.0, "Y u8", Gegl.AbyssPolicy.NONE
    )
    rows = [row for row in range(height) if any(values[row * width : (row + 1) * width])]
    columns = [column for column in range(width) if any(values[column::width])]
    _, x, y = layer.get_offsets()
    left, top = columns[0], rows[0]
    return [x + left, y + top, columns[-1] - left + 1, rows[-1] - top + 1]


def digest(drawable):
    """SHA-256 of the drawable's pixels, wide enough to lose nothing of 8, 16 bit or float."""
    return hashlib.sha256(read(drawable, "R'G'B'A double")).hexdigest()


def remove(image, drawables, **options):
    """The removal's procedure without a dialog, exact to the selection unless told otherwise."""
    chosen = {"service": "this-computer", "grow": 0, "feather": 0.0}
    chosen.update(options)
    return call(
        "plug-in-object-removal",
        run_mode=Gimp.RunMode.NONINTERACTIVE,
        image=image,
        drawables=drawables,
        **chosen,
    )


def seen(image, below_nothing=None):
    """The composite of the image, 32 bytes a pixel; nothing of it stays in the image.

    GIMP composites in 32-bit float, which cannot hold 32-bit integers: those are seen in 16 bit.
    Nor does it give floats back to the last bit through a layer that shows nothing: with
    ``below_nothing``, a position, they are seen with such a layer there.
    """
    copy = image.duplicate()
    if below_nothing is not None and image.get_base_type() != Gimp.ImageBaseType.INDEXED:
        width, height = image.get_width(), image.get_height()
        grey = image.get_base_type() == Gimp.ImageBaseType.GRAY
        kind = Gimp.ImageType.GRAYA_IMAGE if grey else Gimp.ImageType.RGBA_IMAGE
        nothing = Gimp.Layer.new(
            copy, "nothing", width, height, kind, 100, copy.get_default_new_layer_mode()
        )
        copy.insert_layer(nothing, None, below_nothing)
        nothing.add_mask(nothing.create_mask(Gimp.AddMaskType.BLACK))
    layer = Gimp.Layer.new_from_visible(copy, copy, "seen")
    if image.get_precision().value_nick.startswith("u32"):
        sixteen = array.array("H", read(layer, "R'G'B'A u16"))
        pixels = array.array("d", sixteen).tobytes()
    else:
        pixels = read(layer, "R'G'B'A double")
    layer.delete()
    copy.delete()
    return pixels


def rounding(image):
    """What GIMP's own compositing may differ by from one time to the next; 0 but for floats."""
    kept_in = image.get_precision().value_nick
    return ROUNDING if kept_in.startswith(("half", "float", "double")) else 0.0


def _is_within(rounding, one, other, at):
    values = array.array("d", one[at : at + 32]), array.array("d", other[at : at + 32])
    return all(abs(first - second) <= rounding for first, second in zip(*values, strict=True))


def count_different(one, other, width, box, rounding=0.0):
    """(outside, inside): how many pixels of ``seen`` differ outside and inside the box.

    By a single bit; with ``rounding`` by more than that, or where one has no number.
    """
    left, top, wide, high = box
    counts = [0, 0]
    for at in range(0, len(one), 32):
        if one[at : at + 32] != other[at : at + 32] and not _is_within(rounding, one, other, at):
            row, column = divmod(at // 32, width)
            counts[left <= column < left + wide and top <= row < top + high] += 1
    return counts


def with_alpha(kind):
    """The layer kind of the same base that has an alpha channel."""
    return kind if kind.endswith("A_IMAGE") else kind.replace("_IMAGE", "A_IMAGE")


def show(image):
    """Open the image in GIMP's window and wait until it is there."""
    display = Gimp.Display.new(image)
    Gimp.displays_flush()
    press()  # waits for the window
    return display


def press(*keys):
    """Press keys, such as "ctrl+z", in the image's window."""
    for _ in range(100):
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "GIMP$"], capture_output=True
        )
        if found.stdout.strip():
            break
        time.sleep(0.1)
    window = found.stdout.split()[-1].decode()
    subprocess.run(["xdotool", "windowactivate", "--sync", window], check=True)
    for key in keys:
        subprocess.run(["xdotool", "key", key], check=True)


def undo(image, until, patience_seconds=20):
    """Press Ctrl+Z once and wait until ``until()`` holds; returns whether it does."""
    press("ctrl+z")
    return wait_until(until, patience_seconds)


def wait_until(holds, patience_seconds=20):
    """Wait until ``holds()``; returns whether it does."""
    for _ in range(patience_seconds * 10):
        if holds():
            return True
        time.sleep(0.1)
    return False


COMMANDS = {"worker": "worker", "plug-in": "object-removal.py"}


def kill(victim, signal_file=None, after_s=0.0):
    """Wait for a time, or for a file in the home folder, then kill as kill -9 does."""
    time.sleep(after_s)
    while signal_file and not Path(os.environ["HOME"], signal_file).exists():
        time.sleep(0.005)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            words = (process / "cmdline").read_text(errors="replace").split("\0")
            if any(word.endswith(COMMANDS[victim]) for word in words):
                os.kill(int(process.name), signal.SIGKILL)


def alphas(pixels):
    """The alpha of every pixel of ``seen``."""
    return pixels[24::32] + pixels[30::32] + pixels[31::32]


def write_mask(mask, value):
    """Write ``value(x, y)`` (0..255) into a mask."""
    width, height = mask.get_width(), mask.get_height()
    data = bytes(value(x, y) for y in range(height) for x in range(width))
    buffer = mask.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), "Y u8", data)
    buffer.flush()
    mask.update(0, 0, width, height)
