"""What the service allows and what its numbers mean: constants with their source.

[doc] is the service's own documentation, [seen] what other clients report of it.  Nothing here
measures a picture; whoever plans or sends one compares with these numbers.
"""

from __future__ import annotations

from typing import Final

from gimp_bridge.language import N_

INTERNATIONAL: Final = "https://techhk.aoscdn.com"
"""The host outside mainland China [seen]."""

MAINLAND: Final = "https://techsz.aoscdn.com"
"""The host inside mainland China [seen]."""

TASKS_PATH: Final = "/api/tasks/visual/inpaint"
"""Path of the create request; a query appends ``/{task_id}`` [doc]."""

ACCOUNT_PAGE: Final = "https://picwish.com/my-account?subRoute=api-key"
"""Where a person sees the credit left; no endpoint tells it."""

API_PAGE: Final = "https://picwish.com/new-remove-objects-api-doc"
"""The documentation, with the guidelines for those who use the service."""

MAX_SIDE_PX: Final = 4096
"""Longest width or height of the image [doc]."""

MAX_UPLOAD_BYTES: Final = 20_000_000
"""Largest image file.  The documentation says "20 MB"; read as the smaller of two readings."""

MAX_AREA_SHARE: Final = 0.5
"""Largest part of the image that may be removed [doc]."""

MAX_RECTANGLES: Final = 50
"""Most rectangles in one task [doc]."""

MAX_URL_LETTERS: Final = 512
"""Longest address of a picture, as it is sent [doc of the sibling endpoints]."""

REQUESTS_PER_SECOND: Final = 2.0
"""Default rate per key, creates and polls together; above it the answer is HTTP 429 [doc]."""

RESULT_LIFE_S: Final = 3600.0
"""Task, result and its address live this long after submission [doc]."""

TASK_CUT_S: Final = 30.0
"""The service ends a task that takes longer [doc]; most take 1 - 2 s."""

DONE: Final = 1
"""``data.state`` of a task whose result is ready [doc]."""

QUEUED: Final = 0
"""``data.state`` of a task that waits because there are too many [doc]."""

FAILURES: Final[dict[int, str]] = {
    -1: N_("the service could not process the picture"),
    -2: N_("the service could not store its result"),
    -3: N_("the service could not download the picture from its address"),
    -5: N_("the picture is too large for the service"),
    -7: N_("the service could not read the picture"),
    -8: N_("the service ran out of time (it stops a task after 30 seconds)"),
    -9: N_("the service had an internal failure"),
    -10: N_("the service's review found prohibited content in the picture"),
    -11: N_("the service found nothing to return"),
    -13: N_("the service cancelled the task because of an internal problem"),
    -14: N_("the service does not accept the content of this picture"),
    -15: N_("the service is out of resources"),
    -16: N_("an outside review found prohibited content in the picture"),
    -17: N_("the service calls the request's prompt invalid"),
}
"""Negative ``data.state`` in words [doc]; any other negative number is a failure too."""

WORTH_ANOTHER_TRY: Final = frozenset({-2, -8, -9, -13, -15})
"""Failures that a new task may not meet again [doc]; failed tasks are not billed [doc]."""

ANSWER_BYTES: Final = 1 << 18
"""An answer without a picture is at most this long; real ones have some hundred bytes [ours]."""
