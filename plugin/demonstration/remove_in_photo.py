"""What ``install.py --try`` runs in a GIMP without windows: one removal, from photo to pictures.

Executed by ``python-fu-eval``.  The environment's TRY_JOB is JSON: ``photo`` (path or null),
``select`` ([x, y, width, height] or null) and ``out`` (the folder for the pictures).  Each step is
printed as a line "@step ..."; the end is "@done" or "@failed ...", since a failed batch exits 0.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

SILENT = Gimp.RunMode.NONINTERACTIVE
SHOWN_HEIGHT_PX = 900
BAND = 0.09  # of the height, for the words above the two pictures


class TryError(Exception):
    """Why nothing was shown; the text is for people."""


def step(text: str) -> None:
    """Tell ``install.py`` what is going on."""
    print(f"@step {text}", flush=True)


def run(name: str, **arguments: Any) -> Gimp.ValueArray:
    """Run a procedure by name; TryError where it does not succeed."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    if procedure is None:
        raise TryError(f"GIMP does not know the procedure {name}; see its messages above.")
    config = procedure.create_config()
    for key, value in arguments.items():
        if isinstance(value, list):
            config.set_core_object_array(key.replace("_", "-"), value)
        else:
            config.set_property(key.replace("_", "-"), value)
    result = procedure.run(config)
    if result.index(0) != Gimp.PDBStatusType.SUCCESS:
        reason = result.index(1) if result.length() > 1 else Gimp.get_pdb().get_last_error()
        raise TryError(str(reason))
    return result


def load(path: str | Path) -> Gimp.Image:
    """Open a picture."""
    image = Gimp.file_load(SILENT, Gio.File.new_for_path(str(path)))
    if image is None:
        raise TryError(f"GIMP cannot open {Path(path).name} as a picture.")
    return image


def open_photo(path: str | None) -> Gimp.Image:
    """Open the photo, or a picture and an object that every GIMP 3 carries."""
    if path is not None:
        return load(path)
    return load(Path(Gimp.data_directory(), "images", "gimp-splash.png"))


def select_object(image: Gimp.Image, box: list[int] | None) -> None:
    """Select the box; else what is selected already, or an object put there for it."""
    if box is not None:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    elif Gimp.Selection.is_empty(image):
        step("Putting an object into the picture")
        stamp_object(image)
    if Gimp.Selection.is_empty(image):
        raise TryError("The selection lies wholly outside the picture.")


def stamp_object(image: Gimp.Image) -> None:
    """Put GIMP's mascot into the picture, part of its only layer, and select where it is."""
    brush = load(Path(Gimp.data_directory(), "brushes", "Fun", "Wilber.gih"))
    photo = image.flatten()
    if photo.is_gray() or photo.is_indexed():
        image.convert_rgb()
    mascot = Gimp.Layer.new_from_drawable(brush.get_layers()[0], image)
    brush.delete()
    image.insert_layer(mascot, None, 0)
    height = image.get_height() * 24 // 100
    width = mascot.get_width() * height // mascot.get_height()
    mascot.scale(width, height, False)
    mascot.set_offsets((image.get_width() - width) * 30 // 100, image.get_height() * 47 // 100)
    select_whatever_shows(image, mascot)
    image.merge_down(mascot, Gimp.MergeType.CLIP_TO_BOTTOM_LAYER)


def select_whatever_shows(image: Gimp.Image, layer: Gimp.Layer) -> None:
    """Select all of a layer that is not wholly transparent, its faint shadow as well."""
    image.select_item(Gimp.ChannelOps.REPLACE, layer)
    channel = Gimp.Selection.save(image)
    channel.levels(Gimp.HistogramChannel.VALUE, 0.0, 0.02, True, 1.0, 0.0, 1.0, True)
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    image.remove_channel(channel)


def flat_copy(image: Gimp.Image) -> Gimp.Image:
    """The image as it looks, as an image of one layer."""
    copy = image.duplicate()
    Gimp.Selection.none(copy)
    copy.flatten()
    return copy


def save_png(image: Gimp.Image, path: Path) -> None:
    """Save what the image looks like."""
    # Level 9, GIMP's own choice, takes 38 s for a photograph of 13 megapixels.
    run(
        "file-png-export",
        run_mode=SILENT,
        image=image,
        file=Gio.File.new_for_path(str(path)),
        compression=3,
    )


def side_by_side(before: Gimp.Image, after: Gimp.Image, path: Path) -> None:
    """Write one picture with both, small enough to look at, under the words Before and After."""
    scale = min(1.0, SHOWN_HEIGHT_PX / before.get_height())
    width, height = round(before.get_width() * scale), round(before.get_height() * scale)
    band, gap = round(height * BAND), round(height * BAND / 4)
    both = Gimp.Image.new(2 * width + 3 * gap, height + band + gap, Gimp.ImageBaseType.RGB)
    paper = Gimp.Layer.new(
        both,
        "paper",
        both.get_width(),
        both.get_height(),
        Gimp.ImageType.RGB_IMAGE,
        100,
        Gimp.LayerMode.NORMAL,
    )
    both.insert_layer(paper, None, 0)
    paper.fill(Gimp.FillType.WHITE)
    Gimp.context_set_foreground(Gegl.Color.new("black"))
    font = Gimp.context_get_font()
    for image, word, left in ((before, "Before", gap), (after, "After", width + 2 * gap)):
        picture = Gimp.Layer.new_from_drawable(image.get_layers()[0], both)
        both.insert_layer(picture, None, 0)
        picture.scale(width, height, False)
        picture.set_offsets(left, band)
        text = Gimp.TextLayer.new(both, word, font, band * 0.6, Gimp.Unit.pixel())
        both.insert_layer(text, None, 0)
        text.set_offsets(left, band // 8)
    both.flatten()
    save_png(both, path)
    both.delete()


def main() -> None:
    """Do what the environment's job says."""
    Gegl.init(None)
    job = json.loads(os.environ["TRY_JOB"])
    out = job["out"]
    step("Opening the photo")
    image = open_photo(job["photo"])
    select_object(image, job["select"])
    before = flat_copy(image)
    save_png(before, Path(out, "before.png"))
    step("Removing the object")
    run(
        "plug-in-object-removal",
        run_mode=SILENT,
        image=image,
        drawables=image.get_selected_layers(),
        service="this-computer",
        sample="layer",
        extent="auto",
    )
    step("Saving the pictures")
    after = flat_copy(image)
    save_png(after, Path(out, "after.png"))
    side_by_side(before, after, Path(out, "before-after.png"))
    xcf = Gio.File.new_for_path(str(Path(out, "result.xcf")))
    if not Gimp.file_save(SILENT, image, xcf, None):
        raise TryError("GIMP could not save result.xcf.")


try:
    main()
except TryError as error:
    print(f"@failed {error}", flush=True)
except Exception as error:  # noqa: BLE001 - the outermost: install.py shows it
    import traceback

    traceback.print_exc()
    print(f"@failed {type(error).__name__}: {error}", flush=True)
else:
    print("@done", flush=True)
