"""Tokens are reversible and safe in subjects; names, subjects, streams and permissions are exactly the contract."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.subjects import (
    ROLES,
    SIMULATOR,
    Permissions,
    Role,
    TokenError,
    backfill_subject,
    dead_subject,
    host_and_source,
    host_name,
    host_permissions,
    inventory_subject,
    metrics_subject,
    role_permissions,
    source_name,
    streams,
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


def test_host_and_source_come_back_from_both_kinds_of_subject() -> None:
    assert host_and_source(metrics_subject("web-1.example.com", "s.1")) == ("web-1.example.com", "s.1")
    assert host_and_source(backfill_subject("web-2", "system")) == ("web-2", "system")


@pytest.mark.parametrize(
    "subject", ["metrics.a", "metrics.a.b.c", "alerts.a.b", "", "metrics..b", "metrics.a.=2e", "dead.metrics.a"]
)
def test_host_and_source_refuses(subject: str) -> None:
    with pytest.raises(TokenError):
        host_and_source(subject)


def test_streams_take_every_subject_once_and_are_bounded() -> None:
    made = {stream.name: stream for stream in streams(1_000, 2_000)}
    assert {name: stream.subjects for name, stream in made.items()} == {
        "METRICS": ("metrics.>",),
        "BACKFILL": ("backfill.>",),
        "DEAD": ("dead.>",),
        "KV_hosts": ("$KV.hosts.>",),
    }
    assert (made["METRICS"].bytes_max, made["BACKFILL"].bytes_max) == (1_000, 2_000)
    assert all(stream.bytes_max > 0 for stream in made.values())
    assert made["KV_hosts"].messages_per_subject_max == 1
    assert made["METRICS"].age_s_max == 86_400
    assert {stream.replicas for stream in made.values()} == {1}
    assert {stream.replicas for stream in streams(1, 1, replicas=3)} == {3}


def test_a_host_may_speak_for_itself_and_hear_itself_and_nothing_else() -> None:
    assert host_permissions("web-1.example.com") == Permissions(
        "host-web-1=2Eexample=2Ecom",
        publish=(
            "metrics.web-1=2Eexample=2Ecom.>", "backfill.web-1=2Eexample=2Ecom.>", "$KV.hosts.web-1=2Eexample=2Ecom",
        ),
        subscribe=("control.web-1=2Eexample=2Ecom.>", "_INBOX_host-web-1=2Eexample=2Ecom.>"),
    )  # fmt: skip


@pytest.mark.parametrize("role", [*ROLES, SIMULATOR])
def test_every_role_has_an_inbox_of_its_own_and_no_right_to_everything(role: Role) -> None:
    permissions = role_permissions(role)
    assert permissions.user == role
    assert f"_INBOX_{role}.>" in permissions.subscribe
    assert not {">", "*", "_INBOX.>", "$JS.>"} & {*permissions.publish, *permissions.subscribe}


def test_a_subscriber_reads_metrics_and_alerts_and_says_nothing() -> None:
    assert role_permissions("subscriber") == Permissions(
        "subscriber", subscribe=("metrics.>", "alerts.>", "_INBOX_subscriber.>")
    )


def test_a_simulator_says_what_collectors_say_for_any_host_and_hears_answers() -> None:
    assert role_permissions(SIMULATOR) == Permissions(
        "simulator", publish=("metrics.>", "backfill.>", "$KV.hosts.*"), subscribe=("_INBOX_simulator.>",)
    )


def test_dead_letters_are_read_deleted_and_published_again_by_a_user_that_hears_nothing_else() -> None:
    assert role_permissions("dead_letters") == Permissions(
        "dead_letters",
        publish=(
            "$JS.API.STREAM.INFO.DEAD", "$JS.API.STREAM.MSG.GET.DEAD", "$JS.API.STREAM.MSG.DELETE.DEAD",
            "$JS.API.STREAM.INFO.METRICS", "$JS.API.CONSUMER.INFO.METRICS.ingest",
            "$JS.API.STREAM.INFO.BACKFILL", "$JS.API.CONSUMER.INFO.BACKFILL.ingest",
            "metrics.*.*", "backfill.*.*",
        ),
        subscribe=("_INBOX_dead_letters.>",),
    )  # fmt: skip


def test_an_installation_has_no_simulator_by_itself() -> None:
    assert SIMULATOR not in ROLES


def test_only_provision_may_use_the_whole_jetstream_api() -> None:
    assert [role for role in (*ROLES, SIMULATOR) if "$JS.API.>" in role_permissions(role).publish] == ["provision"]
