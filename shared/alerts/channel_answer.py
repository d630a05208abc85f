"""What a notifier answers that is asked for a test message by a channel: what became of it at each URL."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.alerts.channel import URLS_MAX
from shared.alerts.problems import problem_of

CHANNEL_ANSWER_VERSION = 1
CHANNEL_ANSWER_BYTES_MAX = 64 * 1024
REASON_CHARACTERS_MAX = 300

Outcome = Literal["tried", "unknown", "busy"]


class ChannelAnswerError(ValueError):
    """An answer cannot be read. Say that the notifier is of another release, or ask again."""


class UrlTried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test message at one URL, which is named by its number: the URL itself is a secret."""

    url_number: Annotated[int, Meta(ge=1, le=URLS_MAX)]
    reason: Annotated[str, Meta(max_length=REASON_CHARACTERS_MAX)] | None = None
    """Why it has not arrived; None where it has, as far as its service says."""


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: `unknown` where the notifier knows no such channel, `busy` where it is testing already."""

    v: int = CHANNEL_ANSWER_VERSION
    outcome: Outcome
    urls: Annotated[tuple[UrlTried, ...], Meta(max_length=URLS_MAX)] = ()


_answers = msgspec.msgpack.Decoder(ChannelAnswer)


def encode_channel_answer(answer: ChannelAnswer) -> bytes:
    """Return the answer as it travels."""
    return msgspec.msgpack.encode(answer)


def decode_channel_answer(body: bytes) -> ChannelAnswer:
    """Return the answer in body; raise ChannelAnswerError, and nothing else, when it is none."""
    if len(body) > CHANNEL_ANSWER_BYTES_MAX:
        raise ChannelAnswerError(f"expected at most {CHANNEL_ANSWER_BYTES_MAX} bytes, got {len(body)}")
    try:
        answer = _answers.decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ChannelAnswerError(problem_of(error)) from error
    if answer.v != CHANNEL_ANSWER_VERSION:
        raise ChannelAnswerError(f"v: expected {CHANNEL_ANSWER_VERSION}, got {answer.v}")
    return answer
