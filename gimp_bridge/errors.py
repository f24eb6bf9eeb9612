"""The error tree: every way a removal can end other than with a layer.

Each error carries one sentence for people (what happened, what to do) as its text, a stable
``code`` that crosses the pipe, ``retryable`` (trying again unchanged may help) and, where a task
exists at the service, its ``task_id`` to quote to support.  No text may ever hold the key.

    RemovalError
    ├── InputError                  the picture or the selection; nothing was sent
    │   ├── NoSelection
    │   ├── SelectionOutside        the selection does not touch the layer
    │   ├── WindowTooLarge          over the service's 4096 px or 20 MB
    │   ├── AreaTooLarge            too much of what would be used: the service's limit is 50 %
    │   └── NothingToRecover        no paid result waits for this image: to be told, no failure
    ├── SettingsError               key, address or installation; nothing was sent
    │   ├── KeyMissing
    │   ├── KeyStoreSilent          a key is kept, and the key store does not give it out
    │   ├── AddressRefused          plain http to a host that is not this machine
    │   └── InstallError            set-up: what failed and the command that mends it
    ├── ServiceError                the service, or the way to it
    │   ├── NotReached              certainly not sent: safe to repeat
    │   ├── MaybeSent               the answer to a POST was lost: it may have been billed
    │   ├── KeyRefused              HTTP 401
    │   ├── RequestRefused          HTTP 400, 404, 413 and other 4xx
    │   │   └── NoCredit            HTTP 402, or a refusal that says so: the account is empty
    │   ├── TooManyRequests         HTTP 429 beyond patience
    │   ├── ServiceFault            HTTP 5xx
    │   ├── TaskFailed              data.state < 0 (not billed)
    │   ├── TaskUnfinished          our deadline passed; the task may still finish
    │   ├── ResultGone              the service does not know the task or its result (any more)
    │   ├── BadAnswer               not what the interface promises
    │   └── NotARepair              a picture, and certainly not the one sent without the object
    ├── EngineError                 the embedded engine could not fill the hole
    ├── WireError                   the pipe between plug-in and worker
    ├── DocumentRefused             GIMP could not do what was asked: the image was closed, …
    │   └── EditedMeanwhile         the picture was turned, scaled, painted on … during the run
    └── Cancelled                   the person asked for it; not a failure
"""

from __future__ import annotations


class RemovalError(Exception):
    """Base of all errors of this package; ``str(error)`` is the sentence for people."""

    code = "error"
    retryable = False

    def __init__(
        self, message: str, *, retryable: bool | None = None, task_id: str | None = None
    ) -> None:
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable
        self.task_id = task_id


class InputError(RemovalError):
    """The picture or the selection does not allow a removal; nothing was sent."""

    code = "input"


class NoSelection(InputError):
    """Nothing is selected."""

    code = "no-selection"


class SelectionOutside(InputError):
    """The selection does not touch the layer."""

    code = "selection-outside"


class WindowTooLarge(InputError):
    """What would be sent exceeds the service's limit in pixels or bytes."""

    code = "window-too-large"


class AreaTooLarge(InputError):
    """The area to remove exceeds the share that may be removed at once."""

    code = "area-too-large"


class NothingToRecover(InputError):
    """Every result paid for has arrived, or belongs to another image."""

    code = "nothing-to-recover"


class SettingsError(RemovalError):
    """Something about the installation or the settings; nothing was sent."""

    code = "settings"


class KeyMissing(SettingsError):
    """A service that needs a key was asked for, and there is none."""

    code = "key-missing"


class KeyStoreSilent(SettingsError):
    """The system's key store, which keeps the key, failed or did not answer in time."""

    code = "key-store"
    retryable = True


class AddressRefused(SettingsError):
    """The service's address is not one a key may be sent to."""

    code = "address-refused"


class InstallError(SettingsError):
    """Setting up, repairing or removing the installation failed; may have several lines."""

    code = "install"


class ServiceError(RemovalError):
    """The service refused or failed, or the way to it did."""

    code = "service"


class NotReached(ServiceError):
    """The request certainly did not reach the service, so nothing was billed."""

    code = "not-reached"
    retryable = True


class MaybeSent(ServiceError):
    """The answer to a POST was lost: the task may exist and may have been billed."""

    code = "maybe-sent"


class KeyRefused(ServiceError):
    """HTTP 401: the key is wrong or the service is not enabled for it."""

    code = "key-refused"


class RequestRefused(ServiceError):
    """HTTP 4xx other than 401 and 429: the service will not take this request."""

    code = "request-refused"


class NoCredit(RequestRefused):
    """HTTP 402, or a refusal that says so: the account has no credit left."""

    code = "no-credit"


class TooManyRequests(ServiceError):
    """HTTP 429 for longer than we are ready to wait."""

    code = "too-many-requests"
    retryable = True


class ServiceFault(ServiceError):
    """HTTP 5xx: a fault on the service's side."""

    code = "service-fault"
    retryable = True


class TaskFailed(ServiceError):
    """The task ended with a negative state; failed tasks are not billed."""

    code = "task-failed"

    def __init__(
        self,
        message: str,
        *,
        state: int,
        retryable: bool | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable, task_id=task_id)
        self.state = state


class TaskUnfinished(ServiceError):
    """Our deadline passed while the task was still running; it may yet finish."""

    code = "task-unfinished"


class ResultGone(ServiceError):
    """The service does not know the task, or its store the result; after an hour for good."""

    code = "result-gone"


class BadAnswer(ServiceError):
    """The answer is not what the interface promises."""

    code = "bad-answer"


class NotARepair(ServiceError):
    """The answer is a picture as promised, but shows the object still, or another picture."""

    code = "not-a-repair"


class EngineError(RemovalError):
    """The embedded engine could not fill the hole."""

    code = "engine"


class WireError(RemovalError):
    """The pipe between the plug-in and the worker broke or carried nonsense."""

    code = "wire"


class DocumentRefused(RemovalError):
    """What holds the picture could not do what was asked; the image may be closed."""

    code = "document-refused"


class EditedMeanwhile(DocumentRefused):
    """The picture is no longer what the repair was made for."""

    code = "edited-meanwhile"


class Cancelled(RemovalError):
    """The person stopped the run."""

    code = "cancelled"
    exit_status = 130  # of a command; 128 and the number of the signal
