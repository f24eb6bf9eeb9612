"""Makes the service's client as the user has set it up: settings, key and shared pace.

The one module of this room that knows the settings; it brings the HTTP library, so it is imported
when something is about to be sent.
"""

from __future__ import annotations

import time

from gimp_bridge.credentials import Credentials
from gimp_bridge.folders import pace_folder
from gimp_bridge.secret import Secret, hide_in_logs
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.next_turn import SharedTurn, turn_file
from gimp_bridge.service.pace import LONGEST_PUSH_S, Pace
from gimp_bridge.service.transport import Timeouts
from gimp_bridge.settings import Settings


def connect(settings: Settings, key: Secret | None = None) -> PicWish:
    """A client as set in ``settings``; ``key`` instead of the stored one.

    Raises AddressRefused, KeyMissing or another SettingsError.
    """
    key = Credentials.of_user().find(settings.host) if key is None else key
    hide_in_logs(key)  # nothing here logs it; but what do libraries do on a bad day?
    turn = SharedTurn(
        turn_file(pace_folder(), settings.host, key),
        clock=time.monotonic,
        longest_s=LONGEST_PUSH_S + 1 / settings.per_second + 1,
    )
    return PicWish(
        settings.base_url,
        key,
        pace=Pace(settings.per_second, next_turn=turn),
        timeouts=Timeouts(
            connect_s=settings.connect_s,
            answer_s=settings.answer_s,
            download_s=settings.download_s,
            task_s=settings.task_s,
        ),
        proxy=settings.proxy_address,
    )
