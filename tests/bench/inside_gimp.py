"""Runs inside GIMP: our removal and the baseline's, each timed from the call to the layer shown.

The baseline is what a plug-in does that hands whole pictures over: duplicate, merge what is
visible, export it and a mask of its size as PNG through GIMP, POST both, poll for the result,
load it as a layer.  Standard library and gi only.
"""

import json
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

TASKS = "/api/tasks/visual/inpaint"


DISPLAYS = []


def open_image(path):
    """The picture in a window, as a person has it."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    DISPLAYS.append(Gimp.Display.new(image))
    Gimp.displays_flush()
    return image.get_id()


def close_image():
    """The picture and its window go."""
    DISPLAYS.pop().delete()


def select(image, x, y, width, height):
    Gimp.context_set_antialias(True)
    Gimp.context_set_feather(False)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, x, y, width, height)
    Gimp.displays_flush()


def clean(image):
    """As it was before: the first layer alone, and no undo steps."""
    for layer in image.get_layers()[:-1]:
        image.remove_layer(layer)
    image.undo_disable()
    image.undo_enable()
    Gimp.displays_flush()


def ours(image, **options):
    """The removal's procedure; returns (epoch of call, of end, the layer's size)."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-object-removal")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_layers()[:1])
    for name, value in options.items():
        config.set_property(name, value)
    began_at = time.time()
    values = procedure.run(config)
    ended_at = time.time()
    if Gimp.PDBStatusType(values.index(0)) != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(Gimp.get_pdb().get_last_error())
    layer = values.index(1)
    return began_at, ended_at, [layer.get_width(), layer.get_height()]


def insert_alone(image, width, height):
    """GIMP's own part of it: an empty layer of that size inserted as ours is; returns seconds."""
    chosen = image.get_selected_layers()
    layer = Gimp.Layer.new(
        image, "alone", width, height, Gimp.ImageType.RGBA_IMAGE, 100.0, Gimp.LayerMode.NORMAL
    )
    layer.set_offsets((image.get_width() - width) // 2, (image.get_height() - height) // 2)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.WHITE))
    layer.set_edit_mask(False)
    began = time.monotonic()
    image.insert_layer(layer, None, 0)
    image.set_selected_layers(chosen)
    layer.set_edit_mask(True)
    Gimp.displays_flush()
    image.get_width()  # answered after what GIMP is drawing now
    return time.monotonic() - began


def press_ok(image):
    """Press Return in the dialog that is open; returns (epoch of it, of the layer shown)."""
    began_at = time.time()
    subprocess.run(["xdotool", "key", "Return"], check=True)
    while len(image.get_layers()) < 2:
        time.sleep(0.005)
    Gimp.displays_flush()
    image.get_width()  # answered after what GIMP is drawing now
    return began_at, time.time()


def baseline(image, address):
    """The removal as others do it; returns (began, ended, seconds of each stage)."""
    clock = _Stages()
    picture, mask = "/tmp/picture.png", "/tmp/mask.png"
    copy = image.duplicate()
    copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    clock.lap("merge")
    _export(copy, picture)
    copy.delete()
    clock.lap("export picture")
    _export_mask(image, mask)
    clock.lap("export mask")
    task = _post(address, picture, mask)
    clock.lap("upload")
    _download(address, task, picture)
    clock.lap("download")
    layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(picture))
    image.insert_layer(layer, None, 0)
    Gimp.displays_flush()
    clock.lap("load")
    for path in (picture, mask):
        Path(path).unlink()
    return clock.began_at, clock.last_at, clock.seconds


class _Stages:
    def __init__(self):
        self.began_at = self.last_at = time.time()
        self.seconds = {}

    def lap(self, name):
        now = time.time()
        self.seconds[name] = now - self.last_at
        self.last_at = now


def _export(image, path):
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)


def _export_mask(image, path):
    copy = image.duplicate()
    layer = Gimp.Layer.new(
        copy, "mask", copy.get_width(), copy.get_height(),
        Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL,
    )  # fmt: skip
    copy.insert_layer(layer, None, 0)
    Gimp.context_push()
    Gimp.context_set_foreground(Gegl.Color.new("white"))
    Gimp.context_set_background(Gegl.Color.new("black"))
    layer.fill(Gimp.FillType.BACKGROUND)
    layer.edit_fill(Gimp.FillType.FOREGROUND)
    Gimp.context_pop()
    copy.flatten()
    _export(copy, path)
    copy.delete()


def _post(address, picture, mask):
    boundary = uuid.uuid4().hex
    parts = [_field(boundary, "sync", b"0"), _field(boundary, "return_type", b"1")]
    for name, path in (("image_file", picture), ("mask_file", mask)):
        file = Path(path).read_bytes()
        parts.append(_field(boundary, name, file, f'; filename="{name}.png"'))
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    kind = f"multipart/form-data; boundary={boundary}"
    request = urllib.request.Request(address + TASKS, body, {"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def _field(boundary, name, value, more=""):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _download(address, task, path):
    while task.get("state") != 1:
        time.sleep(1)
        with urllib.request.urlopen(f"{address}{TASKS}/{task['task_id']}") as answer:
            task = json.load(answer)["data"]
    with urllib.request.urlopen(task["image"]) as answer:
        Path(path).write_bytes(answer.read())
