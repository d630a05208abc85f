"""What becomes of transitions and acts in memory, as tables; and every bound."""

from __future__ import annotations

import json

import msgpack
import pytest

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.news import News, alert_of, alert_of_events, event_of, in_order
from services.api.alerts.stored import Stored
from shared.families import FAMILIES
from shared.wire.alert import AlertEvent
from tests.unit.api.alert_events import act, after, stored, transition

FIRST, SECOND = transition(), transition(since_s=100)
EVENTS: dict[str, AlertEvent] = {
    "w": FIRST,
    "c": transition(level="critical", time_s=10),
    "o": transition(status="ok", time_s=20),
    "W": SECOND,
    "k": act(FIRST),
    "l": act(FIRST, who="lee"),
    "s": act(FIRST, "commented", comment="so"),
    "t": act(FIRST, "commented", comment="and so"),
    "x": act(FIRST, "silenced"),
    "K": act(SECOND),
}
"""Letter → event: small ones are of the first incident (warning, critical, over), great ones of the second."""


def place(sequence: int) -> Stored:
    return stored(FIRST, sequence)


def lived(story: str, active: ActiveAlerts | None = None) -> ActiveAlerts:
    """Return what events come to that stand at 1, 2, 3 …, or where they say: `c@5`."""
    active = ActiveAlerts() if active is None else active
    for number, word in enumerate(story.split(), 1):
        letter, _, sequence = word.partition("@")
        active.take(EVENTS[letter], place(int(sequence or number)))
    return active


def shown(active: ActiveAlerts) -> str:
    found = [news.alert for news in active.firing(lambda _: True)]
    return " ".join(
        f"{alert.level} {alert.acknowledged.who if alert.acknowledged else '-'} {alert.comments_count}"
        for alert in found
    )


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param("w", "warning - 0", id="fires"),
        pytest.param("w c", "critical - 0", id="becomes worse"),
        pytest.param("w o", "", id="is over"),
        pytest.param("w k", "warning kim 0", id="acknowledged"),
        pytest.param("w k c", "critical kim 0", id="acknowledged, then worse"),
        pytest.param("w k l", "warning kim 0", id="who acknowledges second changes nothing"),
        pytest.param("w s t", "warning - 2", id="comments are counted"),
        pytest.param("w k s", "warning kim 1", id="acknowledged and commented"),
        pytest.param("w x", "warning - 0", id="silencing acknowledges nothing"),
        pytest.param("w k o W", "warning - 0", id="another incident is not acknowledged"),
        pytest.param("w o W k s", "warning - 0", id="acts on the incident before do not count"),
        pytest.param("w K", "warning - 0", id="acts on an incident that nobody knows do not count"),
        pytest.param("w o W K", "warning kim 0", id="acts on the new incident count"),
        pytest.param("k w", "warning - 0", id="an act before its transition"),
        pytest.param("w@1 s@2 s@2 k@3 w@1 s@2", "warning kim 1", id="all comes once more"),
        pytest.param("c@5 w@3 o@4", "critical - 0", id="an older transition comes late"),
        pytest.param("w@1 k@9 s@4", "warning kim 0", id="an act behind which others were read"),
    ],
)
def test_an_alert_is_what_its_events_say(story: str, expected: str) -> None:
    assert shown(lived(story)) == expected


def test_an_incident_is_known_while_it_fires_and_after_its_end_until_the_next() -> None:
    active = lived("w o")
    known = active.of_incident(FIRST.incident)
    assert known is not None
    assert (known.is_firing, known.news.alert.status) == (False, "ok")
    lived("W@9", active)
    assert active.of_incident(FIRST.incident) is None
    assert active.of_incident(SECOND.incident) is not None


def test_beyond_the_bound_alerts_are_counted_and_those_that_are_known_go_on() -> None:
    active = ActiveAlerts(alerts_max=10)
    for number in range(12):
        active.take(transition(f"h{number}"), place(number + 1))
    active.take(transition("h0", level="critical", time_s=5), place(20))
    assert (len(active), active.left_out_count, active.has_room_again) == (10, 2, False)
    assert {news.alert.level for news in active.firing(lambda host: host == "h0")} == {"critical"}
    for number in range(2):
        active.take(transition(f"h{number}", "ok", time_s=9), place(30 + number))
    assert (len(active), active.has_room_again) == (8, True)


def test_those_that_ended_first_are_forgotten() -> None:
    active = ActiveAlerts(ended_max=3)
    for number in range(7):
        # Not in the order of the stream, as they are read at first.
        active.take(transition(f"h{number}", "ok"), place(100 - number))
    known = [number for number in range(7) if active.of_incident(transition(f"h{number}").incident) is not None]
    assert known == [0, 1, 2]


def test_changes_are_handed_out_once_and_the_newest_of_each_alert() -> None:
    active = lived("w c")
    active.take(transition("web-2"), place(3))
    assert [(news.host, news.alert.level) for news in active.take_changed()] == [
        ("web-1", "critical"), ("web-2", "warning"),
    ]  # fmt: skip
    assert active.take_changed() == []
    lived("o@9", active)
    assert [news.alert.status for news in active.take_changed()] == ["ok"]


@pytest.mark.parametrize(
    ("before", "fresh", "told"),
    [
        pytest.param("w", "w", "", id="the same"),
        pytest.param("w", "w@1 c@2", "firing critical", id="worse meanwhile"),
        pytest.param("w", "w@1 k@2", "firing warning", id="acknowledged meanwhile"),
        pytest.param("w", "o@7", "ok warning", id="over meanwhile"),
        pytest.param("w", "", "ok warning", id="nothing is known of it any more"),
        pytest.param("", "W", "firing warning", id="fires meanwhile"),
        pytest.param("c@90", "w@1", "firing warning", id="a stream that was made anew counts from one"),
        pytest.param("w o", "w o", "", id="what was over and is"),
    ],
)
def test_what_is_read_anew_tells_what_differs(before: str, fresh: str, told: str) -> None:
    active = lived(before)
    active.take_changed()
    is_filled_before = active.is_filled
    active.replace_by(lived(fresh))
    assert (is_filled_before, active.is_filled) == (False, True)
    assert " ".join(f"{news.alert.status} {news.alert.level}" for news in active.take_changed()) == told
    assert shown(active) == shown(lived(fresh))


HOSTILE = {"mount": "</script><img src=x onerror=alert(1)>", "device": "{}{0.__class__}\n\u202e"}


def test_news_are_the_same_in_both_forms_and_hold_names_as_they_are() -> None:
    said = transition("web-1", labels=HOSTILE, rule="disk<b>")
    news = News(alert_of(said, None, 3))
    plain = json.loads(news.json())
    assert plain == msgpack.unpackb(news.msgpack())
    assert (plain["type"], plain["host"], plain["rule"], plain["labels"]) == ("alert", "web-1", "disk<b>", HOSTILE)
    assert (plain["since"], plain["comments_count"], plain["acknowledged"]) == ("2026-11-21T12:00:00Z", 3, None)


def test_no_family_is_called_like_what_is_told_of_alerts() -> None:
    assert "alert" not in FAMILIES


def test_events_from_two_places_are_each_there_once_in_the_order_in_which_the_bus_took_them() -> None:
    from_database = [event_of(EVENTS["w"], after(1)), event_of(EVENTS["k"], after(3))]
    from_bus = [event_of(EVENTS["c"], after(2)), event_of(EVENTS["w"], after(1)), event_of(EVENTS["s"], after(4))]
    events = in_order(from_database, from_bus)
    assert [event.id for event in events] == [EVENTS[letter].id for letter in "wcks"]
    alert = alert_of_events(events)
    assert alert is not None
    assert (alert.level, alert.comments_count) == ("critical", 1)
    assert alert.acknowledged is not None
    assert alert.acknowledged.who == "kim"
    assert alert_of_events([event_of(EVENTS["k"], None)]) is None
