"""Runs inside GIMP's screen: keys, clicks, windows, pictures of the screen, and a heartbeat.

Used by the code that tests send through ``inside.py``.  Standard library only.
"""

import contextlib
import ctypes
import json
import subprocess
import threading
import time
from pathlib import Path

PATIENCE_S = 40


def xdotool(*arguments, check=True):
    return subprocess.run(
        ["xdotool", *map(str, arguments)], capture_output=True, text=True, check=check
    ).stdout


def titles():
    """The titles of the windows that a person sees, the image's own left out."""
    found = xdotool("search", "--onlyvisible", "--name", ".", check=False).split()
    names = {xdotool("getwindowname", window, check=False).strip() for window in found}
    ours = {"", "Openbox", "GNU Image Manipulation Program", "gimp"}
    return sorted(name for name in names if name not in ours and not name.endswith("GIMP"))


def wait_for(title, patience_s=PATIENCE_S):
    """Wait until a window of exactly this title is there and has the keyboard; returns its id."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        found = xdotool("search", "--onlyvisible", "--name", f"^{title}$", check=False).split()
        if found:
            xdotool("windowactivate", "--sync", found[-1])
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(f"no window “{title}”, only {titles()}")


def wait_gone(title, patience_s=PATIENCE_S):
    until = time.monotonic() + patience_s
    while xdotool("search", "--onlyvisible", "--name", f"^{title}$", check=False).split():
        if time.monotonic() > until:
            raise AssertionError(f"the window “{title}” stays")
        time.sleep(0.05)


def press_until_gone(title, key, patience_s=PATIENCE_S):
    """Press ``key`` in the window of this title, again where it does nothing yet, until it goes."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        wait_for(title)
        press(key)
        with contextlib.suppress(AssertionError):
            wait_gone(title, patience_s=2)
            return
    raise AssertionError(f"the window “{title}” stays")


def close_all(patience_s=PATIENCE_S):
    """Press Escape in every dialog until there is none."""
    until = time.monotonic() + patience_s
    while left := titles():
        if time.monotonic() > until:
            raise AssertionError(f"{left} do not close")
        for title in left:
            xdotool("search", "--name", f"^{title}$", "windowactivate", check=False)
            time.sleep(0.2)
            press("Escape")


def wait_for_plug_in_to_end(patience_s=PATIENCE_S):
    """Wait until no run is left, so that none reaches into the next test."""
    until = time.monotonic() + patience_s
    while subprocess.run(["pgrep", "-f", "object-removal[.]py -gimp"]).returncode == 0:
        if time.monotonic() > until:
            raise AssertionError("a run of the plug-in does not end")
        time.sleep(0.1)


def press(*keys):
    """Press keys in whatever window has the keyboard."""
    for key in keys:
        xdotool("key", key)
        time.sleep(0.15)


def type_text(text):
    xdotool("type", "--delay", 20, text)


def click(x, y):
    xdotool("mousemove", x, y, "click", 1)


def shoot(path, window="root"):
    """Write a PNG of the whole screen, or of one window without its frame."""
    subprocess.run(["import", "-window", window, path], check=True)


def wait_still(path, patience_s=PATIENCE_S):
    """Wait until the screen has not changed for a second (a caret may blink); shoot it."""
    before = Path(path + ".before")
    until = time.monotonic() + patience_s
    shoot(path)
    while time.monotonic() < until:
        Path(path).replace(before)
        time.sleep(1)
        shoot(path)
        if _differs_little(before, path):
            return
    raise AssertionError("the screen never rests")


def _differs_little(before, path):
    compared = subprocess.run(
        ["compare", "-metric", "AE", before, path, "null:"], capture_output=True, text=True
    )
    # A blinking caret or a marching selection is no change of what is shown.
    return float(compared.stderr.split()[0]) < 4000


class _ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 12),
    ]


class Heartbeat:
    """Asks a window's main loop again and again whether it is alive, as window managers do.

    ``_NET_WM_PING`` is answered by the main loop itself, so the longest answer is the longest
    time for which that window was frozen.
    """

    CLIENT_MESSAGE, STRUCTURE, SUBSTRUCTURE = 33, 1 << 17, 1 << 19

    def __init__(self, window):
        self._window = int(window)
        self._stop = threading.Event()
        self.answers_s = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        """End it; returns (longest answer in seconds, number of answers)."""
        self._stop.set()
        self._thread.join()
        return max(self.answers_s), len(self.answers_s)

    def _run(self):
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(None))
        root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
        # The answer is the same message, sent to the root window.
        x11.XSelectInput(display, root, ctypes.c_long(self.SUBSTRUCTURE))
        protocols, ping = (
            x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"_NET_WM_PING")
        )
        number = 0
        while not self._stop.is_set():
            number += 1
            event = _ClientMessage(
                self.CLIENT_MESSAGE, 0, 1, display, self._window, protocols, 32,
                (ctypes.c_long * 5)(ping, number, self._window, 0, 0),
            )  # fmt: skip
            asked = time.monotonic()
            x11.XSendEvent(display, ctypes.c_ulong(self._window), 0, 0, ctypes.byref(event))
            x11.XFlush(display)
            if not self._await(x11, display, ping, number, asked):
                return
            self.answers_s.append(time.monotonic() - asked)
            time.sleep(0.01)
        x11.XCloseDisplay(display)

    def _await(self, x11, display, ping, number, asked):
        event = _ClientMessage()
        while time.monotonic() < asked + 30:
            while x11.XPending(display):
                x11.XNextEvent(display, ctypes.byref(event))
                answered = event.type == self.CLIENT_MESSAGE and event.data[0] == ping
                if answered and event.data[1] == number:
                    return True
            time.sleep(0.001)
        self.answers_s.append(float("inf"))
        return False


def geometry(window):
    """(x, y, width, height) of a window on the screen."""
    lines = xdotool("getwindowgeometry", "--shell", window).split()
    values = dict(line.split("=") for line in lines)
    return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))


def image_window():
    """The window that the image is in; waits while its title is being written anew."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = xdotool("search", "--onlyvisible", "--name", "GIMP$", check=False).split()
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError("no window of an image")


class Strip:
    """A part of the screen that is read quickly enough to see when it changes."""

    ALL_PLANES, Z_PIXMAP = ctypes.c_ulong(-1), 2

    def __init__(self, x, y, width, height):
        self._x11 = ctypes.CDLL("libX11.so.6")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x11.XGetImage.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(None))
        self._root = ctypes.c_ulong(self._x11.XDefaultRootWindow(self._display))
        self._box = (x, y, width, height)

    def read(self):
        """Its pixels, 4 bytes each."""
        x, y, width, height = self._box
        image = self._x11.XGetImage(
            self._display, self._root, x, y, width, height, self.ALL_PLANES, self.Z_PIXMAP
        )
        # XImage begins with four ints; then comes the pointer to the pixels.
        pixels = ctypes.c_void_p.from_address(image + 16).value
        data = ctypes.string_at(pixels, 4 * width * height)
        self._x11.XDestroyImage(ctypes.c_void_p(image))
        return data

    def seconds_until_change(self, before, patience_s=PATIENCE_S):
        """How long it takes until it no longer shows ``before``."""
        began = time.monotonic()
        while self.read() == before:
            if time.monotonic() > began + patience_s:
                return float("inf")
            time.sleep(0.002)
        return time.monotonic() - began


def run_and_measure(key, until, patience_s=120):
    """Press ``key`` and measure until ``until()``: what a person at the screen notices.

    Returns the seconds to the first visible progress, the longest freeze of the image's window
    in seconds, the number of heartbeats, and the seconds of the whole.
    """
    window = image_window()
    x, y, width, height = geometry(window)
    # The right part of the status bar, where GIMP shows progress with its Cancel.
    strip = Strip(x + width * 2 // 5, y + height - 35, width // 5, 30)
    before = strip.read()
    heart = Heartbeat(window)
    began = time.monotonic()
    xdotool("key", key)
    first_s = strip.seconds_until_change(before)
    while not until() and time.monotonic() < began + patience_s:
        time.sleep(0.2)
    whole_s = time.monotonic() - began
    longest_s, beats = heart.stop()
    return {"first": first_s, "freeze": longest_s, "beats": beats, "whole": whole_s}


def accessible(title):
    """What a screen reader is told of a window; see ``accessible.py``."""
    command = ["/usr/bin/python3", str(Path(__file__).with_name("accessible.py")), title]
    told = subprocess.run(command, capture_output=True, text=True)
    if told.returncode:
        raise AssertionError(told.stderr)
    return json.loads(told.stdout)


seen = {}


def shoot_and_leave(before, paths, keys):
    """Wait for a window whose title is not among ``before``, shoot each page of it, press Escape.

    Runs on a thread of its own while GIMP's Python waits for that very window; fills ``seen``.
    """
    seen.clear()
    until = time.monotonic() + PATIENCE_S
    new = set()
    while not new and time.monotonic() < until:
        time.sleep(0.2)
        new = set(titles()) - before
    title = new.pop()
    window = wait_for(title)
    for path, key in zip(paths, keys, strict=True):
        wait_still(path)
        press(key)
    seen["box"] = geometry(window)
    seen["widgets"] = accessible(title)
    press("Escape")
