"""What can be the address of the dashboard, for whoever serves it and whoever sends links to it."""

from __future__ import annotations

PAGE_CHARACTERS_MAX = 200


def check_page_address(url: str) -> None:
    """Raise ValueError where a link to it could not be opened; an empty text is no address, which is right."""
    is_page = url.startswith(("http://", "https://")) and url.isprintable() and " " not in url
    if url and not (is_page and len(url) <= PAGE_CHARACTERS_MAX):
        raise ValueError(
            f"expected the address of the dashboard, at most {PAGE_CHARACTERS_MAX} characters, as "
            f"https://watch.example.com, got {url[:80]!r}"
        )
