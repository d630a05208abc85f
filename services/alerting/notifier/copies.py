"""Copies of buckets in memory, bounded: what cannot be read is left out, and told of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from nats.aio.msg import Msg

from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

Value = TypeVar("Value")
REFUSED = (DecodeError, ValueError)
"""What decoders raise; that of names, and of what people write, is a ValueError."""


class Copy(Generic[Value]):
    """The values of one bucket by their names, as `Follow` brings them.

    `name_of` makes a key the name, and `decode(body, name)` a body the value. `changed` is called after each change.
    """

    def __init__(
        self,
        decode: Callable[[bytes, str], Value],
        values_max: int,
        name_of: Callable[[str], str] = lambda key: key,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.values: dict[str, Value] = {}
        self.left_out_count = 0
        self._decode = decode
        self._values_max = values_max
        self._name_of = name_of
        self._changed = changed

    def take(self, message: Msg) -> None:
        """Take a key's newest value, or that it has none any more."""
        try:
            name = self._name_of(_key(message.subject))
            if (message.headers or {}).get("KV-Operation") in ("DEL", "PURGE"):
                self.values.pop(name, None)
            else:
                self._put(name, message.data)
        except REFUSED as error:
            self._leave_out(message.subject, str(error))
        self._changed()

    def filled(self, subjects: set[str]) -> None:
        """Take that no other key has a value."""
        names = set()
        for subject in subjects:
            try:
                names.add(self._name_of(_key(subject)))
            except REFUSED:
                continue
        for name in [name for name in self.values if name not in names]:
            del self.values[name]
        self._changed()

    def _put(self, name: str, body: bytes) -> None:
        try:
            value = self._decode(body, name)
        except REFUSED:
            self.values.pop(name, None)
            raise
        if name not in self.values and len(self.values) >= self._values_max:
            raise ValueError(f"expected at most {self._values_max} values; remove some")
        self.values[name] = value

    def _leave_out(self, subject: str, reason: str) -> None:
        self.left_out_count += 1
        log.warning("value left out", extra={"subject": subject[:300], "reason": reason})


def _key(subject: str) -> str:
    """Return the key in `$KV.<bucket>.<key>`."""
    return subject.split(".", 2)[2]
