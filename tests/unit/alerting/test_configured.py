"""Rules and hosts as their buckets say, with what cannot be read and what is too much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pytest

from services.alerting.buckets import Value
from services.alerting.change import Change
from services.alerting.configured import KnownHosts, KnownRules
from services.alerting.fenced import RefusedError
from services.alerting.stream_look import StreamLook, instant, read_look
from shared.alerts.rule import RULES_MAX, Rule
from shared.alerts.rule_encoding import encode_rule
from shared.wire.encode_inventory import HostFacts, encode_inventory
from tests.unit.alerting.evaluating import Story, cpu
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

CPU = rule(name="cpu", warning=80, critical=90)


def value(made: Rule, second: float = 0) -> Value:
    return Value(encode_rule(made), at(second))


def inventory(host: str, **tags: str) -> Value:
    facts = HostFacts(
        host=host, host_id="i", os="o", kernel="k", architecture="a", cpu_model="c", cores_count=1,
        memory_total_bytes=1, addresses=(), boot_time=at(0), agent_version="1", tags=tags,
    )  # fmt: skip
    return Value(encode_inventory(facts, at(0)), at(0))


class Told:
    """A story whose rules and hosts come from buckets."""

    def __init__(self) -> None:
        self.story = Story([])
        self.rules = KnownRules(self.story.evaluator, self._decided)
        self.hosts = KnownHosts(self.story.evaluator, self._decided)

    def _decided(self, changes: Iterable[Change]) -> None:
        self.story.changes += changes

    def says(self, second: float, percent: float = 85, host: str = "a") -> None:
        self.story.say(second, cpu(percent), host=host)

    @property
    def told(self) -> list[str]:
        return self.story.told


def test_rules_are_those_of_the_bucket() -> None:
    told = Told()
    told.rules.all({"cpu": value(CPU), "gone": Value(None, at(0))})
    assert told.rules.is_read
    told.says(5)
    told.rules.change("more", value(rule(name="more", warning=80, critical=None), 6))
    told.says(10)
    told.rules.change("cpu", Value(None, at(12)))
    told.says(15)
    assert told.told == ["5 cpu a W", "10 more a W", "12 cpu a . rule removed"]


def test_a_rule_that_is_gone_when_all_is_read_again_ends() -> None:
    told = Told()
    told.rules.all({"cpu": value(CPU), "more": value(rule(name="more", critical=None), 3)})
    told.says(5)
    told.rules.all({"more": value(rule(name="more", critical=None), 9)})
    assert told.told[-1] == "9 cpu a . rule removed"


@pytest.mark.parametrize(
    ("key", "body"),
    [
        pytest.param("cpu", b"\xc1", id="no rule"),
        pytest.param("cpu", encode_rule(rule(name="other")), id="another's name"),
        pytest.param("cpu", encode_rule(CPU).replace(b"total_percent", b"total_percenX"), id="a column there is not"),
    ],
)
def test_a_rule_that_cannot_be_read_counts_as_it_last_could(key: str, body: bytes) -> None:
    told = Told()
    told.rules.all({"cpu": value(CPU)})
    told.rules.change(key, Value(body, at(1)))
    told.says(5)
    assert told.told == ["5 cpu a W"]


def test_a_key_that_names_no_rule_is_passed_over() -> None:
    told = Told()
    told.rules.all({"=zz": value(CPU), "cpu": value(CPU)})
    told.says(5)
    assert told.told == ["5 cpu a W"]


def test_no_more_rules_count_than_there_may_be() -> None:
    told = Told()
    told.rules.all({f"r{number}": value(rule(name=f"r{number}", critical=None)) for number in range(RULES_MAX + 3)})
    told.says(5)
    assert len(told.told) == RULES_MAX
    told.rules.change("r0", Value(None, at(6)))
    told.rules.change("late", value(rule(name="late", critical=None)))
    told.says(10)
    assert told.told[-1] == "10 late a W"


def test_hosts_have_the_tags_of_their_inventory() -> None:
    told = Told()
    told.rules.all({"cpu": value(rule(name="cpu", critical=None, tags={"role": ["db"]}))})
    told.hosts.all({"a": inventory("a", role="db"), "b": inventory("b")})
    assert told.hosts.is_read
    told.says(5)
    told.says(5, host="b")
    told.hosts.change("b", inventory("b", role="db"))
    told.hosts.change("a", Value(b"\xc1", at(7)))
    told.says(10, host="b")
    assert told.told == ["5 cpu a W", "10 cpu b W"]


def test_a_host_that_is_gone_when_all_is_read_again_ends() -> None:
    told = Told()
    told.rules.all({"cpu": value(CPU)})
    told.hosts.all({"a": inventory("a"), "b": inventory("b")})
    told.says(5)
    told.hosts.all({"b": Value(inventory("b").body, at(9))})
    assert told.told == ["5 cpu a W", "9 cpu a . series gone"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-26T12:00:01Z", at(5 * 86_400 + 1)),
        ("2026-11-26T12:00:01.5Z", at(5 * 86_400 + 1.5)),
        ("2026-11-26T12:00:01.123456789Z", at(5 * 86_400 + 1.123456)),
    ],
)
def test_an_instant_of_the_broker(text: str, expected: datetime) -> None:
    assert instant(text) == expected


def test_a_look_at_a_stream() -> None:
    body = b'{"created":"c","state":{"last_seq":7},"ts":"2026-11-21T12:00:00Z"}'
    assert read_look(body, "METRICS") == StreamLook("c", 7, at(0))
    assert read_look(b'{"created":"c","state":{"last_seq":7}}', "METRICS") == StreamLook("c", 7, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"error":{"code":404}}', b'{"created":"c","state":3}'])
def test_what_is_no_look_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError):
        read_look(body, "METRICS")
