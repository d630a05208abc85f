"""What people were told of one alert last."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shared.alerts.rule import Level


class Notified(msgspec.Struct, frozen=True):
    """What was told of one alert last; kept in the bucket `notified`.

    `since` names the incident, `first` is when it was told first, `fired` when it was told last that it fires, `time`
    when anything was told last. `level` stays that of the last firing that was told.
    """

    status: Literal["firing", "ok"]
    level: Level
    since: datetime
    first: datetime
    fired: datetime
    time: datetime
    escalated: tuple[int, ...] = ()
    """Which steps of escalation were taken in this incident, from 0: one may be made up for after a later one."""
    is_acknowledged: bool = False
