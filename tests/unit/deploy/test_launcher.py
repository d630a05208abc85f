"""What the status of our parent tells: whether it is make, and which signals it still catches."""

import pytest

from deploy.local.launcher import caught_by_make


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("Name:\tmake\nSigCgt:\t0000000001814207\n", 0x1814207, id="make catches both"),
        pytest.param("Name:\tmake\nSigCgt:\t0000000001814205\n", 0x1814205, id="make was interrupted"),
        pytest.param("Name:\tbash\nSigCgt:\t0000000001814207\n", 0, id="a shell is none of our concern"),
        pytest.param("", 0, id="a parent that is gone"),
    ],
)
def test_only_make_is_watched(status: str, expected: int) -> None:
    assert caught_by_make(status) == expected
