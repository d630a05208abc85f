"""Which addresses of the dashboard a link can be made of."""

from __future__ import annotations

import pytest

from shared.page_address import PAGE_CHARACTERS_MAX, check_page_address


@pytest.mark.parametrize(
    "url",
    ["", "http://127.0.0.1:8080", "https://watch.example.com/vital", "http://[::1]:8080", "https://" + "a" * 192],
)
def test_a_link_can_be_made_of(url: str) -> None:
    check_page_address(url)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("watch.example.com", id="no scheme"),
        pytest.param("ftp://watch.example.com", id="another scheme"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https://watch.example.com/a b", id="a space"),
        pytest.param("https://watch.example.com\n", id="a line end"),
        pytest.param("https://watch.example.com/\u202e", id="what turns the direction of reading"),
        pytest.param("https://" + "a" * 193, id="too long"),
    ],
)
def test_no_link_can_be_made_of(url: str) -> None:
    expected = f"expected the address of the dashboard, at most {PAGE_CHARACTERS_MAX} characters, as https://"
    with pytest.raises(ValueError, match=expected) as refused:
        check_page_address(url)
    assert str(refused.value).endswith(f"got {url[:80]!r}")
