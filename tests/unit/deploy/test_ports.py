"""Which port the stack takes: asked for, kept, or the first free one."""

import socket

import pytest

from deploy.local.errors import StackError
from deploy.local.ports import PortWish, choose_port, port_is_free, port_notes


@pytest.mark.parametrize(
    ("asked", "kept", "taken", "chosen"),
    [
        pytest.param(None, None, {}, 4222, id="the usual one"),
        pytest.param(None, None, {4222}, 4223, id="the next when it is taken"),
        pytest.param(None, None, {4222, 4223}, 4224, id="the one after"),
        pytest.param(None, 4300, {}, 4300, id="the kept one, though the usual one is free"),
        pytest.param(5000, None, {}, 5000, id="the one asked for"),
        pytest.param(5000, 4300, {}, 5000, id="asked for wins over kept"),
    ],
)
def test_chosen(asked: int | None, kept: int | None, taken: set[int], chosen: int) -> None:
    assert choose_port(PortWish("X_PORT", asked, kept, 4222), lambda port: port not in taken) == chosen


@pytest.mark.parametrize(
    ("asked", "kept", "text"),
    [
        pytest.param(
            5000, None, "port 5000, which X_PORT names, is in use: .* or set X_PORT to another port", id="asked"
        ),
        pytest.param(None, 4300, "port 4300, which this stack has used .* set X_PORT to another port", id="kept"),
        pytest.param(None, None, "no port from 4222 to 4421 is free: set X_PORT", id="none at all"),
    ],
)
def test_taken(asked: int | None, kept: int | None, text: str) -> None:
    with pytest.raises(StackError, match=text):
        choose_port(PortWish("X_PORT", asked, kept, 4222), lambda _: False)


@pytest.mark.parametrize(
    ("asked", "kept", "chosen", "usual_is_free", "notes"),
    [
        pytest.param(None, None, 4222, True, [], id="the usual one"),
        pytest.param(None, 4222, 4222, True, [], id="the usual one again"),
        pytest.param(5000, None, 5000, True, [], id="as asked"),
        pytest.param(5000, 5000, 5000, True, [], id="as asked before"),
        pytest.param(
            None, None, 4223, False,
            ["port 4222 is in use: the bus takes 4223, and keeps it; X_PORT names another"], id="another",
        ),
        pytest.param(
            None, 4223, 4223, True,
            ["the bus stays on port 4223, as at an earlier start: 4222 is free now; X_PORT names another"],
            id="the usual one is free again",
        ),
        pytest.param(
            None, 4223, 4223, False,
            ["the bus stays on port 4223, as at an earlier start: X_PORT names another"], id="kept",
        ),
        pytest.param(
            4222, 4223, 4222, True,
            ["the bus moves from port 4223 to 4222: what names the old one must change"], id="moved",
        ),
    ],
)  # fmt: skip
def test_a_port_that_is_not_expected_is_said(
    asked: int | None, kept: int | None, chosen: int, usual_is_free: bool, notes: list[str]
) -> None:
    assert port_notes("the bus", PortWish("X_PORT", asked, kept, 4222), chosen, lambda _: usual_is_free) == notes


def test_a_port_that_listens_is_not_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        port = server.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
    assert port_is_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(StackError, match=r"cannot listen on VITALWIRE_BIND=192\.0\.2\.1: "):
        port_is_free("192.0.2.1", 4222)
