"""What `status` says of who decides which alerts fire, and who tells people of them."""

from __future__ import annotations

import base64
import dataclasses
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.account import Account
from deploy.local.bus_probe import Credential, bus_answers
from deploy.local.duties import duty_lines, lines_of
from deploy.local.state import Layout, layout_of, open_state, write_record
from shared.settings import Secret

NOW = datetime(2026, 11, 27, 9, 0, 10, tzinfo=UTC)
KEYS = ("evaluator", "notifier")
NOTHING: dict[str, Any] = {"error": {"err_code": 10037}}
WHO = Credential("api", Secret("secret"))


def said(body: str) -> dict[str, Any]:
    return {"message": {"data": base64.b64encode(body.encode()).decode(), "time": "2026-11-27T09:00:08Z"}}


def test_each_has_a_line() -> None:
    assert lines_of(KEYS, [said("a"), NOTHING, NOTHING, NOTHING], NOW) == [
        "evaluator  one decides which alerts fire, heard 2 s ago; no other stands by",
        "notifier   nobody tells people of alerts: see its log ('make logs')",
    ]
    assert lines_of(KEYS, [said("a"), said("b"), said("c"), said("d")], NOW)[1] == (
        "notifier   one tells people of alerts, heard 2 s ago; another stands by"
    )


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A stack whose bus would listen on a port on which nothing does."""
    layout = layout_of(tmp_path / "home")
    record = open_state(layout, Account(os.geteuid(), os.getegid(), switches=False))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        write_record(layout, dataclasses.replace(record, nats_port=free.getsockname()[1]))
    return layout


def test_what_cannot_be_found_out_is_told_as_such(layout: Layout) -> None:
    assert duty_lines(layout) == (
        f"alerts: {layout.secret('bus-api')} cannot be read, so it is not known whether they are decided and told"
    )
    layout.secret("bus-api").write_text("secret")
    assert duty_lines(layout) == "alerts: the bus does not say whether they are decided and told"


@contextmanager
def bus(*parts: bytes) -> Iterator[tuple[str, int]]:
    """A bus that says these, with the inbox of whoever asks for INBOX, and then nothing more."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            inbox = connection.recv(65_536).split(b"SUB ")[1].split(b".* ")[0]
            for part in parts:
                connection.sendall(part.replace(b"INBOX", inbox))

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve)
        serving.start()
        yield server.getsockname()[:2]
        serving.join()


def message(number: str, body: bytes) -> bytes:
    return b"MSG INBOX.%s 1 %d\r\n%s\r\n" % (number.encode(), len(body), body)


HOSTILE = b"\r\nMSG another 1 900\r\nbad\r\n"


@pytest.mark.parametrize(
    ("parts", "answers"),
    [
        pytest.param([b"INFO {}\r\n", message("0", b"a") + message("1", b"b")], [b"a", b"b"], id="in one"),
        pytest.param([message("1", b"b")[:20], message("1", b"b")[20:], message("0", b"a")], [b"a", b"b"], id="torn"),
        pytest.param([message("1", HOSTILE), message("0", b"a")], [b"a", HOSTILE], id="a body like a message"),
        pytest.param([message("0", b"a"), b"-ERR 'Permissions Violation'\r\n"], None, id="refused"),
        pytest.param([message("0", b"a"), message("x", b"b"), message("7", b"b")], None, id="another's"),
        pytest.param([b"x" * 300_000], None, id="without an end"),
    ],
)
def test_answers_come_in_the_order_of_the_questions(parts: list[bytes], answers: list[bytes] | None) -> None:
    with bus(*parts) as address:
        assert bus_answers(address, WHO, [("a", b"?"), ("b", b"?")]) == answers
