"""Runs inside a private root: what a screen reader is told of a window.

Its title's end is on the command line.

Prints a JSON list of the widgets, each with its role, name, mnemonic, states and the notebook page
it is on.  Needs the accessibility bus: the session must be started with ``TEST_NO_AT_BRIDGE=0``.
"""

import json
import sys
import time

import pyatspi

PATIENCE_S = 20


def window(title):
    """The first window whose title ends so, of whatever program."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for program in pyatspi.Registry.getDesktop(0):
            for each in program or ():
                if each and each.name.endswith(title):
                    return each
        time.sleep(0.2)
    raise SystemExit(f"no window “{title}”")


def mnemonic(widget):
    """The letter that Alt takes to the widget, "" where there is none."""
    try:
        keys = widget.queryAction().getKeyBinding(0)
    except (NotImplementedError, LookupError):
        keys = ""
    for relation in widget.getRelationSet():
        # An entry or a list has its mnemonic on the label beside it.
        if relation.getRelationType() == pyatspi.RELATION_LABELLED_BY and not keys:
            keys = "".join(mnemonic(relation.getTarget(0)))
    return keys.rpartition("<Alt>")[2][:1] if "<Alt>" in keys else ""


def text_of(widget):
    try:
        text = widget.queryText()
    except NotImplementedError:
        return ""
    return text.getText(0, -1)


def walk(widget, page=""):
    """The widget and all in it."""
    role = widget.getRoleName()
    if role == "page tab":
        page = widget.name
    states = widget.getState()
    yield {
        "role": role,
        "name": widget.name,
        "mnemonic": mnemonic(widget),
        "focusable": states.contains(pyatspi.STATE_FOCUSABLE),
        "focused": states.contains(pyatspi.STATE_FOCUSED),
        "sensitive": states.contains(pyatspi.STATE_SENSITIVE),
        "showing": states.contains(pyatspi.STATE_SHOWING),
        "text": text_of(widget),
        "page": page,
    }
    for child in widget:
        if child is not None:
            yield from walk(child, page)


print(json.dumps(list(walk(window(sys.argv[1])))))
