"""Tokens are reversible and safe in subjects; names and subjects are exactly the contract."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.subjects import (
    ALERT_STATE_BUCKET,
    ROLES,
    SIMULATOR,
    TokenError,
    alert_key,
    backfill_subject,
    bucket_stream,
    bucket_subject,
    dead_subject,
    host_and_source,
    host_name,
    inventory_subject,
    metrics_subject,
    source_name,
    token,
    untoken,
)

SAFE = re.compile(r"[A-Za-z0-9_=-]+")


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_every_text_comes_back_from_its_token(text: str) -> None:
    assert SAFE.fullmatch(token(text)) is not None
    assert untoken(token(text)) == text


@given(st.text(st.sampled_from("aB1_-=.*> 0F"), max_size=12))
def test_what_untoken_accepts_is_exactly_what_token_makes(text: str) -> None:
    try:
        plain = untoken(text)
    except TokenError:
        return
    assert token(plain) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web-1.example.com", "web-1=2Eexample=2Ecom"),
        ("a b", "a=20b"),
        ("*", "=2A"),
        (">", "=3E"),
        ("=", "=3D"),
        ("é", "=C3=A9"),
        ("Under_score-9", "Under_score-9"),
    ],
)
def test_token(text: str, expected: str) -> None:
    assert token(text) == expected


@pytest.mark.parametrize("text", ["", "\ud800"], ids=["empty", "surrogate"])
def test_token_refuses(text: str) -> None:
    with pytest.raises(TokenError):
        token(text)


@pytest.mark.parametrize("text", ["", "a.b", "a b", "=2e", "=2", "=", "=FF", "=61", "*", ">", "é", "a\n", "=C3"])
def test_untoken_refuses_what_token_never_makes(text: str) -> None:
    with pytest.raises(TokenError):
        untoken(text)


@pytest.mark.parametrize("name", ["web-1", "web-1.example.com", "1", "höst", "서버", "a_b", "a" * 253])
def test_host_name_accepts(name: str) -> None:
    assert host_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "Web", "HÖST", "a b", " a", "a\tb", "a\n", "a\0", "a" * 254, "é" * 127, "a\x85b", "a\u00a0b", "a\u202eb",
     "a\u200bb", "\ud800"],
)  # fmt: skip
def test_host_name_refuses(name: str) -> None:
    with pytest.raises(TokenError, match="is no host name: expected 1 to 253 bytes"):
        host_name(name)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("system", True),
        ("App-2.1", True),
        ("s" * 64, True),
        ("s" * 65, False),
        ("", False),
        ("a b", False),
        ("a\0", False),
        ("é" * 33, False),
    ],
)
def test_source_name(name: str, good: bool) -> None:
    if good:
        assert source_name(name) == name
    else:
        with pytest.raises(TokenError, match="is no source"):
            source_name(name)


def test_subjects_carry_tokens() -> None:
    assert metrics_subject("web-1.example.com", "system") == "metrics.web-1=2Eexample=2Ecom.system"
    assert backfill_subject("web-2", "an app") == "backfill.web-2.an=20app"
    assert inventory_subject("web-1.example.com") == "$KV.hosts.web-1=2Eexample=2Ecom"
    assert dead_subject("METRICS") == "dead.metrics"
    assert bucket_stream(ALERT_STATE_BUCKET) == "KV_alert_state"
    key = alert_key("disk", "web.1", "system")
    assert bucket_subject(ALERT_STATE_BUCKET, key) == "$KV.alert_state.disk.web=2E1.system"


def test_host_and_source_come_back_from_both_kinds_of_subject() -> None:
    assert host_and_source(metrics_subject("web-1.example.com", "s.1")) == ("web-1.example.com", "s.1")
    assert host_and_source(backfill_subject("web-2", "system")) == ("web-2", "system")


@pytest.mark.parametrize(
    "subject", ["metrics.a", "metrics.a.b.c", "alerts.a.b", "", "metrics..b", "metrics.a.=2e", "dead.metrics.a"]
)
def test_host_and_source_refuses(subject: str) -> None:
    with pytest.raises(TokenError):
        host_and_source(subject)


def test_an_installation_has_no_simulator_by_itself() -> None:
    assert SIMULATOR not in ROLES
