"""What others say on the bus: transitions of an evaluator, and what people set by the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.client import Client

from shared.alerts.channel import Channel, encode_channel
from shared.alerts.condition import condition_of
from shared.alerts.route import Route
from shared.alerts.routing import Routing, encode_routing
from shared.alerts.series import HOST_SERIES
from shared.alerts.silence import Silence, encode_silence
from shared.alerts.state import Transition
from shared.alerts.transition import Alert, message_of
from shared.settings import Secret
from shared.subjects import (
    ALERT_CHANNELS_BUCKET,
    ALERT_ROUTES_BUCKET,
    ROUTES_KEY,
    SILENCES_BUCKET,
    bucket_subject,
    token,
)
from shared.wire.alert import AlertAct, AlertTransition, encode_alert, event_subject
from tests.unit.shared.alerts.rules import rule

EVERYTHING = Route(channels=("ops",))


@dataclass
class People:
    """Speaks as the bus users `alerting` and `api`, whose permissions it has."""

    evaluator: Client
    api: Client
    newest: dict[tuple[str, str], AlertTransition] = field(default_factory=dict)

    async def set_channel(self, name: str, *urls: str) -> None:
        channel = Channel(name=name, urls=tuple(map(Secret, urls)))
        await self._set(bucket_subject(ALERT_CHANNELS_BUCKET, token(name)), encode_channel(channel))

    async def set_routes(self, *routes: Route, **policy: Any) -> None:
        routing = Routing(routes=routes, **policy)
        await self._set(bucket_subject(ALERT_ROUTES_BUCKET, ROUTES_KEY), encode_routing(routing))

    async def silence(self, hosts: str) -> None:
        now = datetime.now(UTC)
        silence = Silence(id="one", hosts=(hosts,), start=now, end=now + timedelta(days=1), who="me", reason="work")
        await self._set(bucket_subject(SILENCES_BUCKET, "one"), encode_silence(silence))

    async def end_silence(self) -> None:
        subject = bucket_subject(SILENCES_BUCKET, "one")
        await self.api.jetstream().publish(subject, b"", headers={"KV-Operation": "DEL"})

    async def fire(self, name: str, host: str, level: Any = "critical", now: datetime | None = None) -> AlertTransition:
        """Let an alert fire, or change its level."""
        return await self._say(name, host, "firing", level, now or datetime.now(UTC))

    async def resolve(self, name: str, host: str) -> AlertTransition:
        """Let it be over."""
        return await self._say(name, host, "ok", self.newest[name, host].level, datetime.now(UTC))

    async def acknowledge(self, name: str, host: str) -> None:
        newest = self.newest[name, host]
        act = AlertAct(
            id=f"ack:{newest.id}", incident=newest.incident, rule=name, host=host, series=newest.series,
            act="acknowledged", who="me", time=datetime.now(UTC),
        )  # fmt: skip
        await self._set(event_subject(act), encode_alert(act))

    async def _say(self, name: str, host: str, status: Any, level: Any, now: datetime) -> AlertTransition:
        known = self.newest.get((name, host))
        since = known.since if known is not None and known.status == "firing" else now
        kind = "absence" if name.endswith("silent") else "threshold"
        is_absence = kind == "absence"
        alert = Alert(
            rule(kind, name=name), host, None if is_absence else "system", (), HOST_SERIES if is_absence else ""
        )
        change = Transition(status, level, since, now)
        message = message_of(alert, condition_of(alert.rule, host), change, 99.0 if status == "firing" else 1.0)
        await self.evaluator.jetstream().publish(
            event_subject(message), encode_alert(message), headers={"Nats-Msg-Id": message.id}
        )
        self.newest[name, host] = message
        return message

    async def _set(self, subject: str, body: bytes) -> None:
        await self.api.jetstream().publish(subject, body)
