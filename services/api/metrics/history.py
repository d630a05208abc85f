"""What a request for a range needs, as one: the framework starts a task for each of several, which costs more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.api.metrics.export import Exports
from services.api.metrics.queries import MetricQueries
from services.api.scope import Scope


@dataclass(frozen=True, slots=True)
class History:
    """Stored rows as one caller may see them now."""

    queries: MetricQueries
    exports: Exports
    visible: Scope
    now: datetime
