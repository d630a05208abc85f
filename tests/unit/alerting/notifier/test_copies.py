"""Copies of buckets, as tables of what comes and what is there then; and the addresses that channels become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.alerting.notifier.addresses import Addresses
from services.alerting.notifier.copies import Copy
from services.alerting.notifier.outbox import Address
from services.alerting.notifier.sending import AddressError, Text
from shared.alerts.channel import Channel
from shared.settings import Secret
from shared.subjects import token, untoken
from shared.wire.decode import DecodeError


@dataclass
class Message:
    subject: str
    data: bytes
    headers: dict[str, str] | None = None


def decoded(body: bytes, name: str) -> str:
    if body == b"newer":
        raise DecodeError("expected v 1, got the newer 2")
    if not body:
        raise ValueError("expected a value")
    return f"{name} is {body.decode()}"


@dataclass
class Line:
    changes_count: int = 0
    copy: Copy[str] = field(init=False)

    def __post_init__(self) -> None:
        self.copy = Copy(decoded, 2, untoken, self._changed)

    def _changed(self) -> None:
        self.changes_count += 1

    def take(self, words: str) -> Line:
        """Take `a=1 b=2 a- c~`: values, one that is removed, and one that was purged."""
        for word in words.split():
            key, mark, value = word.partition("=") if "=" in word else (word[:-1], word[-1], "")
            headers = {"-": {"KV-Operation": "DEL"}, "~": {"KV-Operation": "PURGE"}}.get(mark)
            message: Any = Message(f"$KV.bucket.{key}", value.encode(), headers)
            self.copy.take(message)
        return self


@pytest.mark.parametrize(
    ("words", "values", "left_out_count"),
    [
        pytest.param("", "", 0, id="nothing"),
        pytest.param("a=1 b=2", "a is 1, b is 2", 0, id="values"),
        pytest.param("a=1 a=2", "a is 2", 0, id="the newest counts"),
        pytest.param("a=1 a-", "", 0, id="removed"),
        pytest.param("a=1 a~", "", 0, id="purged"),
        pytest.param("a-", "", 0, id="removed before it was known"),
        pytest.param("a=1 a=newer", "", 1, id="what cannot be read takes the place of what could"),
        pytest.param("a= b=1", "b is 1", 1, id="an empty value"),
        pytest.param("a=1 b=2 c=3", "a is 1, b is 2", 1, id="beyond the bound"),
        pytest.param("a=1 b=2 b=3", "a is 1, b is 3", 0, id="a change at the bound"),
        pytest.param("a=1 b=2 a- c=3", "b is 2, c is 3", 0, id="room again"),
        pytest.param("a.b=1 =1", "", 2, id="keys that are no names"),
    ],
)
def test_what_a_copy_holds(words: str, values: str, left_out_count: int) -> None:
    copy = Line().take(words).copy
    assert (", ".join(copy.values.values()), copy.left_out_count) == (values, left_out_count)


def test_names_are_those_of_the_keys() -> None:
    message: Any = Message(f"$KV.bucket.{token('호스트 1')}", b"1")
    line = Line()
    line.copy.take(message)
    assert line.copy.values == {"호스트 1": "호스트 1 is 1"}


def test_what_was_removed_while_nobody_looked_is_gone_once_all_is_read_again() -> None:
    line = Line().take("a=1 b=2")
    line.take("b=3")
    line.copy.filled({"$KV.bucket.b", "$KV.bucket.no.name"})
    assert line.copy.values == {"b": "b is 3"}


def test_each_change_is_told() -> None:
    line = Line().take("a=1 a- b=")
    line.copy.filled(set())
    assert line.changes_count == 4


@dataclass
class Senders:
    """Makes senders, and remembers for which URLs."""

    made: list[str] = field(default_factory=list)

    def sender_of(self, url: Secret) -> Any:
        self.made.append(url.reveal())
        if url.reveal().startswith("nothing:"):
            raise AddressError("unknown")
        return lambda text: self.made.append(f"{url.reveal()} {text.title}")


def channels(**urls: str) -> dict[str, Channel]:
    return {name: Channel(name=name, urls=tuple(map(Secret, text.split()))) for name, text in urls.items()}


def test_a_sender_is_made_for_each_url_and_again_only_when_it_has_changed() -> None:
    senders = Senders()
    addresses = Addresses(senders.sender_of)
    addresses.set_channels(channels(ops="a:1 a:2", boss="b:1"))
    assert addresses.usable() == {Address("ops", 1), Address("ops", 2), Address("boss", 1)}
    addresses.set_channels(channels(ops="a:1 a:3"))
    assert senders.made == ["a:1", "a:2", "b:1", "a:3"]
    assert addresses.usable() == {Address("ops", 1), Address("ops", 2)}
    assert addresses.send_to(Address("boss", 1)) is None
    send = addresses.send_to(Address("ops", 2))
    assert send is not None
    send(Text("title", "body", "ok"))
    assert senders.made[-1] == "a:3 title"


def test_a_url_of_no_use_is_counted_and_never_repeated(caplog: pytest.LogCaptureFixture) -> None:
    addresses = Addresses(Senders().sender_of)
    addresses.set_channels(channels(ops="nothing:s3cr3t a:2", boss="b:1"))
    assert addresses.usable() == {Address("ops", 2), Address("boss", 1)}
    assert addresses.refused_counts() == {"ops": 1, "boss": 0}
    assert [record.getMessage() for record in caplog.records] == ["a channel's URL is of no use"]
    assert "s3cr3t" not in str([vars(record) for record in caplog.records])
