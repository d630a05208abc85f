"""`add-host` and `remove-host` say what the user would otherwise have to find out."""

from __future__ import annotations

import dataclasses
import os
import socket
from pathlib import Path

import pytest

from deploy.local.account import Account
from deploy.local.bus_users import host_secret, read_users
from deploy.local.errors import StackError
from deploy.local.hosts import add, remove
from deploy.local.state import Layout, layout_of, open_state, write_record

OWN = Account(os.geteuid(), os.getegid(), switches=False)


def _layout(home: Path, bind: str, public_url: str | None = None) -> Layout:
    layout = layout_of(home)
    record = open_state(layout, OWN)
    write_record(layout, dataclasses.replace(record, bind=bind, nats_port=4222, public_url=public_url))
    return layout


@pytest.mark.parametrize(
    ("bind", "public_url", "address"),
    [
        ("0.0.0.0", None, socket.gethostname()),
        ("0.0.0.0", "https://vital.example.com", "vital.example.com"),
        ("::", "https://vital.example.com", "vital.example.com"),
    ],
)
def test_with_a_wildcard_the_line_says_which_name_it_uses(
    tmp_path: Path, bind: str, public_url: str | None, address: str
) -> None:
    said: list[str] = []
    line = add("web-2", _layout(tmp_path / "home", bind, public_url), OWN, said.append)
    assert f"nats://{address}:4222" in line
    (text,) = [text for text in said if f"the line reaches the bus at {address}" in text]
    assert "VITALWIRE_PUBLIC_URL" in text


@pytest.mark.parametrize("bind", ["127.0.0.1", "192.0.2.7"])
def test_an_address_needs_no_such_words(tmp_path: Path, bind: str) -> None:
    said: list[str] = []
    assert f"nats://{bind}:4222" in add("web-2", _layout(tmp_path / "home", bind), OWN, said.append)
    assert not [text for text in said if "the line reaches the bus at" in text]


def test_what_the_end_of_a_credential_means_is_said(tmp_path: Path) -> None:
    layout = _layout(tmp_path / "home", "127.0.0.1")
    add("web-2", layout, OWN, lambda _: None)
    assert remove("web-2", layout, OWN, "web-1") == (
        "the credential of web-2 has ended; what it published stays, and it is listed as silent for 24 h"
    )


def test_the_credential_of_the_own_collector_stays(tmp_path: Path) -> None:
    layout = _layout(tmp_path / "home", "127.0.0.1")
    add("web-1", layout, OWN, lambda _: None)
    before = read_users(layout), host_secret(layout, "web-1").read_text()
    with pytest.raises(StackError, match="'make down' ends both; for a new password delete ") as refused:
        remove("web-1", layout, OWN, "web-1")
    assert str(host_secret(layout, "web-1")) in str(refused.value)
    assert (read_users(layout), host_secret(layout, "web-1").read_text()) == before
    host_secret(layout, "web-1").unlink()
    add("web-1", layout, OWN, lambda _: None)
    assert host_secret(layout, "web-1").read_text() != before[1]
