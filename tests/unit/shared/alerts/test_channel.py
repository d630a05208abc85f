"""A channel is taken as it was meant, or refused with a sentence that never holds an address."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts.channel import (
    CHANNEL_BYTES_MAX,
    URLS_MAX,
    Channel,
    ChannelError,
    NewerChannelError,
    channel_from,
    decode_channel,
    encode_channel,
)
from shared.settings import Secret
from shared.subjects import token

HUSH = "hush-hush-token"
URL = f"slack://{HUSH}/B1/C1"


def content(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {"name": "pager", "urls": [URL], **changes}.items() if value is not ...}


def test_a_channel_comes_back_whole() -> None:
    channel = channel_from(content(urls=[URL, "mailto://me:secret@example.com?to=you@example.com"]))
    assert decode_channel(encode_channel(channel), "pager") == channel
    assert [url.reveal() for url in channel.urls] == [URL, "mailto://me:secret@example.com?to=you@example.com"]


def test_addresses_never_print() -> None:
    channel = channel_from(content())
    assert channel.urls == (Secret(URL),)
    assert HUSH not in f"{channel} {channel!r} {channel.urls}"


@pytest.mark.parametrize("name", ["pager", "On call, 24/7", "당직", "a.b*>", "x" * 64])
def test_any_visible_name_is_good_and_can_be_a_key(name: str) -> None:
    channel = channel_from(content(name=name))
    assert decode_channel(encode_channel(channel), name).name == name
    assert token(name)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"name": ""}, "name", id="no letter"),
        pytest.param({"name": ...}, "name", id="no name"),
        pytest.param({"name": " a"}, "name: expected visible characters, no space at either end", id="a space first"),
        pytest.param({"name": "a\nb"}, "name: expected visible characters", id="two lines"),
        pytest.param({"name": "a\u202eb"}, "name: expected visible characters", id="backwards"),
        pytest.param({"name": "\ud800"}, "name", id="half a character"),
        pytest.param({"name": "x" * 65}, "length <= 64", id="long name"),
        pytest.param({"urls": []}, "urls: Expected `array` of length >= 1", id="no address"),
        pytest.param({"urls": [URL] * (URLS_MAX + 1)}, "urls: Expected `array` of length <= 10", id="many addresses"),
        pytest.param({"urls": URL}, "urls: Expected `array`, got `str`", id="an address alone"),
        pytest.param({"urls": [7]}, "urls[0]: Expected `str`, got `int`", id="a number"),
        pytest.param({"urls": [[HUSH]]}, "urls[0]: Expected `str`, got `list`", id="a list"),
        pytest.param({"urls": [None]}, "urls[0]: Expected `str`", id="nothing"),
        pytest.param({"urls": [URL, HUSH]}, "urls, number 2: expected an address such as mailto", id="no scheme"),
        pytest.param({"urls": [f"{URL} {HUSH}"]}, "urls, number 1: expected an address", id="a space within"),
        pytest.param({"urls": [f"{URL}\n"]}, "urls, number 1: expected an address", id="a line's end"),
        pytest.param({"urls": [f"{URL}\0"]}, "urls, number 1: expected an address", id="NUL"),
        pytest.param({"urls": [""]}, "got a text of 0", id="an empty text"),
        pytest.param({"urls": [f"json://{HUSH}{'x' * 2_000}"]}, "at most 2000, got a text of 2022", id="long"),
        pytest.param({"url": URL}, "unknown field `url`", id="unknown field"),
        pytest.param({"v": 0}, "v: expected 1, got 0", id="no version of ours"),
    ],
)
def test_refuses_without_an_address_in_the_text(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ChannelError) as refused:
        channel_from(content(**changes))
    assert problem in str(refused.value)
    assert HUSH not in str(refused.value)
    assert refused.value.__cause__ is None


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ChannelError) as refused:
        channel_from(content(v=0, name="a ", urls=["x", "y"]))
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "v", "name", "urls, number 1", "urls, number 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"\xc1", "", id="no msgpack"),
        pytest.param(msgpack.packb(content(name="other")), "that of the key, 'pager', got 'other'", id="another's"),
        pytest.param(msgpack.packb(content(urls=[1])), "urls[0]: Expected `str`, got `int`", id="a number"),
        pytest.param(b"\0" * (CHANNEL_BYTES_MAX + 1), "at most 65536 bytes", id="too large"),
    ],
)
def test_what_the_bucket_should_not_hold_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(ChannelError) as refused:
        decode_channel(body, "pager")
    assert problem in str(refused.value)


def test_what_a_later_release_wrote_is_told_apart() -> None:
    with pytest.raises(NewerChannelError):
        decode_channel(msgpack.packb({"v": 2, "addresses": []}), "pager")
    with pytest.raises(NewerChannelError):
        channel_from(content(v=2))


def test_a_channel_beyond_its_limit_is_not_written() -> None:
    channel = Channel(name="pager", urls=tuple(Secret(f"json://{'가' * 1_990}{number}") for number in range(URLS_MAX)))
    encoded = len(str([url.reveal() for url in channel.urls]).encode())
    assert encoded < CHANNEL_BYTES_MAX
    assert decode_channel(encode_channel(channel), "pager") == channel
    with pytest.raises(ChannelError, match="at most 65536 bytes"):
        encode_channel(Channel(name="pager", urls=(Secret("json://" + "x" * CHANNEL_BYTES_MAX),)))


@settings(max_examples=200)
@given(st.binary(max_size=200))
@example(b"\x91" * 5_000)
def test_random_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(ChannelError):
        decode_channel(body, "pager")
