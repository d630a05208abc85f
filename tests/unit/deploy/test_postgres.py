"""How PostgreSQL is started and reached."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.local.postgres import Reach, buffers_mib, command, socket_fits

MIB, GIB = 1024**2, 1024**3


@pytest.mark.parametrize(
    ("memory_bytes", "expected"),
    [(256 * MIB, 64), (GIB, 128), (2 * GIB, 256), (4 * GIB, 512), (64 * GIB, 512)],
)
def test_buffers_fit_the_machine(memory_bytes: int, expected: int) -> None:
    assert buffers_mib(memory_bytes) == expected


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        pytest.param("/" + "a" * 92, True, id="107 bytes in all"),
        pytest.param("/" + "a" * 93, False, id="108 bytes"),
        pytest.param("/" + "가" * 31, False, id="bytes count, not letters"),
    ],
)
def test_a_socket_path_ends_at_107_bytes(path: str, fits: bool) -> None:
    assert socket_fits(Path(path)) is fits


def test_the_address_survives_spaces_and_has_no_password() -> None:
    url = urlsplit(Reach(Path("/a b/소켓?&")).url("vw_read"))
    assert url.username == "vw_read"
    assert url.password is None
    assert parse_qs(url.query) == {"host": ["/a b/소켓?&"]}
    assert Reach(None, 5433).url("vw_read") == "postgresql://vw_read@127.0.0.1:5433/vitalwire"


def test_the_socket_is_private_and_the_network_closed() -> None:
    arguments = command(Path("/pg"), Path("/state"), Reach(Path("/sock et")), GIB)
    assert 'unix_socket_directories="/sock et"' in arguments
    assert "listen_addresses=" in arguments
    assert not any("fsync" in argument or "synchronous" in argument for argument in arguments)


def test_a_path_that_is_too_long_is_reached_over_loopback_only() -> None:
    arguments = command(Path("/pg"), Path("/state"), Reach(None, 5433), GIB)
    assert {"unix_socket_directories=", "listen_addresses=127.0.0.1", "port=5433"} <= set(arguments)


def test_no_statement_is_logged_because_it_may_hold_a_password() -> None:
    arguments = command(Path("/pg"), Path("/state"), Reach(None), GIB)
    assert {"log_statement=none", "log_min_error_statement=panic"} <= set(arguments)
