"""A person with many open images, and a service that knows each of them by its pixels.

Every picture carries its own number in its upper left quadrant, so that the service can hold or
refuse the task of a certain image, however the uploads overtake each other.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

import flask
import numpy as np
from PIL import Image

from tests.gimp.session import HOME
from tests.gui.person import BATCH, Person
from tests.service_peer import local_service, place_fill

REPORT = "report.txt"

# Layers of different sizes off the corner; in each another rectangle is selected.
COMMON = """
def size_of(n): return 640 + 20 * n, 520
def box_of(n): return 200 + 10 * n, 150 + n, 16, 12
"""
OPEN = (
    COMMON
    + """
import windows
numbers = []
for n in range(count):
    image = tools.new_image(*size_of(n))
    pixels = tools.flat_quadrants(*size_of(n)).replace(
        bytes((200, 40, 30, 255)), bytes((200, 40, n, 255)))
    tools.add_layer(image, "photo", *size_of(n), 5, 3, pixels=pixels)
    tools.select(image, *box_of(n))
    image.clean_all()
    numbers.append(image.get_id())
for n in shown:
    tools.show(Gimp.Image.get_by_id(numbers[n]))
windows.xdotool("mousemove", 3, 890)
result = [numbers, [tools.fingerprint(Gimp.Image.get_by_id(number)) for number in numbers]]
"""
)
STATES = (
    COMMON
    + """
def state(n, number):
    "What is seen of one image: gone, untouched, repaired exactly, or wrong."
    image = Gimp.Image.get_by_id(number)
    if image is None or not image.is_valid():
        return "gone"
    if tools.fingerprint(image) == before[n]:
        return "untouched"
    layers = image.get_layers()
    _, left, top = layers[0].get_offsets()
    wide, high = layers[0].get_width(), layers[0].get_height()
    x, y, across, down = box_of(n)
    x, y = x - left, y - top
    mask = tools.read(layers[0].get_mask(), "Y u8")
    rows = [mask[wide * row:wide * row + wide] for row in range(high)]
    inside = b"".join(row[x:x + across] for row in rows[y:y + down])
    # Grown by 4 px and feathered over 2 px more: nothing further out than 8 px.
    near = b"".join(row[x - 8:x + across + 8] for row in rows[y - 8:y + down + 8])
    exact = set(inside) == {255} and sum(near) == sum(mask)
    at = wide * y + x
    place = list(tools.read(layers[0])[4 * at:4 * at + 3])
    rest = tools.fingerprint(image)
    rest["layers"].pop(0)
    right = exact and len(layers) == 2 and rest == before[n] and place == [x, y, 77]
    return "repaired" if right else "wrong"

result = [state(n, number) for n, number in enumerate(numbers)]
"""
)


class Service:
    """The local server: counts creates and tasks done for each image, holds and refuses them."""

    def __init__(self) -> None:
        self.creates: Counter[int] = Counter()
        self.filled: Counter[int] = Counter()
        self.refusals: dict[int, Callable[[int], object]] = {}
        self.held: dict[int, threading.Event] = {}
        self.waiting: set[int] = set()
        self._lock = threading.Lock()

    def observe(self, request):
        if request.method == "GET":
            number = int(request.path.rpartition("-")[2]) if "/prohibited-" in request.path else -1
            return prohibited(number) if number >= 0 else None
        number = number_in(np.asarray(Image.open(flask.request.files["image_file"].stream)))
        flask.request.files["image_file"].stream.seek(0)
        with self._lock:
            self.creates[number] += 1
        return self.refusals[number](number) if number in self.refusals else None

    def fill(self, image, mask, **options):
        number = number_in(image)
        with self._lock:
            self.waiting.add(number)
        if number in self.held:
            self.held[number].wait(60)
        with self._lock:
            self.waiting.discard(number)
            self.filled[number] += 1
        return place_fill(image, mask, **options)


class Many:
    """The images that a person has open, by their place in the order of opening."""

    def __init__(self, person: Person, count: int, shown: tuple[int, ...] = (0,)) -> None:
        self._person = person
        self.numbers, self._before = person.gimp.run(OPEN, count=count, shown=shown)
        self.names = [f"[Untitled]-{number}" for number in self.numbers]

    def states(self) -> list[str]:
        return self._person.gimp.run(STATES, numbers=self.numbers, before=self._before)

    def delete(self) -> None:
        code = "for n in numbers:\n    i = Gimp.Image.get_by_id(n)\n    i and i.delete()"
        self._person.gimp.run(code, numbers=self.numbers)


@contextmanager
def batch_service():
    service = Service()
    options = {"task_seconds": 0.2, "workers": 8}
    with local_service(service.observe, fill=service.fill, **options) as address:
        service.address = address
        yield service


def agree(person: Person, per_second: float = 4) -> None:
    """A key, consent, no options of an earlier run, and a pace at which eight are under way."""
    person.forget_everything()
    host = person.keep_key()
    settings = {"consents": [host], "per_second": per_second}
    person.config("settings.json").write_text(json.dumps(settings))


def open_dialog(person: Person) -> None:
    person.menu("a")
    person.wait_for(BATCH)


def save_report(person: Person) -> str:
    """Save the report by the dialog's button, and return what is in the file."""
    file = person.gimp.home / REPORT
    file.unlink(missing_ok=True)
    person.wait_for(BATCH)
    person.press("alt+s")
    person.wait_for("Save Report")
    person.press("ctrl+a")
    person.type_text(f"{HOME}/{REPORT}")
    person.press("Return")
    person.wait_gone("Save Report")
    person.wait_until(file.exists)
    return file.read_text(encoding="utf-8")


def close_dialog(person: Person) -> None:
    """Press Close, which cannot be pressed before the run has ended."""
    person.do("windows.press_until_gone(title, 'alt+c')", title=BATCH)


def number_in(pixels: np.ndarray) -> int:
    """Which image the window was cut from, by its upper left quadrant."""
    return int(pixels[0, 0, 2])


def answer(status, body=""):
    return body, status, {"Content-Type": "application/json"}


def prohibited(number):
    data = {"task_id": f"prohibited-{number}", "state": -10, "progress": 100}
    return answer(200, json.dumps({"status": 200, "data": data}))


WAYS = (
    lambda number: answer(500),  # it may have been billed
    lambda number: answer(400, json.dumps({"status": 400, "message": "bad picture"})),
    lambda number: answer(
        200, json.dumps({"status": 200, "data": {"task_id": f"prohibited-{number}"}})
    ),
    lambda number: answer(200, "<html>a proxy's page</html>"),
    lambda number: answer(413),
)
"""The ways in which a task fails."""
