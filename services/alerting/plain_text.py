"""Names that strangers chose, made fit to stand in a message: one line, nobody called, nothing opened or formatted."""

from __future__ import annotations

import re

NAME_CHARACTERS_MAX = 120
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_LOOK_ALIKES = str.maketrans(
    {
        "@": "\N{FULLWIDTH COMMERCIAL AT}",  # @everyone calls a whole channel
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",  # HTML, and <!channel> of Slack
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "[": "\N{FULLWIDTH LEFT SQUARE BRACKET}",  # links of Markdown
        "]": "\N{FULLWIDTH RIGHT SQUARE BRACKET}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",  # code, which also hides what is in it
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "|": "\N{BROKEN BAR}",  # hides text in Discord, ends a cell of a table
        "&": "\N{FULLWIDTH AMPERSAND}",  # entities of HTML
        '"': "\N{DOUBLE PRIME}",  # ours: see quoted()
    }
)
_WWW = re.compile(r"(?<![\w./-])www\.", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w./-])((?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?)/")
"""A domain, and perhaps a port, with a path: not what follows a slash, as in /srv/example.com/logs."""

_SPEAKS = re.compile(r"[\s,;=\N{DOUBLE PRIME}]")
_SLASH = "\N{DIVISION SLASH}"


def plain(name: str, characters_max: int = NAME_CHARACTERS_MAX) -> str:
    """Return a name as one line that every channel shows as it stands.

    What cannot be seen, breaks the line or turns its direction becomes a replacement character; signs that channels
    give a meaning become others that look alike, and addresses of pages no longer are some. A long name is cut.

    Domains stay as they are, since most hosts are called by one and must be found by it: where a channel makes a link
    of a bare domain, that leads to what is read there, and nowhere else.
    """
    # Surrogates and characters of no meaning are not printable either.
    visible = "".join(char if char.isprintable() else REPLACEMENT for char in name[: characters_max + 1])
    harmless = visible.translate(_LOOK_ALIKES).replace("://", f":{_SLASH}{_SLASH}")
    harmless = _WWW.sub(lambda found: f"{found[0][:-1]}\N{ONE DOT LEADER}", harmless)
    harmless = _PATH.sub(rf"\1{_SLASH}", harmless)
    return harmless if len(name) <= characters_max else f"{harmless[: characters_max - 1]}\N{HORIZONTAL ELLIPSIS}"


def quoted(name: str) -> str:
    """Return a name as `plain` does, in quotes where it could be read as words of ours or as more than one name."""
    harmless = plain(name)
    return f'"{harmless}"' if not harmless or _SPEAKS.search(harmless) else harmless
