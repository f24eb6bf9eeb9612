"""How a procedure ends: success, failure and cancel as GIMP wants them.

Runs in GIMP.  Whatever ends a run is raised as one of the two exceptions here.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from gi.repository import Gimp, GLib, GObject

from object_removal.text import N_, _

UNEXPECTED = N_("An unexpected error occurred in Object Removal; nothing was changed.")


class RunFailed(Exception):
    """The run ended without a result; the text is the sentence for people.

    ``code``: the worker's name for what it was, if it came from there.  ``of_service``: whether
    this computer could do it instead.
    """

    def __init__(self, message: str, code: str = "", *, of_service: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.of_service = of_service


class RunCancelled(Exception):
    """The person backed out."""


def answered(
    procedure: Gimp.Procedure, work: Callable[[], Sequence[GObject.Value]]
) -> Gimp.ValueArray:
    """What ``procedure`` returns: the values that ``work`` gives, or why there are none."""
    try:
        results = work()
    except RunCancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except RunFailed as error:
        return failed(procedure, str(error))
    except Exception:  # noqa: BLE001 - the outermost loop: a sentence, whatever this was
        traceback.print_exc()
        return failed(procedure, _(UNEXPECTED))
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    for position, value in enumerate(results, start=1):
        values.remove(position)
        values.insert(position, value)
    return values


def failed(
    procedure: Gimp.Procedure,
    message: str,
    status: Gimp.PDBStatusType = Gimp.PDBStatusType.EXECUTION_ERROR,
) -> Gimp.ValueArray:
    """What a procedure returns that failed; GIMP shows ``message`` to the person."""
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), message, 0)
    return procedure.new_return_values(status, error)
