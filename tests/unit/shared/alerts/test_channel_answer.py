"""The answer about a test message comes back whole, and anything else is refused by the one error."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts.channel import URLS_MAX
from shared.alerts.channel_answer import (
    CHANNEL_ANSWER_BYTES_MAX,
    ChannelAnswer,
    ChannelAnswerError,
    UrlTried,
    decode_channel_answer,
    encode_channel_answer,
)

LONGEST = tuple(UrlTried(url_number=number + 1, reason="가" * 300) for number in range(URLS_MAX))


@pytest.mark.parametrize(
    "answer",
    [
        ChannelAnswer(outcome="unknown"),
        ChannelAnswer(outcome="busy"),
        ChannelAnswer(outcome="tried", urls=(UrlTried(url_number=1), UrlTried(url_number=2, reason="status 500"))),
        ChannelAnswer(outcome="tried", urls=LONGEST),
    ],
)
def test_it_comes_back_whole(answer: ChannelAnswer) -> None:
    body = encode_channel_answer(answer)
    assert decode_channel_answer(body) == answer
    assert msgpack.unpackb(body)["v"] == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"outcome": "sent"}, "outcome: Invalid enum value 'sent'"),
        ({"outcome": "tried", "urls": [{"url_number": 0}]}, r"urls\[0\]\.url_number: Expected `int` >= 1"),
        ({"outcome": "tried", "urls": [{"url_number": 1, "reason": "x" * 301}]}, "length <= 300"),
        ({"outcome": "tried", "v": 2}, "v: expected 1, got 2"),
        ({}, "missing required field `outcome`"),
    ],
)
def test_another_answer_is_refused(content: dict[str, object], problem: str) -> None:
    with pytest.raises(ChannelAnswerError, match=problem):
        decode_channel_answer(msgpack.packb(content))


def test_one_that_is_too_large_is_not_read() -> None:
    with pytest.raises(ChannelAnswerError, match="at most 65536 bytes, got 65537"):
        decode_channel_answer(b"\0" * (CHANNEL_ANSWER_BYTES_MAX + 1))


@settings(max_examples=200)
@given(st.binary(max_size=200))
@example(b"\x91" * 5_000)
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(ChannelAnswerError):
        decode_channel_answer(body)
