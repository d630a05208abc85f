"""Names that strangers chose, made fit to stand in a message: one line, nobody called, nothing opened or formatted."""

from __future__ import annotations

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
    }
)


def plain(name: str, characters_max: int = NAME_CHARACTERS_MAX) -> str:
    """Return a name as one line that every channel shows as it stands.

    What cannot be seen, breaks the line or turns its direction becomes a replacement character; signs that channels
    give a meaning become others that look alike, and addresses of pages no longer are some. A long name is cut.
    """
    # Surrogates and characters of no meaning are not printable either.
    visible = "".join(char if char.isprintable() else REPLACEMENT for char in name[: characters_max + 1])
    harmless = visible.translate(_LOOK_ALIKES).replace("://", ":\N{DIVISION SLASH}\N{DIVISION SLASH}")
    return harmless if len(name) <= characters_max else f"{harmless[: characters_max - 1]}\N{HORIZONTAL ELLIPSIS}"
